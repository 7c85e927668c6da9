"""Estimators for scikit-learn: options, class weights, forecasts, short sequences."""

import backtune as bt
import numpy as np
import pytest
from sklearn.base import clone


def series(steps=200):
    return np.sin(0.3 * np.arange(steps))[:, None]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("alpha", -1, "a finite number of 0 or more"),
        ("alpha", np.nan, "a finite number of 0 or more"),
        ("alpha", None, "a finite number of 0 or more"),
        ("validation_fraction", 1.0, "0 to below 1"),
        ("max_iter", 0, "a whole number, 1 or more"),
        ("max_iter", 2.5, "a whole number, 1 or more"),
        ("max_iter", np.nan, "a whole number, 1 or more"),
        ("units", 0, "a whole number, 1 or more"),
        ("restarts", -1, "'auto' or a whole number"),
        ("restarts", "many", "'auto' or a whole number"),
        ("early_stopping", "yes", "True or False"),
    ],
)
@pytest.mark.parametrize("kind", [bt.RecurrentRegressor, bt.RecurrentClassifier])
def test_options_are_named_with_what_is_allowed(kind, name, value, allowed):
    x = series(60)
    with pytest.raises(bt.ArgumentError) as caught:
        kind(**{name: value}).fit(x, (x[:, 0] > 0).astype(int))
    text = str(caught.value)
    assert text.startswith(f"{name}: {value!r} came, expected") and allowed in text


_NONE_IS_ALLOWED = {
    *("unit_options", "method", "class_weight", "random_state", "callback", "n_jobs"),
}
_CASES = [
    (kind, name, value)
    for kind in (bt.RecurrentRegressor, bt.RecurrentClassifier)
    for name in kind().get_params()
    for value in (None, float("nan"), -1, "x")
    # All processors; and what `initial` was called.
    if (name, value) != ("n_jobs", -1) and name != "initial_state"
]


@pytest.mark.parametrize(("kind", "name", "value"), _CASES)
@pytest.mark.parametrize("recipe", [False, True])
def test_every_option_is_checked(kind, name, value, recipe):
    x = series(60)
    regressor = kind is bt.RecurrentRegressor
    options = {"max_iter": 2, **({"units": 2} if regressor and not recipe else {}), name: value}
    model = kind(**options)
    allowed = _NONE_IS_ALLOWED | ({"units", "unit", "max_order"} if regressor else set())
    if value is None and name in allowed:
        assert model.fit(x, (x[:, 0] > 0).astype(int)).predict(x).shape == (60,)
        return
    with pytest.raises(bt.ArgumentError) as caught:
        model.fit(x, (x[:, 0] > 0).astype(int))
    text = str(caught.value)
    assert text.startswith((f"{name}: {value!r} came, expected ", f"{name} {value!r}: unknown, "))
    assert "expected" in text and not hasattr(model, "network_")


def test_forecast_needs_targets_that_were_the_next_inputs():
    x = series()
    model = bt.RecurrentRegressor(2, "linear").fit(x[:-1], x[1:])
    expected = np.sin(0.3 * np.arange(200, 210))[:, None]
    np.testing.assert_allclose(model.forecast(x, steps=10), expected, atol=0.05)
    u = np.random.default_rng(0).normal(size=(200, 1))
    y = np.convolve(u[:, 0], 0.5 ** np.arange(40))[:200]
    outside = bt.RecurrentRegressor(2, "linear").fit(u, y)
    for arguments in ((), (u,)):
        with pytest.raises(bt.ArgumentError, match=r"predict\(X_past_and_future, y_past\)"):
            outside.forecast(*arguments, steps=5)
    forecast = outside.predict(u, y[:100])
    np.testing.assert_allclose(forecast[100:], y[100:], atol=0.05)


def test_rare_class():
    rng = np.random.default_rng(0)
    u = rng.normal(size=(2000, 2))
    y = np.where(u[:, 0] + 0.5 * rng.normal(size=2000) > 1.85, "rare", "common")
    recalls = {}
    for weight in (None, "balanced", {"rare": 20.0}):
        model = bt.RecurrentClassifier(2, class_weight=weight, max_iter=30).fit(u[:1000], y[:1000])
        rare = y[1000:] == "rare"
        recalls[str(weight)] = (model.predict(u[1000:])[rare] == "rare").mean()
    assert (y == "rare").mean() < 0.07
    assert recalls["balanced"] > 0.8 and recalls[str({"rare": 20.0})] > 0.8
    assert recalls["None"] < 0.7
    assert clone(model).class_weight == {"rare": 20.0}


def test_balanced_is_the_same_as_weights_by_hand():
    u = np.random.default_rng(1).normal(size=(120, 1))
    y = (u[:, 0] > 1).astype(int)
    counts = np.bincount(y)
    hand = (120 / (2 * counts))[y]
    a = bt.RecurrentClassifier(2, class_weight="balanced", max_iter=5).fit(u, y)
    b = bt.RecurrentClassifier(2, max_iter=5).fit(u, y, sample_weight=hand)
    np.testing.assert_array_equal(a.predict_proba(u), b.predict_proba(u))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("equal", "class_weight: 'equal' came"),
        ({7: 1.0}, "class_weight: class 7, expected one of"),
        ({1: -1.0}, "class_weight: -1.0 of class 1"),
        ({1: np.nan}, "class_weight: nan of class 1"),
    ],
)
def test_class_weight_is_checked(given, text):
    x = series(60)
    with pytest.raises(bt.ArgumentError) as caught:
        bt.RecurrentClassifier(2, class_weight=given).fit(x, (x[:, 0] > 0).astype(int))
    assert text in str(caught.value)


def records(lengths):
    rng = np.random.default_rng(2)
    net = bt.Network(1)
    net.linear(1)
    net.set_weights(np.array([0.0, 0.8, 1.0])[: net.get_weights().size])
    u = [rng.normal(size=(length, 1)) for length in lengths]
    return u, [net.simulate(item)[:, 0] for item in u]


def test_short_sequences_are_used_with_long_ones():
    u, y = records([100, 100, 100, 7])
    model = bt.RecurrentRegressor(max_order=2).fit(u, y)
    assert model.report_ is not None and model.score(u, y) > 0.999
    assert len(model.final_states_) == 4 and len(model.model_.members[0].starts) == 4
    assert model.score(u[3:], y[3:]) > 0.99


def test_short_sequences_alone_are_enough():
    u, y = records([7] * 30)
    model = bt.RecurrentRegressor(max_order=2).fit(u, y)
    assert model.report_ is not None and model.score(u, y) > 0.99
    more = records([7] * 5)
    assert model.score(more[0], more[1]) > 0.99


def test_number_of_jobs_and_callback_are_those_of_identify():
    u, y = records([120])
    told = []

    def end(report):
        told.append(report)
        return len(told) == 12

    model = bt.RecurrentRegressor(max_order=2, n_jobs=1, callback=end).fit(u, y)
    assert 12 <= len(told) < 15 and model.report_.interrupted == "callback"
    assert np.isfinite(model.predict(u[0])).all()
    for jobs in (1, 2):
        model = bt.RecurrentRegressor(max_order=1, n_jobs=jobs).fit(u, y)
        expected = bt.identify(u, y, max_order=1, progress=False).simulate(u[0])[:, 0]
        np.testing.assert_array_equal(model.predict(u[0]), expected)
    with pytest.raises(ZeroDivisionError):
        bt.RecurrentRegressor(callback=lambda report: 1 / 0).fit(u, y)
