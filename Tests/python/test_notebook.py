"""What notebooks need: drawings, figures, bars, labelled data in and out, the stop button."""

import copy
import io
import pickle
import signal
import sys
import threading
import time
import types
import xml.etree.ElementTree as ElementTree

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune.display.curve import curve
from backtune.display.layout import MOST_GROUPS, lag_text
from conftest import same

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def marked(svg, kind):
    return [
        element.find(f"{SVG}title").text
        for element in ElementTree.fromstring(svg).iter(f"{SVG}g")
        if element.get("class") == kind
    ]


# ---- Drawing of a network


def test_groups_sizes_and_lags_are_drawn():
    net = bt.Network(2)
    h = net.lnl(3, leak="adjust")
    net.linear(1, sources=[h.lag(0), h.lag(1), net.input.lag(4)], name="out")
    drawing = net.to_svg()
    assert marked(drawing, "group") == [
        "input: 2",
        "lnl.x2: learnware, 3",
        "lnl.x1: learnware, 3",
        "lnl.x: firmware, 3",
        "out.x: learnware, 1, 1 observed",
    ]
    assert set(marked(drawing, "arrow")) == {
        "lnl.x2 reads lnl.x, lag 1",
        "lnl.x2 reads input, lag 1",
        "lnl.x1 reads lnl.x, lag 1",
        "lnl.x reads lnl.x1, lag 0",
        "lnl.x reads lnl.x2, lag 0",
        "out.x reads lnl.x, lags 0-1",
        "out.x reads input, lag 4",
    }
    assert "learnware, 3" in texts(drawing) and "lags 0-1" in texts(drawing)
    assert drawing == net.copy().to_svg() == net.randomize(3).to_svg()


def test_boxes_do_not_overlap_and_lag_zero_goes_to_the_right():
    net = bt.lstm_network(3)
    boxes = [
        (float(box.get("x")), float(box.get("y")))
        for box in ElementTree.fromstring(net.to_svg()).iter(f"{SVG}rect")
    ]
    assert len(set(boxes)) == len(boxes) == len(net.groups) + 1
    column = dict(zip(["input", *net.groups], (x for x, _ in boxes)))
    assert column["input"] < column["lstm.yi"] < column["lstm.s"] < column["lstm.x"]


UNITS = "linear lnl sparse_lnl lstm gru strongly_typed aif softmax state_space reservoir".split()


@pytest.mark.parametrize("kind", UNITS)
def test_every_unit_is_drawn(kind):
    net = bt.Network(1)
    net.unit(kind, 4)
    drawing = ElementTree.fromstring(net._repr_html_())
    assert len(list(drawing.iter(f"{SVG}rect"))) == len(net.groups) + 1
    assert drawing.find("div").text == repr(net)[1:-1]


def test_names_are_escaped():
    net = bt.Network(1)
    net.linear(1, name="<b>&\"'\x07é")
    assert "<b>" not in net._repr_html_()
    (box,) = marked(net.to_svg(), "group")[1:]
    assert box.startswith("<b>&\"'\ufffdé.x: learnware")


def test_large_networks_are_drawn_in_part(monkeypatch):
    net = bt.Network(1)
    for _ in range(MOST_GROUPS + 5):
        net.linear(1)
    drawing = net.to_svg()
    assert len(marked(drawing, "group")) == MOST_GROUPS + 1
    assert "and 5 more groups, not drawn" in texts(drawing)
    monkeypatch.setattr("backtune.display.layout.MOST_WEIGHTS", 10)
    (note,) = texts(net.to_svg())
    assert note == f"{MOST_GROUPS + 5} groups, not drawn: more than 10 weights"


def test_networks_without_anything():
    assert marked(bt.Network(1).to_svg(), "group") == ["input: 1"]
    assert ElementTree.fromstring(bt.Network(0)._repr_html_()) is not None
    net = bt.Network(1)
    net.close()
    assert net._repr_html_() == "<div><div>Network, closed</div></div>"


def test_words_for_lags():
    assert lag_text({1}) == "lag 1" and lag_text({3, 0, 2, 4}) == "lags 0, 2-4"
    assert lag_text({0, 2, 4, 6, 8}) == "lags 0, 2, 4, 6, \u2026"


# ---- Trace


def test_trace_has_a_curve_and_a_table(problem):
    trace = bt.Estimator(*problem).run(20, progress=False)
    shown = ElementTree.fromstring(trace._repr_html_())
    (line,) = shown.iter(f"{SVG}polyline")
    assert len(line.get("points").split()) == len(trace)
    for table in shown.iter("table"):
        assert len(list(table.iter("tr"))) == min(len(trace), 12) + 1
    head = [cell.text for cell in shown.find("table/thead/tr")]
    assert head == ["iteration", "cost", "nmse", "step", "order", "seconds"]
    first = [cell.text for cell in shown.find("table/tbody/tr")]
    assert first[:2] == ["0", f"{trace.cost[0]:.4g}"] and first[4] == "none"
    more = [cell.text for cell in shown.find("details/table/thead/tr")]
    assert "first_cost" in more and not set(more[1:]) & set(head)


