"""Early stopping on sequences kept for it, warm starts, seeds, and the log."""

import logging
import signal

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same


@pytest.fixture
def noisy():
    """Make a network too large for its 60 noisy steps, and 60 more: (network, data, kept)."""
    u = bt.random.normal(120, seed=4).reshape(-1, 1)
    y = bt.lnl_network(2).randomize(1).simulate(u)
    y = y + 0.3 * y.std() * bt.random.normal(120, seed=5).reshape(-1, 1)
    net = bt.Network(1)
    h = net.lnl(12, activation="tanh", leak="adjust")
    net.linear(1, sources=[h.lag(0)])
    return net.randomize(0), (u[:60], y[:60]), (u[60:], y[60:])


def nmse(net, u, y):
    return bt.Estimator(net, u, y).nmse


def test_the_best_weights_on_validation_are_kept(noisy):
    net, data, kept = noisy
    seen = [net.get_weights()]
    est = bt.Estimator(net, *data)
    trace = est.run(
        200,
        progress=False,
        validation=kept,
        patience=6,
        callback=lambda report: seen.append(est.get_weights()),
    )
    assert trace.stop == "validation"
    assert trace.stop_reason == "the validation error has not fallen for 6 iterations"
    best = int(trace.validation.argmin())
    assert trace.validation.shape == (len(trace),) and len(trace) - 1 == best + 6
    assert same(net.get_weights(), seen[best])
    for place in (0, best, len(seen) - 1):
        other = net.copy()
        other.set_weights(seen[place])
        assert trace.validation[place] == pytest.approx(nmse(other, *kept), rel=1e-9)
    # What the data of the estimation say goes on falling.
    assert trace.validation[-1] > trace.validation[best] > 0 and trace.nmse[-1] < trace.nmse[best]
    assert same(est.trace.validation, trace.validation)
    assert est.run(1, progress=False).validation.shape == (0,)


def test_validation_starts_from_the_rest_that_is_taken(noisy):
    net, (u, y), (v, z) = noisy
    trace = bt.Estimator(net, u + 5, y).run(5, progress=False, validation=(v + 5, z), patience=9)
    assert net.rest == pytest.approx(u.mean() + 5)
    assert trace.validation.min() == pytest.approx(nmse(net, v + 5, z), rel=1e-9)


def test_validation_changes_nothing_of_the_iterations(noisy):
    net, data, kept = noisy
    plain = bt.Estimator(net.copy(), *data).run(8, progress=False)
    assert plain.validation.shape == (0,)
    trace = bt.Estimator(net, *data).run(8, progress=False, validation=kept, patience=100)
    assert same(trace.cost, plain.cost) and trace.stop == plain.stop == "iterations"
    assert nmse(net, *kept) == pytest.approx(trace.validation.min(), rel=1e-9)


def test_a_start_that_is_best_is_kept(noisy):
    net, data, kept = noisy
    bt.Estimator(net, *kept).run(60, progress=False)
    start = net.get_weights()
    trace = bt.Estimator(net, *data).run(60, progress=False, validation=kept, patience=3)
    assert same(net.get_weights(), start) and len(trace) == 4


def test_forms_of_validation_data(noisy):
    net, data, (u, y) = noisy
    missing = y.copy()
    missing[3] = np.nan
    parts = ([u[:20], u[20:]], [missing[:20], missing[20:]])
    state = np.zeros(net.state_size)
    forms = [
        parts,
        (parts[0], parts[1], state),
        (parts[0], parts[1], [state, state]),
        ([pd.DataFrame(u[:20]), u[20:, 0]], parts[1]),
    ]
    errors = []
    for form in forms:
        est = bt.Estimator(net.copy(), *data)
        errors.append(est.run(4, progress=False, validation=form).validation)
    for error in errors[1:]:
        np.testing.assert_allclose(error, errors[0], rtol=1e-12)
    assert errors[0][0] == pytest.approx(nmse(net, *parts), rel=1e-9)
    one = bt.Estimator(net.copy(), *data, washout=5).run(1, progress=False, validation=(u, y))
    expected = bt.Estimator(net, u, y, washout=5).nmse
    assert one.validation[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("validation", "patience", "kind", "message"),
    [
        (np.zeros((10, 1)), 5, TypeError, r"\(u, y\)"),
        ((np.zeros(10),), 5, TypeError, r"\(u, y\)"),
        ((np.zeros(9), np.zeros(10)), 5, ValueError, "10"),
        ((np.zeros(10), None), 5, ValueError, "desired outputs"),
        ((np.zeros(10), np.full(10, np.nan)), 5, ValueError, "no observed value"),
        ((np.zeros((10, 2)), np.zeros(10)), 5, ValueError, "channel"),
        ((np.full(10, np.nan), np.zeros(10)), 5, ValueError, "inputs"),
        ((np.zeros(10), np.zeros(10)), 0, ValueError, "patience"),
        ((np.zeros(10), np.zeros(10)), 2.5, TypeError, "patience"),
    ],
)
def test_validation_that_does_not_fit(noisy, validation, patience, kind, message):
    net, data, _ = noisy
    before = net.get_weights()
    with pytest.raises(kind, match=message):
        bt.Estimator(net, *data).run(3, progress=False, validation=validation, patience=patience)
    assert np.isfinite(before).all() and np.isfinite(net.get_weights()).all()


