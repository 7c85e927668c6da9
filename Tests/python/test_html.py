"""What notebooks show of results: tables in HTML, charts of bands."""

import re
from xml.etree import ElementTree

import backtune as bt
import numpy as np
import pandas as pd
from backtune.display.html import coloured
from backtune.identification import LinearSystem
from backtune.identification.ahead import ModelForecast
from identified_cases import arx, model_of, record, state_space, trial

NAMES = {"input_names": ["drive"], "output_names": ["speed"]}


def parsed(item):
    """Return HTML as a tree, which it is only if all text is escaped and all tags end."""
    return ElementTree.fromstring(item._repr_html_())


def texts(table):
    """Return the rows of a table, its head first."""
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_weights(net):
    net.weights.constrain("lnl.x1.g", fixed=[True, False, False])
    tree = parsed(net.weights)
    head, *rows = texts(tree.find("table"))
    assert head == ["weights", "nodes x sources", "free", "fixed", "least", "largest"]
    found = {row[0]: row[1:] for row in rows}
    assert list(found) == list(net.weights)
    values = net.weights["lnl.x2.W"]
    ends = [f"{values.min():.3g}", f"{values.max():.3g}"]
    assert found["lnl.x2.W"] == ["3 x 3", "9", "0", *ends]
    assert found["lnl.x1.g"][:3] == ["3", "2", "1"]
    assert tree[0].text == f"Weights, {sum(v.size for v in net.weights.values())} values"
    arrays = {item.find("summary").text: item for item in tree.findall("details/details")}
    assert list(arrays) == list(net.weights)
    drawn = texts(arrays["lnl.x2.W"].find("table"))
    assert drawn[1] == ["0", *(f"{value:.3g}" for value in values[0])]
    assert drawn[0] == ["", "0", "1", "2"] and len(drawn) == 4


def test_large_arrays_are_not_written_out():
    net = bt.lnl_network(13).randomize(1)
    arrays = parsed(net.weights).findall("details/details")
    assert arrays == [] and len(texts(parsed(net.weights).find("table"))) == len(net.weights) + 1
    assert len(texts(parsed(bt.Network(1).weights).find("table"))) == 1


def test_colours_of_weights():
    below, zero, above = (coloured(value, 2.0) for value in (-2.0, 0.0, 1.0))
    red, green, blue, depth = map(float, re.search(r"rgba\((.*?)\)", below)[1].split(","))
    assert blue > red and depth == 0.6
    red, green, blue, depth = map(float, re.search(r"rgba\((.*?)\)", above)[1].split(","))
    assert red > blue and depth == 0.3
    assert "0.00)" in zero and ">0<" in zero


def uncertain():
    u = bt.random.normal(300)
    net = bt.Network(1)
    net.state_space(1, hidden=0, outputs=1)
    net.weights["state_space.x.A"], net.weights["state_space.x.B"] = 0.8, 1
    net.weights["state_space.y.C"] = 0.5
    y = net.simulate(u) + 0.1 * bt.random.normal(300, 1)[:, None]
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    return net, est.uncertainty()


def test_uncertainty():
    net, sure = uncertain()
    tree = parsed(sure)
    assert tree[0].text == repr(sure)[1:-1]
    head, *rows = texts(tree.find("table"))
    assert head[0] == "weights" and head[2:] == [
        *("least error", "largest error", "undetermined", "held")
    ]
    found = {row[0]: row[1:] for row in rows}
    error = sure.standard_errors["state_space.x.A"].item()
    assert found["state_space.x.A"] == ["1", f"{error:.2g}", f"{error:.2g}", "", ""]
    # Only the product of B and C is known.
    assert found["state_space.x.B"] == ["1", "", "", "1", ""]
    single = texts(tree.find("details/table"))
    value = net.weights["state_space.x.A"].item()
    assert ["state_space.x.A[0, 0]", f"{value:.4g}", f"{error:.2g}"] in single
    assert [
        "state_space.x.B[0, 0]",
        f"{net.weights['state_space.x.B'].item():.4g}",
        "inf",
    ] in single


def test_many_weights_are_listed_in_part(problem):
    net = bt.lnl_network(15).randomize(1)
    _, u, y = problem
    tree = parsed(bt.Estimator(net, u, y).uncertainty())
    assert tree.find("details/summary").text == f"the first 200 of {255} weights one by one"
    assert len(texts(tree.find("details/table"))) == 201


def test_uncertainty_of_the_linear_model():
    _, sure = uncertain()
    found = sure.linear()
    tree = parsed(found)
    poles, gains = (texts(table) for table in tree.findall("table"))
    assert poles == [
        ["pole", "standard error"],
        [f"{found.poles[0].real:.4g}", f"{found.poles_error[0].real:.2g}"],
    ]
    assert gains[1] == ["0", "0", f"{found.gains[0, 0]:.4g}", f"{found.gains_error[0, 0]:.2g}"]
    assert "state_space.x.A" in "".join(tree.find("details").itertext())