def test_validation_stands_in_the_table(problem):
    net, u, y = problem
    trace = bt.Estimator(net, u, y).run(3, progress=False, validation=(u, y))
    shown = ElementTree.fromstring(trace._repr_html_())
    assert shown.find("table/thead/tr")[3].text == "validation"
    column = [row[3].text for row in shown.findall("table/tbody/tr")]
    assert column == [f"{value:.4g}" for value in trace.validation]


def test_curves_of_costs_that_cannot_be_drawn():
    assert curve(np.array([])) == curve(np.array([1.0])) == curve(np.array([0.0, np.inf])) == ""
    for costs in ([np.inf, 2.0, np.nan, 1.0, 0.0], [1.0, 1.0], np.geomspace(1, 1e-300, 5000)):
        (line,) = ElementTree.fromstring(curve(np.array(costs))).iter(f"{SVG}polyline")
        points = np.array([pair.split(",") for pair in line.get("points").split()], dtype=float)
        assert np.isfinite(points).all() and 2 <= len(points) <= 400
        assert (np.diff(points[:, 0]) >= 0).all()


# ---- Bars


def test_line_of_a_run(problem, monkeypatch, capsys):
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    trace = bt.Estimator(*problem).run(3)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert f"cost {trace.cost[-1]:.3g}, NMSE {trace.nmse[-1]:.3g}" in shown
    net, u, y = problem
    trace = bt.Estimator(net, u, y).run(3, validation=(u, y))
    best = int(np.argmin(trace.validation))
    assert f"(least {trace.validation[best]:.3g} at {best})" in capsys.readouterr().err


def test_line_of_identify(monkeypatch, capsys):
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    u = bt.random.normal(300)
    bt.identify(u, np.convolve(u, [0, 0.5, 0.2])[:300], linear=True)
    shown = capsys.readouterr().err
    assert "candidates [" in shown and "least error" in shown and " s left" in shown


def test_who_looks(monkeypatch):
    from backtune._engine.progress import is_watched

    assert not is_watched()
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert not is_watched()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert is_watched()
    monkeypatch.setattr("sys.stderr", None)
    assert not is_watched()
    kernel = types.SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: kernel))
    assert is_watched()


# ---- Ctrl-C and the stop button


def test_stop_button_keeps_the_best_weights(long_problem):
    """A kernel is interrupted by SIGINT while its main thread runs the cell."""
    net, u, y = long_problem
    estimator = bt.Estimator(net, u, y)
    begin = time.monotonic()
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    trace = estimator.run(progress=False)
    timer.join()
    assert time.monotonic() - begin < 10 and trace.stop == "interrupted"
    assert same(net.get_weights(), estimator.get_weights())
    assert estimator.cost == trace.cost[-1] <= trace.cost[0]


