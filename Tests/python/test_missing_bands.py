"""Bands that widen where inputs are missing, of estimators and of identified models."""

import pickle

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune.estimation.draws import noise_beside, noises, weighed_gains, weights_of
from conftest import same
from missing_cases import holes, record, student


def test_noise_beside_what_is_explained():
    random = np.random.default_rng(0)
    part = np.where(random.random(20_000) < 0.3, random.random(20_000) * 5, 0)
    errors = random.normal(size=20_000) * np.hypot(0.1, part)
    assert noise_beside(errors, part) == pytest.approx(0.1, rel=0.03)
    assert noise_beside(np.zeros(5), np.ones(5)) == 0
    assert noise_beside(np.ones(5) * 1e-200, np.zeros(5)) == 0
    assert noise_beside(np.array([3.0, -3.0]), np.zeros(2)) == pytest.approx(3)
    assert np.isnan(noise_beside(np.array([np.inf]), np.zeros(1)))


def test_noises_and_gains_of_each_output():
    random = np.random.default_rng(1)
    spread, errors = random.random((500, 2)), random.normal(size=(500, 2)) * [1, 3]
    gains = np.full((500, 2), 2.0)
    gains[:9, 1] = 0
    errors[9:20, 0] = np.nan
    before = gains.copy()
    found = weighed_gains(gains, errors, spread)
    assert same(gains, before) and same(found[:, 0], 2 * weights_of(errors[:, 0], spread[:, 0]))
    part = weights_of(errors[9:, 1], spread[9:, 1])
    assert same(found[9:, 1], 2 * part) and not found[:9, 1].any()
    assert same(noises(errors, spread)[1], noise_beside(errors[:, 1], spread[:, 1]))
    assert same(
        noises(errors, spread)[0],
        noise_beside(*np.delete([errors, spread], np.s_[9:20], 1)[..., 0]),
    )
    errors[:, 1] = np.nan
    assert np.isnan(noises(errors, spread)[1]) and weighed_gains(gains, errors, spread) is None
    assert weighed_gains(gains[:, :1], errors[:, :1], spread[:, :1]) is not None


@pytest.mark.parametrize("kind", ["linear", "lnl"])
def test_bands_widen_where_inputs_are_missing(kind):
    u, y, v, z = record(kind, 3)
    x, w = holes(u, 0.2, "gaps", 3), holes(v, 0.2, "gaps", 4)
    net = student(kind)
    est = bt.Estimator(net, x, y, missing="model")
    est.run(60, progress=False)
    report = est.uncertainty()
    assert report.output_noise[0] == pytest.approx(0.02 * y.std(), rel=0.3)
    missing = np.isnan(x[:-1, 0])
    spread = report.input_deviation[1:, 0]
    assert np.median(spread[missing]) > 10 * np.median(spread[~missing])
    assert (report.deviation >= report.input_deviation).all()
    low, high = report.band(w, noise=True)
    noisy = z + 0.02 * y.std() * np.random.default_rng(9).normal(size=z.shape)
    inside, lost = ((low <= noisy) & (noisy <= high))[1:, 0], np.isnan(w[:-1, 0])
    assert inside[lost].mean() > 0.85 and inside[~lost].mean() > 0.88
    wide = (high - low)[1:, 0]
    assert np.median(wide[lost]) > 5 * np.median(wide[~lost])
    again = report.band(w, noise=True)
    assert same(low, again[0]) and same(high, again[1])
    assert np.isfinite(report.band(v)[0]).all()


# ---- identify


@pytest.fixture(scope="module")
def identified():
    u, y, v, z = record("linear", 1, steps=400)
    x = holes(u, 0.15, "gaps", 1)
    with pytest.warns(bt.BacktuneWarning, match=r"u: .* \(NaN\): \d+ of channel 0; a model"):
        model = bt.identify(x, y, max_order=2, hidden=2, progress=False)
    return model, x, v, z


def test_identify(identified):
    model, x, v, z = identified
    found = model.simulate(v, z[:50])
    assert ((found - z) ** 2).mean() < 1e-3 * z.var()
    assert model.input_model.missing.tolist() == [np.isnan(x).sum()]
    w = holes(v, 0.2, "gaps", 5)
    low, high = model.band(w, z[:50])
    lost = np.isnan(w[:-1, 0])
    wide = (high - low)[1:, 0]
    assert np.median(wide[lost]) > 5 * np.median(wide[~lost])
    inside = ((low <= z) & (z <= high))[1:, 0]
    assert inside[lost].mean() > 0.85
    # Known inputs: as wide as without any that are missing.
    u, y, _, _ = record("linear", 1, steps=400)
    plain = bt.identify(u, y, max_order=2, linear=True, progress=False)
    assert model.errors[-1] == pytest.approx(plain.errors[-1], rel=0.5)
    middle = model.simulate(w, z[:50])
    assert abs((low + high) / 2 - middle).max() < 1e-12
    copy = pickle.loads(pickle.dumps(model))
    assert same(copy.simulate(w), model.simulate(w))
    table = pd.DataFrame(w, columns=["u"])
    assert same(model.simulate(table).to_numpy(), model.simulate(w))
    with pytest.raises(bt.ArgumentError, match="level"):
        model.band(w, level=1.0)


def test_identify_refuses():
    u, y, _, _ = record("linear", 1, steps=100)
    x = u.copy()
    x[5] = np.nan
    with pytest.raises(bt.ArgumentError, match="u: values are missing .* 1 of channel 0"):
        bt.identify(x, y, missing="error", progress=False)
    with pytest.raises(bt.ArgumentError, match="missing: 3 came"):
        bt.identify(u, y, missing=3, progress=False)
