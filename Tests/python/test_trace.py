"""The trace: columns, reports, decay, figure, texts."""

import sys

import backtune as bt
import numpy as np
import pytest
from backtune.estimation.trace import COLUMNS
from conftest import same


@pytest.fixture
def trace(problem):
    return bt.Estimator(*problem).run(20, progress=False)


def test_columns(trace):
    columns = "cost nmse order variant step raised saturated simulations seconds".split()
    assert all(getattr(trace, name).shape == (len(trace),) for name in columns)
    assert trace.order[0] == 0 and set(trace.order) <= {2, 1, 0, -1}
    assert np.all(np.diff(trace.seconds) >= 0)
    assert np.all((trace.raised >= 0) & (trace.raised <= 1))


def test_reports(trace):
    reports = list(trace)
    assert len(reports) == len(trace) and reports[-1] == trace[-1] == trace[len(trace) - 1]
    assert reports[0].iteration == 0 and reports[0].order == "none"
    assert trace[1:3] == reports[1:3]
    assert reports[2].cost == trace.cost[2] and isinstance(reports[2].simulations, int)
    with pytest.raises(IndexError):
        trace[len(trace)]


def test_texts(trace):
    assert repr(trace).startswith("<Trace of ") and trace.stop_reason in repr(trace)
    table = trace._repr_html_()
    # What few look at is in a second table.
    assert table.count("<tr>") == 2 * (min(len(trace), 12) + 1) and "nmse" in table
    empty = bt.Trace({name: np.empty(0) for name in COLUMNS}, "not started")
    assert "empty" in repr(empty) and empty._repr_html_()


def test_spread_of_the_restarts(problem):
    est = bt.Estimator(*problem, restarts=4)
    assert est.trace.draw_costs.shape == (0,)
    trace = est.run(60, tolerance=0, progress=False)
    costs = trace.draw_costs
    assert costs.size >= 2 and np.all(np.diff(costs) >= 0)
    assert costs[0] == trace.cost[-1] == est.cost and same(costs, est.trace.draw_costs)
    text = f"{costs.size} draws, costs {costs[0]:.2g} (best), {np.median(costs):.2g} (median), "
    assert f", {text}{costs[-1]:.2g} (worst): " in repr(trace)
    assert "(worst)" in trace._repr_html_()


def test_no_restarts_no_spread(problem):
    net, u, y = problem
    trace = bt.Estimator(net, u, y, restarts=0).run(5, progress=False)
    assert trace.draw_costs.shape == (0,) and "draws" not in repr(trace)
    tuned = bt.Estimator(net.randomize(2), u, y, method="backward-tuning").run(2, progress=False)
    assert tuned.draw_costs.shape == (0,)
    # The first draw alone, as long as it leads and is fast.
    one = bt.Estimator(net.randomize(2), u, y).run(2, progress=False)
    assert same(one.draw_costs, one.cost[-1:]) and "draws" not in repr(one)


def test_restarts_of_a_sparse_estimation(problem):
    net, u, y = problem
    terms = bt.regularisation.SparseWeights(1e-3)
    est = bt.Estimator(net, u, y, regularisation=terms, restarts=2)
    trace = est.run(60, progress=False)
    assert trace.draw_costs.size >= 1 and "removal" in {report.order for report in trace}


def test_decay_of_golden_series(golden):
    for case in golden("decay_fit.json")["cases"]:
        costs = np.array(case["c"], dtype=float)
        decay = bt.decay_fit(costs, case.get("window", 0) or 0)
        expected = [np.nan if v is None else v for v in flat(case["estimate"])]
        np.testing.assert_allclose(decay[:2], expected, rtol=1e-8)


def flat(estimate):
    if estimate is None:
        return [None, None]
    return list(estimate.values())[:2] if isinstance(estimate, dict) else estimate


def test_decay_skips_what_is_not_finite():
    costs = np.exp(-np.arange(30) / 5.0) + 0.1
    time, bias, _ = bt.decay_fit(np.concatenate([[np.inf, np.nan], costs]))
    assert time == pytest.approx(5, rel=1e-6) and bias == pytest.approx(0.1, rel=1e-4)
    assert bt.decay_fit(3 * costs).amplitude == pytest.approx(3, rel=1e-6)
    assert all(np.isnan(bt.decay_fit([])))
    assert all(np.isnan(bt.decay_fit([1.0, 2.0, 3.0])))
    with pytest.raises(ValueError):
        bt.decay_fit([3, 2, 1], window=-1)


def test_plot(trace):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    ax = trace.plot()
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "iteration"
    assert trace.plot(ax) is ax
    import matplotlib.pyplot as plt

    plt.close("all")


def test_matplotlib_is_imported_when_used(python):
    assert python("import sys, backtune; print('matplotlib' in sys.modules)") == "False\n"


def test_plot_without_matplotlib(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="plot"):
        trace.plot()


def test_traces_travel(trace):
    import pickle

    other = pickle.loads(pickle.dumps(trace))
    assert same(other.cost, trace.cost) and same(other.draw_costs, trace.draw_costs)
    assert repr(other) == repr(trace)
    assert pickle.loads(pickle.dumps(trace[2])) == trace[2]


def test_same_trace_later(problem):
    estimator = bt.Estimator(*problem)
    run = estimator.run(3, progress=False)
    assert same(run.cost, estimator.trace.cost)
    assert run.stop_reason == estimator.stop_reason


@pytest.mark.parametrize("start", [3.0, 10.0])
def test_tolerance_of_an_unstable_start(start):
    """A cost that falls from astronomic to huge is not within the tolerance."""
    root = bt.linear_network(1).randomize(2)
    name = next(name for name in root.weights if name.endswith("W1"))
    root.weights[name] = [[0.5]]
    u = bt.random.normal(300)[:30].reshape(-1, 1)
    net = bt.linear_network(1).randomize(1)
    net.weights[name] = [[start]]
    trace = bt.Estimator(net, u, root.simulate(u), restarts=0).run(60, progress=False)
    assert trace.nmse[0] > 1e6
    assert trace.stop != "tolerance" or trace.nmse[-1] <= 1e-12
    # Nor is it a minimum, however small the steps are that still help.
    assert trace.stop != "converged"