KERNEL_PROGRAM = """
import sys
import threading
from jupyter_client.manager import start_new_kernel

cell = '''
import backtune as bt
u = bt.random.normal(100_000, seed=3).reshape(-1, 1)
y = bt.lnl_network(8).randomize(1).simulate(u)
net = bt.lnl_network(8).randomize(2)
estimator = bt.Estimator(net, u, y)
print("ready", flush=True)
trace = estimator.run()
print(trace.stop, (net.get_weights() == estimator.get_weights()).all())
'''
manager, client = start_new_kernel(kernel_name="python3")
try:
    shown, seen = [], []

    def hook(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            shown.append(message["content"]["text"])
            if shown[-1].startswith("ready"):
                threading.Timer(1.0, manager.interrupt_kernel).start()

    reply = client.execute_interactive(cell, output_hook=hook, timeout=40)
    print(reply["content"]["status"], shown[-1].strip())
    client.execute_interactive("net", output_hook=seen.append, timeout=40)
    for message in seen:
        if message["msg_type"] == "execute_result":
            data = message["content"]["data"]
            print("<svg" in data["text/html"], "<Network" in data["text/plain"])
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""


def test_interrupt_of_a_kernel(python):
    pytest.importorskip("ipykernel")
    assert python(KERNEL_PROGRAM, timeout=120) == "ok interrupted True\nTrue True\n"


# ---- Copies


def test_objects_are_copied_and_pickled(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    trace = estimator.run(5, progress=False)
    for how in (copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))):
        assert how(net).to_json() == net.to_json()
        other = how(trace)
        assert same(other.cost, trace.cost) and repr(other) == repr(trace)
        assert how(trace[1]) == trace[1]
        assert repr(how(estimator.uncertainty())) == repr(estimator.uncertainty())
        assert repr(how(estimator.connections())) == repr(estimator.connections())


def test_groups_and_settings_are_copied_with_their_network(net):
    for how in (copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))):
        other, group, source = how((net, net.groups["lnl.x"], net.groups["lnl.x"].lag(2)))
        assert group == other.groups["lnl.x"] and source.group == group and source.lag == 2
        assert how(bt.SELF) is bt.SELF and how(bt.SELF.lag(1)) == bt.SELF.lag(1)
        assert list(how(net.weights)) == list(net.weights)
        stream = net.stream()
        stream.step([1.0, 2.0])
        assert same(how(stream).step([0.0, 1.0]), stream.step([0.0, 1.0]))
        for setting in (
            bt.zeta(0, 2),
            bt.criteria.Huber(0.5),
            bt.regularisation.SparseWeights(0.1),
            bt.observables.mean(0, 1.0),
        ):
            assert how(setting) == setting


# ---- Data in and out


def frame(index=None):
    return pd.DataFrame(bt.random.normal(24).reshape(12, 2), index, columns=["a", "b"])


@pytest.mark.parametrize(
    "index",
    [None, pd.date_range("2020", periods=12, freq="h"), list("abcdefghijkl")],
    ids=["range", "dates", "names"],
)
def test_pandas_keeps_its_index(net, index):
    u = frame(index)
    y = net.simulate(u)
    assert isinstance(y, pd.DataFrame) and y.index.equals(u.index)
    assert list(y.columns) == ["linear.x[0]", "linear.x[1]"]
    assert same(y, net.simulate(u.to_numpy()))
    y, states, state = net.simulate(u, states=True, return_state=True)
    assert states["lnl.x"].index.equals(u.index) and states["lnl.x"].shape == (12, 3)
    assert isinstance(state, np.ndarray)
    first, second = net.simulate([u[:5], u[5:].to_numpy()])
    assert first.index.equals(u.index[:5]) and isinstance(second, np.ndarray)


def test_series_and_names_of_observed_nodes(net):
    one = bt.lnl_network(2).randomize()
    u = pd.Series(bt.random.normal(9), pd.period_range("2020", periods=9, freq="M"))
    y = one.simulate(u)
    assert y.index.equals(u.index) and list(y.columns) == ["lnl.x[0]"]
    net.observe([net.groups["lnl.x"], net.groups["linear.x"]], [1, 2])
    assert list(net.simulate(frame()).columns) == ["lnl.x[0]", "linear.x[0]", "linear.x[1]"]


def test_xarray_keeps_its_coordinates(net):
    xr = pytest.importorskip("xarray")
    u = xr.DataArray(
        frame(),
        dims=("when", "channel"),
        coords={
            "when": pd.date_range("2020", periods=12),
            "channel": ["a", "b"],
            "day": ("when", np.arange(12)),
            "place": "here",
        },
    )
    y = net.simulate(u)
    assert isinstance(y, xr.DataArray) and y.dims == ("when", "output")
    assert y["when"].equals(u["when"]) and y["day"].equals(u["day"]) and y["place"] == "here"
    assert list(y["output"].values) == ["linear.x[0]", "linear.x[1]"] and "channel" not in y.coords
    assert same(y, net.simulate(u.to_numpy()))
    flat = bt.lnl_network(1).randomize().simulate(u[:, 0])
    assert flat.dims == ("when", "output") and flat.shape == (12, 1)
    with pytest.raises(ValueError, match="swapped"):
        net.simulate(u.T)
    # y less u of the same time is matched by the index.
    assert same((y - y).values, np.zeros((12, 2)))


def test_labelled_data_are_estimated_alike(net):
    xr = pytest.importorskip("xarray")
    u = frame(pd.date_range("2020", periods=12))
    y = net.copy().randomize(5).simulate(u)
    results = []
    for inputs, desired in (
        (u, y),
        (u.to_numpy(), y.to_numpy()),
        (xr.DataArray(u), xr.DataArray(y)),
    ):
        other = net.copy()
        bt.Estimator(other, inputs, desired).run(3, progress=False)
        results.append(other.get_weights())
    assert same(results[0], results[1]) and same(results[0], results[2])


FORMS = {
    "float32": lambda a: a.astype(np.float32),
    "int": lambda a: a.astype(np.int64),
    "Fortran order": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 3, axis=0)[::3],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
}


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_any_form_are_estimated_alike(net, form):
    u = np.rint(4 * bt.random.normal(40, seed=1)).reshape(20, 2)
    y = np.rint(4 * bt.random.normal(40, seed=2)).reshape(20, 2)
    given = FORMS[form](u), FORMS[form](y)
    results = []
    for data in ((u, y), given):
        other = net.copy()
        bt.Estimator(other, *data).run(3, progress=False)
        results.append(other.get_weights())
    assert same(results[0], results[1])
    assert same(net.simulate(given[0]), net.simulate(u))
    assert np.array_equal(given[0], u) and np.array_equal(given[1], y)


def test_optional_libraries_are_not_imported(python):
    code = """
import sys, backtune as bt
bt.lnl_network(2).randomize().simulate([0.5, 1.0])
names = "pandas", "xarray", "matplotlib", "tqdm", "sklearn"
print([name for name in names if name in sys.modules])
"""
    assert python(code) == "[]\n"
