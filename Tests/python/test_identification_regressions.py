"""Regressions on past inputs and outputs among the candidates of `identify`."""

import backtune as bt
import numpy as np
import pytest
from backtune._engine.data.front import Front
from backtune._engine.data.scales import Scale
from backtune.identification.networks import Form
from backtune.identification.records import Record
from backtune.identification.regressions import fading_regressions, regressions
from backtune.identification.search import Search

STEPS = 240


def noisy(seed):
    """Return a record of six slow modes, as much noise as signal."""
    random = np.random.default_rng(seed)
    u = random.normal(size=STEPS)
    modes = [0.7, 0.8, 0.85, 0.9, 0.93, 0.95]
    x, clean = np.zeros(6), np.empty(STEPS)
    for t in range(STEPS):
        clean[t] = x.sum()
        x = modes * x + np.linspace(1, 0.2, 6) * u[t]
    return u[:, None], (clean + clean.std() * random.normal(size=STEPS))[:, None]


def made(u, y):
    return Record.of(Front(Scale.of([u]), Scale.of([y]), np.zeros(u.shape[1], dtype=int)), [u], [y])


@pytest.fixture(scope="module")
def record():
    return made(*noisy(0))


def rows(record, lags):
    """Return regressors by lag, (T, 1 + lags + lags), and desired values, of the first part."""
    u, y = record.u[0][:, 0], record.y[0][:, 0]
    last = record.blocks[0].start
    times = np.arange(lags, last)
    inputs = [u[times - k] for k in range(lags + 1)]
    outputs = [y[times - k] for k in range(1, lags + 1)]
    ones = np.ones(len(times))
    return np.column_stack([*inputs, *outputs, ones]), y[times], int(np.isfinite(y[:last]).sum())


def weights(item, lags):
    net = item.net
    inputs = [net.weights[f"y.x.B{k}"].item() for k in range(lags + 1)]
    outputs = [net.weights[f"y.x.K{k}"].item() for k in range(1, lags + 1)]
    return np.array([*inputs, *outputs, net.weights["y.x.a"].item()])


def test_weights_are_those_of_ridges_that_grow_with_the_lag(record):
    found = fading_regressions(record, Form(1, 1, 1), Search(None))
    assert [item.kind.form.order for item in found] == [8, 12, 20, 40]
    for item in found:
        lags, kind = item.kind.form.order, item.kind
        X, desired, observed = rows(record, lags)
        powers = np.concatenate([np.arange(lags + 1), np.arange(1, lags + 1)])
        ridge = kind.ridge * observed / kind.fading**powers
        # The sum of squared errors counts half, as the cost does.
        P = X.T @ X + 2 * np.diag([*ridge, 0.0])
        expected = np.linalg.solve(P, X.T @ desired)
        np.testing.assert_allclose(weights(item, lags), expected, atol=1e-7)


def test_that_says_more_of_what_is_held_back_than_plain_ones():
    gains = []
    for seed in range(6):
        plain, fading = (
            make(made(*noisy(seed)), Form(1, 1, 1), Search(None))
            for make in (regressions, fading_regressions)
        )
        best = [min(item.validation for item in found) for found in (fading, plain)]
        longest = [max(found, key=lambda item: item.kind.form.order) for found in (fading, plain)]
        gains.append([best[0] / best[1], longest[0].validation / longest[1].validation])
    best, longest = np.exp(np.mean(np.log(gains), axis=0))
    assert best < 1 and longest < 0.9


def test_they_are_among_the_members():
    model = bt.identify(*noisy(0), linear=True, max_order=3, progress=False)
    kinds = [(member.kind, member.trial.ridge > 0) for member in model.members]
    assert ("arx", True) in kinds and ("arx", False) in kinds


def test_records_that_are_short_get_short_ones():
    u, y = noisy(1)
    found = fading_regressions(made(u[:60], y[:60]), Form(1, 1, 1), Search(None))
    assert [item.kind.form.order for item in found] == [8, 12]
    assert fading_regressions(made(u[:24], y[:24]), Form(1, 1, 1), Search(None)) == []