def test_summary():
    net = bt.Network(1)
    h = net.lnl(3)
    net.linear(1, "<y>", sources=[h.lag(0)])
    found = net.summary()
    tree = parsed(found)
    head, *rows = texts(tree.find("table"))
    assert head == ["unit", "nodes", "reads at lag", "free", "fixed", "outputs"]
    assert rows == [list(unit.cells()) for unit in found.units] and rows[1][0] == "<y>"
    assert [item.text for item in tree.findall("ul/li")] == [f"hint: {found.hints[0]}"]
    assert tree[0].text == repr(net)[1:-1]


def rows_of(table):
    """Return the rows of a table without its head."""
    return texts(table)[1:]


def test_an_iteration_and_the_stages_of_a_trace():
    u, y = bt.datasets.reverse_engineering(4, seed=5)
    net = bt.Network(1)
    net.state_space(2, feedback="measured")
    trace = bt.Estimator(net.randomize(0), u, y, horizon=[1, 4]).run(8, progress=False)
    report = trace[-1]
    tree = parsed(report)
    head, cells = texts(tree.find("table"))
    assert head == ["iteration", "cost", "nmse", "step", "order", "seconds"]
    assert cells[1:3] == [f"{report.cost:.4g}", f"{report.nmse:.4g}"]
    head, cells = texts(tree.find("details/table"))
    assert dict(zip(head, cells))["simulations"] == str(report.simulations)
    stages, _ = parsed(trace).findall("details")
    assert stages.find("summary").text == "earlier stages" and len(trace.stages) == 1
    assert rows_of(stages.find("table")) == [
        [
            *(name, str(len(part) - 1), f"{part.cost[0]:.4g}", f"{part.cost[-1]:.4g}"),
            *(f"{part.nmse[-1]:.4g}", part.stop),
        ]
        for name, part in trace.stages
    ]
    assert rows_of(parsed(trace.decay).find("table")) == [[f"{v:.4g}" for v in trace.decay]]


def test_connections():
    remaining = np.array([[True, False], [False, False]])
    removed = np.array([[False, True], [False, False]])
    tree = parsed(bt.Connections("x.W", remaining, removed))
    assert tree[0].text.startswith("x.W: 1 of 4 weights, 1 removed")
    assert rows_of(tree.find("table")) == [["0", "\u25cf", "\u00d7"], ["1", "\u00b7", "\u00b7"]]
    many = np.ones((13, 2), dtype=bool)
    assert parsed(bt.Connections("x.W", many, ~many)).find("table") is None
    none = np.ones((0, 2), dtype=bool)
    assert parsed(bt.Connections("x.W", none, none)).find("table") is None


def test_observables():
    found = bt.ObservableMeans(np.arange(20.0), np.arange(20.0) / 2, np.zeros(20))
    tree = parsed(found)
    rows = rows_of(tree.find("table"))
    assert len(rows) == 12 and rows[-1] == ["19", "19", "9.5", "0"]
    assert texts(tree.find("table"))[0] == ["observable", "mean", "desired", "lambda"]


def test_inputs_that_are_missing():
    u = np.stack([np.sin(np.arange(100) / 5), np.cos(np.arange(100))], axis=1)
    u[40:45, 0] = np.nan
    model = bt.InputModel(u, names=["wind", "<sun>"])
    tree = parsed(model)
    assert tree[0].text == repr(model)[1:-1]
    wind, sun = rows_of(tree.find("table"))
    known = [f"{model.mean[0]:.4g}", f"{model.scale[0]:.4g}", f"{model.deviation[0]:.4g}"]
    assert wind == ["wind", "5", *known]
    assert sun[:2] == ["<sun>", "0"] and sun[-1] == ""
    assert rows_of(parsed(bt.InputModel(u)).find("table"))[0][0] == "u0"


def test_linear_models_and_their_responses():
    eye = np.eye(2)
    system = LinearSystem(
        *(np.array([[0.5, 0.2], [-0.2, 0.5]]), eye, eye, 0 * eye),
        *(np.array([1.0, 2.0]), np.zeros(2), np.zeros(2), 0.1, np.array([0, 3])),
        *(np.zeros(2), np.zeros(2)),
    )
    tree = parsed(system)
    assert tree[0].text == "LinearSystem of 2 states, 2 inputs, 2 outputs, a time step of 0.1 s"
    poles, gains = tree.findall("table")
    assert poles.find("caption").text == "stable"
    assert rows_of(poles)[-2:] == [["0.5 +0.2j", "0.5385"], ["0.5 -0.2j", "0.5385"]]
    expected = np.linalg.inv(eye - system.A)[0, 1]
    assert rows_of(gains)[1] == ["0", "1", f"{expected:.4g}", "3"]
    folded = {d.find("summary").text: d for d in tree.findall("details")}
    assert list(folded) == [*(f"{name}, 2 x 2" for name in "ABCD"), "operating point"]
    assert rows_of(folded["A, 2 x 2"].find("table"))[1] == ["1", "-0.2", "0.5"]
    assert rows_of(folded["operating point"].find("table"))[0] == ["u0", "1, 2"]
    response = system.bode()
    tree = parsed(response)
    rows = rows_of(tree.find("table"))
    assert len(rows) == 12 and len(tree.findall("details")) == 3
    last = (response.frequencies[-1], response.magnitude[-1, 0, 0], response.phase[-1, 0, 0])
    assert rows[-1] == [f"{v:.4g}" for v in last]
    assert rows_of(parsed(system.bode([])).find("table")) == []


