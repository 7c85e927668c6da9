"""Inputs that are missing: what they may have been, and fits to records that lack them."""

import warnings

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune.estimation.gaps import Autoregression, Gaps
from conftest import same
from missing_cases import coloured, error_of, held, holes, record, student, with_mean


def errors_of(u, filled, missing):
    return float(((filled - u)[missing] ** 2).mean() / u.var())


# ---- What the missing values may have been


def process():
    """Make an autoregression of two channels with holes."""
    random = np.random.default_rng(0)
    feedback = np.array([[[1.2, 0.1], [-0.2, 0.7]], [[-0.5, 0], [0.1, -0.1]]])
    covariance = np.array([[1, 0.5], [0.5, 2.0]])
    values, constant = np.zeros((60, 2)), random.normal(size=(60, 2))
    for t in range(60):
        values[t] = constant[t] + random.multivariate_normal([0, 0], covariance)
        for k in range(min(t, 2)):
            values[t] += feedback[k] @ values[t - k - 1]
    values[random.random(values.shape) < 0.3] = np.nan
    values[20:45, 0] = np.nan
    values[0] = np.nan
    return Autoregression(feedback, covariance, np.array([4.0, 5.0])), values, constant


def test_means_and_draws_are_those_of_the_gaussian():
    model, values, constant = process()
    places = np.argwhere(np.isnan(values))
    whiten = np.linalg.inv(np.linalg.cholesky(model.covariance))
    early = [k for k, (t, _) in enumerate(places) if t < 2]

    def residuals(unknown):
        whole = values.copy()
        whole[tuple(places.T)] = unknown
        errors = (model.errors(whole, constant)[2:] @ whiten.T).ravel()
        prior = [unknown[k] / np.sqrt(model.variance[places[k, 1]]) for k in early]
        return np.concatenate([errors, prior])

    start = residuals(np.zeros(len(places)))
    slopes = np.stack([residuals(unit) - start for unit in np.eye(len(places))], axis=1)
    mean = np.linalg.lstsq(slopes, -start, rcond=None)[0]
    gaps = Gaps(model, values, constant)
    filled = gaps.filled()
    assert abs(filled[tuple(places.T)] - mean).max() < 1e-10
    known = ~np.isnan(values)
    assert same(filled[known], values[known])
    draws = gaps.draws(20_000, np.random.default_rng(1))[:, places[:, 0], places[:, 1]]
    covariance = np.linalg.inv(slopes.T @ slopes)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert abs((np.cov(draws.T) - covariance) / scale).max() < 0.05
    assert abs((draws.mean(axis=0) - mean) / np.sqrt(np.diag(covariance))).max() < 0.05


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("how", "share"), [("random", 0.05), ("random", 0.5), ("gaps", 0.2)])
def test_filled_inputs_are_nearer_than_held_or_mean_ones(channels, how, share):
    u = coloured(2000, 1, channels)
    x = holes(u, share, how, 2)
    missing = np.isnan(x)
    model = bt.InputModel(x)
    filled = model.fill(x)
    assert same(filled[~missing], x[~missing])
    assert model.missing.tolist() == missing.sum(axis=0).tolist()
    error = errors_of(u, filled, missing)
    assert error < 0.9 * min(errors_of(u, way(x), missing) for way in (with_mean, held))
    draws = model.draws(x, 100, seed=3)
    assert same(draws, model.draws(x, 100, seed=3)) and draws.shape == (100, *x.shape)
    inside = abs(filled - u)[missing] < 1.96 * draws.std(axis=0)[missing]
    assert 0.86 < inside.mean() < 0.99


def test_the_process_is_found():
    x = holes(coloured(4000, 1), 0.05, "random", 2)
    model = bt.InputModel(x, order=2)
    # The filter has a zero as well: the best of order 2 is near its poles.
    found = [model.net.weights[f"x.A{lag}"][0, 0] for lag in (1, 2)]
    assert abs(np.array(found) - [1.6, -0.68]).max() < 0.06
    assert model.deviation == pytest.approx([0.3], abs=0.02)
    assert bt.InputModel(x).order in (2, 4)


def test_every_second_value_is_enough():
    u = coloured(2000, 1)
    x = u.copy()
    x[1::2] = np.nan
    model = bt.InputModel(x)
    assert model.order > 0
    missing = np.isnan(x)
    assert errors_of(u, model.fill(x), missing) < 0.5 * errors_of(u, held(x), missing)


