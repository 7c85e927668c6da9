"""What is not observed at the end: as if it were cut off, in every path."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune._engine.data.front import Front
from backtune._engine.data.parts import bounds, last_part, observed_end
from backtune._engine.data.scales import Scale
from backtune.identification.checking import checked
from backtune.identification.records import Record
from conftest import same

T, KNOWN = 120, 80


def plant(seed=0):
    u = bt.random.normal(T, seed=seed)
    y = np.zeros(T)
    for t in range(1, T):
        y[t] = 0.8 * y[t - 1] + u[t]
    return u.reshape(-1, 1), y.reshape(-1, 1)


def record_of(u, y):
    """Return the record of `identify` in the units that came."""
    scales = [Scale(np.zeros(v.shape[1]), np.ones(v.shape[1])) for v in (u, y)]
    return Record.of(Front(*scales, np.zeros(u.shape[1], dtype=int)), [u], [y])


def padded(y):
    return np.where(np.arange(len(y))[:, None] < KNOWN, y, np.nan)


@pytest.mark.parametrize(
    "short",
    [
        lambda y: y[:KNOWN],
        padded,
        lambda y: [y[:KNOWN]],
        lambda y: pd.DataFrame(y[:KNOWN]),
        lambda y: np.ma.masked_invalid(padded(y)),
    ],
    ids=["shorter", "NaN", "list", "frame", "masked"],
)
def test_short_outputs(short):
    u, y = plant()
    net = bt.lnl_network(2).randomize(0)
    given = [u] if isinstance(short(y), list) else u
    if isinstance(short(y), pd.DataFrame):
        given = pd.DataFrame(u)
    expected = bt.Estimator(net.copy(), u[:KNOWN], y[:KNOWN])
    est = bt.Estimator(net.copy(), given, short(y))
    assert est.cost == pytest.approx(expected.cost, rel=1e-12)
    assert est.gradient()[1] == pytest.approx(expected.gradient()[1], rel=1e-9, abs=1e-12)
    # Scales of the estimation too.
    assert est.step().cost == pytest.approx(expected.step().cost, rel=1e-6)
    trace = bt.Estimator(net, u, y).run(1, progress=False, validation=(given, short(y)))
    other = bt.Estimator(net.copy(), u[:KNOWN], y[:KNOWN])
    assert trace.validation[-1] == pytest.approx(other.nmse, rel=1e-9)


@pytest.mark.parametrize("end", ["shorter", "NaN"])
def test_short_outputs_of_identify(end):
    u, y = plant()
    u[KNOWN:] = 1e3  # what is beyond the outputs has no say in scales
    short = y[:KNOWN] if end == "shorter" else padded(y)
    model = bt.identify(u, short, max_order=1, linear=True, progress=False)
    expected = bt.identify(u[:KNOWN], y[:KNOWN], max_order=1, linear=True, progress=False)
    found, front = model.members[0].front, expected.members[0].front
    assert same(found.u.mean, front.u.mean) and same(found.u.deviation, front.u.deviation)
    assert same(model.net.get_weights(), expected.net.get_weights())
    assert model.report.chosen.validation == expected.report.chosen.validation
    start = model.simulate(u[:KNOWN], short[:30])
    assert same(start, model.simulate(u[:KNOWN], padded(y)[:30]))
    long = np.concatenate([y[:30], np.full((KNOWN - 30, 1), np.nan)])
    assert same(start, model.simulate(u[:KNOWN], long))


def test_short_outputs_with_gains():
    u, y = plant()
    model = bt.identify(u, y[:KNOWN], np.ones((KNOWN, 1)), max_order=1, linear=True, progress=False)
    expected = bt.identify(u[:KNOWN], y[:KNOWN], max_order=1, linear=True, progress=False)
    assert model.report.chosen.validation == pytest.approx(expected.report.chosen.validation)
    zero = np.where(np.arange(T) < KNOWN, 1.0, 0.0).reshape(-1, 1)
    inputs, outputs, gains = checked(u, y, zero)
    assert len(inputs.arrays[0]) == len(outputs.arrays[0]) == len(gains[0]) == KNOWN


@pytest.mark.parametrize("early", [False, True])
def test_scales_of_regressors(early):
    pytest.importorskip("sklearn")
    u, y = plant()
    u[KNOWN:] = 1e3
    model = bt.RecurrentRegressor(2, max_iter=6, early_stopping=early).fit(u, padded(y)[:, 0])
    found = model.predict(u)[:KNOWN]
    assert model.x_scale_ == pytest.approx(u[:KNOWN].std(axis=0))
    other = bt.RecurrentRegressor(2, max_iter=6, early_stopping=early)
    expected = other.fit(u[:KNOWN], y[:KNOWN, 0])
    assert model.y_mean_ == other.y_mean_ and model.y_scale_ == other.y_scale_
    np.testing.assert_allclose(found, expected.predict(u[:KNOWN]), atol=1e-3 * y.std())
    assert model.score(u, padded(y)) == pytest.approx(
        expected.score(u[:KNOWN], y[:KNOWN]), abs=1e-3
    )


def test_short_outputs_of_regressors():
    pytest.importorskip("sklearn")
    u, y = plant()
    model = bt.RecurrentRegressor(2, max_iter=6)
    filled = model.fit([u, u], [y[:, 0], padded(y)[:, 0]]).predict([u])[0]
    assert same(model.fit([u, u], [y[:, 0], y[:KNOWN, 0]]).predict([u])[0], filled)
    frame = pd.DataFrame({"u": u[:, 0]})
    short = pd.Series(y[:KNOWN, 0])
    expected = model.fit(u, padded(y)[:, 0]).predict(u)
    assert same(model.fit(frame, short).predict(frame), expected)
    with pytest.raises(ValueError, match="inconsistent"):  # as scikit-learn asks of arrays
        model.fit(u, y[:KNOWN, 0])


def test_short_outputs_online():
    u, y = plant()
    nets = [bt.lnl_network(2).randomize(3) for _ in range(2)]
    one, two = (bt.OnlineEstimator(net, window=30) for net in nets)
    assert same(one.update(u, y[:KNOWN]), two.update(u, padded(y)))
    assert same(nets[0].get_weights(), nets[1].get_weights()) and one.samples == T


def test_outputs_may_end_apart():
    u, y = plant()
    both = np.column_stack([y[:, 0], -y[:, 0]])
    both[KNOWN:, 1] = np.nan
    model = bt.identify(u, both, max_order=1, linear=True, progress=False)
    assert np.corrcoef(model.simulate(u).T)[0, 1] < -0.99
    record = record_of(u, both)
    assert record.blocks == [slice(75, T)]  # 40 + 2 x 5 of 200 values
    # Where that leaves one output without values, it is the quarter of the one that ends first.
    both[30:, 1] = np.nan
    record = record_of(u, both)
    assert record.blocks == [slice(23, 30)] and record.complete()


def test_nan_in_the_middle_of_targets_spoils_nothing():
    y = np.sin(np.arange(200) / 5).reshape(-1, 1)
    u = np.cos(np.arange(200) / 5).reshape(-1, 1)
    holes, wild = y.copy(), y.copy()
    holes[50:60], wild[50:60] = np.nan, 1e6
    gains = np.ones((200, 1))
    gains[50:60] = 0
    found = []
    for values, kappa in ((holes, None), (wild, gains)):
        net = bt.linear_network(1).randomize(0)
        bt.Estimator(net, u, values, kappa, restarts=0).run(10, progress=False)
        found.append(net.get_weights())
    assert np.isfinite(found[0]).all()
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10, atol=1e-10)


def test_parts():
    ones = np.ones(40, dtype=int)
    assert last_part(ones, 0.25) == slice(30, 40) and bounds(ones, 4) == [0, 10, 20, 30, 40]
    ones[20:] = 0
    assert last_part(ones, 0.25) == slice(15, 20) and bounds(ones, 2) == [0, 10, 40]
    assert last_part(np.array([0, 0, 1]), 0.25) == slice(2, 3)
    assert last_part(np.zeros(8, dtype=int), 0.25) == slice(6, 8)
    assert last_part(np.zeros(0, dtype=int), 0.25) == slice(0, 0)
    assert observed_end(np.array([[1.0, np.nan], [np.nan, np.nan]])) == 1
    assert observed_end(np.full((3, 1), np.nan)) == 3 and observed_end(np.empty((0, 2))) == 0