def test_forecasts():
    t = np.arange(60)
    noise = 0.1 * bt.random.normal(120).reshape(60, 2)
    y = np.stack([np.sin(t / 4), 3 + np.cos(t / 4)], axis=1) + noise
    index = pd.date_range("2026-01-01", periods=60)
    found = bt.forecast(pd.DataFrame(y, index, ["a", "b"]), 20, season=25, samples=50)
    tree = parsed(found)
    assert tree[0].text == "Forecast of 20 steps by network"
    band, errors = tree.findall("table") + tree.findall("div/table")
    assert texts(band)[0] == ["time", "a", "lower", "upper"]
    parts = (found.mean, found.lower, found.upper)
    assert rows_of(band)[0] == ["2026-03-02", *(f"{part.iloc[0, 0]:.4g}" for part in parts)]
    assert len(rows_of(band)) == 12 and band.find("caption").text == "band of 90 %"
    drawing = tree.find("{*}svg")
    assert drawing.get("aria-label") == "a and its band by time"
    assert len(drawing.find("{*}polyline").get("points").split()) == 20
    assert len(drawing.find("{*}polygon").get("points").split()) == 40
    other, chosen = tree.findall("details")
    assert other.find("summary").text == "b" and other.find("{*}svg") is not None
    assert chosen.find("ul/li").text == found.report.splitlines()[0]
    relative = found.errors.relative(found.errors.multi_step)
    rows = {row[0]: row[1:] for row in rows_of(errors)}
    assert rows["network"][1] == f"{relative['network']:.3g}" and rows["persistence"][1] == "1"
    assert list(rows) == sorted(rows, key=lambda name: relative[name])
    own = rows_of(parsed(found.errors).find("details/table"))
    assert own[1] == ["network", "1", *own[1][2:]] and len(own) == 2 * len(relative)
    assert own[1][3] == f"{found.errors.multi_step['network'][1]:.4g}"
    assert "empty" in parsed(bt.ForecastErrors())[0].text


def test_bands_without_an_index_or_with_nothing_known():
    found = ModelForecast(np.ones((3, 1)), np.zeros((3, 1)), np.full((3, 1), 2.0), 0.8)
    tree = parsed(found)
    assert tree[0].text == "ModelForecast of 3 steps"
    head, *rows = texts(tree.find("table"))
    assert head == ["steps ahead", "forecast", "lower", "upper"]
    assert rows == [[k, "1", "0", "2"] for k in "123"]
    nothing = parsed(found._replace(lower=np.full((3, 1), np.nan)))
    assert nothing.find("{*}svg") is None and rows_of(nothing.find("table"))[0][2] == "nan"
    wide = parsed(ModelForecast(*(np.ones((2, 14)) for _ in range(3)), 0.9))
    assert len(wide.findall("details")) == 11 and wide.findall("div")[-1].text.startswith("and 2 ")


def test_residuals():
    u, y, _ = record(200, noise=0.1)
    found = model_of([state_space(), arx(a=0.75)], **NAMES).residuals(u, y)
    tree = parsed(found)
    assert tree[0].text == repr(found).splitlines()[0]
    head, row = texts(tree.find("table"))
    assert head[:4] == ["output", "mean", "deviation", "white: p"] and len(head) == 6
    test = found.independence[0][0]
    spread = [f"{found.mean[0]:.3g}", f"{found.deviation[0]:.3g}"]
    assert row == ["speed", *spread, f"{found.whiteness[0].p:.2g}", f"{test.p:.2g}", "drive"]
    assert tree.find("ul/li").text == f"speed: {found.notes()[0]}"
    assert found.notes()[0] in repr(found)
    frame = found.to_frame()
    own = (frame.output == frame.other) & (frame.lag == 0)
    count = int((frame.correlation.abs() > frame.bound)[~own].sum())
    assert tree.find("details/summary").text.startswith(f"{count} correlations")
    rows = rows_of(tree.find("details/table"))
    assert rows[0][:2] == ["errors of speed", "1"] and len(rows) == min(count, 12)
    constant = model_of([state_space()], **NAMES).residuals(0 * u, y)
    assert rows_of(parsed(constant).find("table"))[0][4:] == ["", ""]


def test_a_candidate():
    tree = parsed(trial(0.25, order=3, chosen=True))
    head, cells = texts(tree.find("table"))
    assert dict(zip(head, cells))["validation"] == "0.25" and tree[1].text == "chosen"
    head, cells = texts(tree.find("details/table"))
    assert dict(zip(head, cells))["crossed"] == ""