def test_other_channels_tell():
    random = np.random.default_rng(0)
    known = random.normal(size=(500, 1))
    u = np.hstack([known, 2 * known + 0.1 * random.normal(size=(500, 1)) + 7])
    x = u.copy()
    x[100:200, 1] = np.nan
    filled = bt.InputModel(x).fill(x)
    assert abs(filled - u)[:, 1].max() < 0.5


def test_a_sine_goes_on():
    u = 3 + np.sin(np.arange(400) / 7)
    x = u.copy()
    x[:4] = x[150:190] = x[390:] = np.nan
    filled = bt.InputModel(x).fill(x)[:, 0]
    assert abs(filled - u).max() < 0.02


# ---- Estimation


@pytest.mark.parametrize("kind", ["linear", "lnl"])
@pytest.mark.parametrize("how", ["random", "gaps"])
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_fits_are_better_than_with_imputed_inputs(kind, how, share):
    rows = []
    for seed in range(3):
        u, y, v, z = record(kind, seed)
        x = holes(u, share, how, seed)
        rows.append([error_of(kind, way, y, v, z) for way in (u, x, with_mean(x), held(x))])
    complete, model, mean, last = np.median(rows, axis=0)
    assert model < 0.1 * min(mean, last)
    assert model < 30 * complete


def test_without_missing_inputs_nothing_changes():
    u, y, _, _ = record("lnl", 0, steps=200)
    found = []
    for options in ({}, {"missing": "model"}, {"missing": "error"}):
        net = student("lnl")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            est = bt.Estimator(net, u, y, **options)
            trace = est.run(10, progress=False)
        assert est.input_model is None and trace.stages == []
        assert est.uncertainty().input_deviation is None
        found.append((net.get_weights(), trace.cost))
    for weights, cost in found[1:]:
        assert same(weights, found[0][0]) and same(cost, found[0][1])