def test_constant_validation_outputs(noisy):
    net, data, (u, _) = noisy
    start = net.simulate(u)
    trace = bt.Estimator(net, *data).run(2, progress=False, validation=(u, np.full(60, 0.5)))
    assert trace.validation[0] == pytest.approx(np.mean((start - 0.5) ** 2))


@pytest.mark.parametrize("kind", [ValueError, SystemExit])
def test_an_exception_leaves_the_best_on_validation(noisy, kind):
    net, data, kept = noisy

    def callback(report):
        if report.iteration == 8:
            raise kind("at eight")

    est = bt.Estimator(net, *data)
    with pytest.raises(kind, match="at eight"):
        est.run(50, progress=False, validation=kept, patience=50, callback=callback)
    errors = est.trace.validation
    assert len(errors) == 9 and errors.argmin() < 8
    assert nmse(net, *kept) == pytest.approx(errors.min(), rel=1e-9)


def test_ctrl_c_leaves_the_best_on_validation(noisy):
    net, data, kept = noisy

    def callback(report):
        if report.iteration == 8:
            signal.raise_signal(signal.SIGINT)

    est = bt.Estimator(net, *data)
    trace = est.run(50, progress=False, validation=kept, patience=50, callback=callback)
    assert trace.stop == "interrupted" and len(trace) == 9
    assert nmse(net, *kept) == pytest.approx(trace.validation.min(), rel=1e-9)


def test_validation_with_a_sparse_estimation(noisy):
    net, data, kept = noisy
    terms = bt.regularisation.SparseWeights(0.01)
    est = bt.Estimator(net, *data, regularisation=terms)
    free = net.get_weights().size
    trace = est.run(40, progress=False, validation=kept, patience=40)
    removed = sum(int(c.removed.sum()) for c in est.connections())
    assert removed > 0
    assert nmse(net, *kept) == pytest.approx(np.nanmin(trace.validation), rel=1e-9)
    # What was taken away after the best weights is there again, and estimation goes on.
    assert free - removed <= net.get_weights().size <= free
    assert np.isfinite(est.run(2, progress=False).cost).all()


# ---- Warm starts, seeds


def test_warm_start(problem):
    net, u, y = problem
    bt.Estimator(net, u, y).run(5, progress=False)
    cost = bt.Estimator(net, u, y).cost
    trace = bt.Estimator(net, u, y).run(5, progress=False)
    assert trace.cost[0] == cost and trace.cost[-1] < cost
    other = bt.Network.from_json(net.to_json())
    again = bt.Estimator(other, u, y, restarts=0)
    assert again.run(5, progress=False).cost[0] == trace.cost[-1]


@pytest.mark.parametrize("restarts", [0, 4, "auto"])
def test_seeds_are_reproducible(problem, restarts):
    _, u, y = problem
    runs = []
    for seed in (3, 3, 4):
        net = bt.lnl_network(4).randomize(seed)
        trace = bt.Estimator(net, u, y, restarts=restarts).run(15, progress=False)
        runs.append((trace.cost, net.get_weights()))
    assert same(runs[0][0], runs[1][0]) and same(runs[0][1], runs[1][1])
    assert not same(runs[0][1], runs[2][1])


# ---- Log


def test_one_line_of_info_per_run(problem, caplog):
    caplog.set_level(logging.INFO, "backtune")
    trace = bt.Estimator(*problem).run(5, progress=False)
    (record,) = caplog.records
    assert record.name == "backtune" and record.levelno == logging.INFO
    line = record.getMessage()
    assert f"cost {trace.cost[0]:.6g} -> {trace.cost[-1]:.6g}" in line
    assert f"NMSE {trace.nmse[-1]:.4g}" in line and trace.stop_reason in line


def test_a_line_of_debug_per_iteration(problem, caplog):
    caplog.set_level(logging.DEBUG, "backtune")
    trace = bt.Estimator(*problem).run(5, progress=False)
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.DEBUG]
    assert len(lines) == len(trace) - 1 == 5
    assert lines[2].startswith(f"iteration 3: cost {trace.cost[3]:.6g}, NMSE")


def test_log_of_a_run_that_ends_otherwise(noisy, caplog):
    net, data, kept = noisy
    caplog.set_level(logging.INFO, "backtune")
    bt.Estimator(net.copy(), *data).run(100, progress=False, validation=kept, patience=3)
    with pytest.raises(ZeroDivisionError):
        bt.Estimator(net, *data).run(3, progress=False, callback=lambda report: 1 / 0)
    first, second = [record.getMessage() for record in caplog.records]
    assert "least validation error" in first and "has not fallen for 3" in first
    assert "stopped by ZeroDivisionError" in second


def test_nothing_is_written_by_default(python):
    code = """
import sys, logging, backtune as bt
u, y = bt.datasets.reverse_engineering(4, seed=5)
bt.Estimator(bt.lnl_network(4).randomize(2), u, y).run(3, progress=False)
assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("backtune").handlers)
assert not logging.getLogger().handlers
sys.stderr = sys.stdout
"""
    assert python(code + "logging.getLogger('backtune').warning('x')") == ""