def test_inputs_are_filled_as_the_model_says():
    random = np.random.default_rng(0)
    sequences = [coloured(steps, steps, 3) for steps in (200, 90, 300)]
    x = [item.copy() for item in sequences]
    x[0][:6, 0] = np.nan  # from the start
    x[0][50:60, 2] = np.nan
    x[2][random.random(300) < 0.1, 2] = np.nan
    y = [random.normal(size=(len(item), 1)) for item in x]
    net = bt.Network(3)
    net.lnl(2)
    net.linear(1)
    net.randomize(0)
    with pytest.warns(bt.BacktuneWarning, match=r"\(NaN\): 6 of channel 0, \d+ of channel 2"):
        est = bt.Estimator(net, x, y)
    assert est.input_model.channels.tolist() == [0, 2]
    filled = est.input_model.fill(x)
    assert same(filled[1], x[1])
    assert est.cost == bt.Estimator(net.copy(), filled, y).cost
    names = ["a", "b", "c"]
    tables = [pd.DataFrame(item, columns=names) for item in x]
    with pytest.warns(bt.BacktuneWarning, match="6 of channel 'a'"):
        other = bt.Estimator(net.copy(), tables, y)
    assert other.cost == est.cost
    table = other.input_model.fill(tables)[0]
    assert list(table.columns) == names and same(table.to_numpy(), filled[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bt.Estimator(net.copy(), x, y, missing="model")


def test_what_is_refused():
    u, y, _, _ = record("linear", 0, steps=100)
    net, x = student("linear"), u.copy()
    x[3:5] = np.nan
    with pytest.raises(bt.ArgumentError, match="2 of channel 0; expected none"):
        bt.Estimator(net, x, y, missing="error")
    with pytest.raises(bt.ArgumentError, match="missing: 'drop' came"):
        bt.Estimator(net, u, y, missing="drop")
    with pytest.raises(bt.ArgumentError, match="0 of 100 values of channel 0 are known"):
        bt.Estimator(net, u * np.nan, y)
    x[7] = np.inf
    with pytest.raises(bt.ArgumentError, match="inputs: sequence 0, time 7, channel 0 is inf"):
        bt.Estimator(net, x, y)
    both = u.copy()
    both[:2] = [[np.inf], [-np.inf]]
    with pytest.raises(bt.ArgumentError, match="inf"):
        bt.Estimator(net, both, y)
    with pytest.raises(bt.ArgumentError, match="nothing is missing"):
        bt.InputModel(u)
    wide = np.hstack([x[8:], x[8:]])
    wide[20:25, 1] = np.nan
    model = bt.InputModel(wide)
    wide[30, 0] = np.nan
    with pytest.raises(bt.ArgumentError, match="1 of channel 0; expected .* alone: channel 1"):
        model.fill(wide)
    with pytest.raises(bt.ArgumentError, match="count: 0"):
        model.draws(wide[:5], 0)
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match="NaN"):
        bt.RecurrentRegressor(units=2, unit="lnl", max_iter=2).fit(
            [np.where(u > 1, np.nan, u)], [y]
        )


def test_outputs_count_by_what_is_open():
    u, y, _, _ = record("linear", 1)
    x = holes(u, 0.2, "gaps", 1)
    est = bt.Estimator(student("linear"), x, y, missing="model")
    trace = est.run(60, progress=False)
    (words, first), *_ = trace.stages
    assert "weighed" in words and len(first) + len(trace) <= 62
    assert trace.nmse[-1] < 0.1 * first.nmse[-1]
    again = est.run(5, progress=False)
    assert again.stages == []
    # One value is not weighed by another criterion, whose weights are its own.
    huber = bt.Estimator(student("linear"), x, y, missing="model", criterion="huber")
    assert huber.run(20, progress=False).stages == []


def test_learnt_starts_validation_and_horizons():
    u, y, v, z = record("linear", 2, steps=400)
    x, w = holes(u, 0.1, "gaps", 1), holes(v, 0.1, "random", 2)
    est = bt.Estimator(student("linear"), [x[:200], x[200:]], [y[:200], y[200:]], missing="model",
                       initial="learn")  # fmt: skip
    trace = est.run(60, progress=False, validation=([w], [z]))
    assert trace.stages and est.initial_states.shape == (2, est.net.state_size)
    assert np.nanmin(trace.validation) < 0.02
    deviation = est.uncertainty().input_deviation
    assert len(deviation) == 2 and all(np.isfinite(item).all() for item in deviation)
    net = bt.Network(1)
    out = net.learnware(1, "out", bias=True).connect(net.input.lag(1))
    out.connect(out.measured().lag(1), "K")
    net.observe(out)
    predictor = bt.Estimator(net.randomize(0), x, y, horizon=1, missing="model")
    predictor.run(20, progress=False)
    spread = predictor.uncertainty().input_deviation[:, 0]
    # It reads one input, one step ago: what is missing is open there, and nowhere else.
    assert same(spread[1:] > 0, np.isnan(x[:-1, 0])) and spread[0] == 0


@pytest.mark.parametrize(
    ("stop", "options", "goes_on"),
    [
        ("tolerance", {"tolerance": 0.3}, True),
        ("iterations", {"max_iterations": 10}, True),
        ("target", {"target": 1e9}, False),
        ("callback", {"callback": lambda report: True}, False),
    ],
)
def test_ends_after_which_outputs_are_weighed(stop, options, goes_on):
    u, y, _, _ = record("linear", 0, steps=300)
    est = bt.Estimator(student("linear"), holes(u, 0.2, "gaps", 0), y, missing="model")
    trace = est.run(**{"max_iterations": 40, **options}, progress=False)
    first = trace.stages[0][1] if goes_on else trace
    assert first.stop == stop
    assert [words for words, _ in trace.stages] == ["before outputs were weighed"] * goes_on
    # Weighed, the same errors cost less.
    assert (trace.cost[0] < first.cost[-1]) == goes_on


@pytest.mark.parametrize("steps", [1, 3, 5, 7, 8])
@pytest.mark.parametrize("order", [2, 8])
def test_sequences_that_are_shorter_than_the_order(steps, order):
    u = coloured(600, 1, 2)
    x = u.copy()
    x[:, :1] = holes(u[:, :1], 0.1, "gaps", 1)
    short = u[:steps].copy()
    short[steps // 2, 0] = np.nan
    model, alone = bt.InputModel([x, short], order=order), bt.InputModel(x, order=order)
    for one in (model, alone):
        filled = one.fill([x, short])[1]
        assert same(filled[~np.isnan(short)], short[~np.isnan(short)])
        assert np.isfinite(filled).all() and np.isfinite(one.draws(short, 5)).all()
        if steps <= order:
            # No error of the model is known there: the mean of the channel.
            assert filled[steps // 2, 0] == pytest.approx(one.mean[0], abs=1e-12)


def test_fits_with_short_sequences():
    u, y, _, _ = record("linear", 0, steps=600)
    x = holes(u, 0.1, "random", 1)
    short = [u[:5].copy(), u[:3].copy()]
    short[0][2] = np.nan
    net = student("linear")
    est = bt.Estimator(net, [x, *short], [y, y[:5], y[:3]], missing="model")
    assert est.input_model.order > 2
    assert est.run(40, progress=False).nmse[-1] < 0.01
    report = est.uncertainty()
    assert report.input_deviation[1].max() > 0 and report.input_deviation[2].max() == 0
