"""The estimators for scikit-learn."""

import copy
import inspect
import pickle
import subprocess
import sys

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same

pytest.importorskip("sklearn")

from backtune.sklearn import EXPECTED_FAILED_CHECKS, RecurrentClassifier, RecurrentRegressor
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

_FAILED = (
    {"expected_failed_checks": lambda estimator: EXPECTED_FAILED_CHECKS}
    if "expected_failed_checks" in inspect.signature(parametrize_with_checks).parameters
    else {}
)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [
        RecurrentRegressor(),
        RecurrentRegressor(3, "lnl"),
        RecurrentRegressor(2, "gru", early_stopping=True),
        RecurrentClassifier(2),
        RecurrentClassifier(3, "lnl", early_stopping=True),
    ],
    **_FAILED,
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def plant(steps=300, seed=0, start=0.0):
    """Simulate a leaky bend of one input that forgets slowly: (X, y)."""
    random = np.random.default_rng(seed)
    u = np.repeat(random.normal(size=steps // 3 + 1), 3)[:steps]
    x, y = start, np.empty(steps)
    for t in range(steps):
        x = 0.95 * x + 0.3 * np.tanh(u[t] + 0.2 * x)
        y[t] = 50 + 10 * x
    return 4 + u.reshape(-1, 1), y


def walks(count=40, seed=0):
    """Draw sequences of unequal lengths that go up or down in the end."""
    random = np.random.default_rng(seed)
    X = [np.cumsum(random.normal(size=(n, 1)), axis=0) for n in random.integers(5, 15, count)]
    return X, np.array(["up" if item[-1] > item[0] else "down" for item in X])


def small(**options):
    return RecurrentRegressor(**{"units": 2, "max_iter": 30, "restarts": 0, **options})


@pytest.fixture(scope="module")
def recipe():
    return RecurrentRegressor(max_order=2).fit(*plant())


# ---- The recipe


def test_recipe_is_that_of_identify(recipe):
    X, y = plant()
    model = bt.identify(X, y, max_order=2, progress=False)
    assert same(recipe.network_.get_weights(), model.net.get_weights())
    assert recipe.report_.chosen.order == model.order and recipe.trace_ is None
    assert same(recipe.predict(X, y[:20]), model.simulate(X, y[:20])[:, 0])
    assert same(recipe.predict(X), model.simulate(X)[:, 0])
    assert recipe.predict(X).shape == y.shape


def test_recipe_refuses_what_it_has_no_use_for():
    X, y = plant(80)
    for options in ({"criterion": "l1"}, {"callback": print}, {"unit_options": {"leak": 0.5}}):
        with pytest.raises(bt.ArgumentError, match="give units"):
            RecurrentRegressor(**options).fit(X, y)


def test_short_records_get_a_linear_model():
    X, y = plant(30)
    model = RecurrentRegressor().fit(X, y)
    assert model.report_ is None and np.isfinite(model.predict(X)).all()
    assert list(model.network_.groups) == ["state_space.x", "state_space.y"]


# ---- The state at the start


def test_states_at_the_start():
    X, y = plant(400)
    model = RecurrentRegressor(max_order=2).fit(X[:300], y[:300])
    scores = {}
    for state in ("zero", "continue", "estimate"):
        model.set_params(initial_state=state)
        scores[state] = model.score(X[300:], y[300:])
    assert scores["continue"] > 0.999 and scores["estimate"] > 0.999
    assert scores["zero"] < scores["continue"]
    # In one go: the state at the end of fit is that before the rows that follow.
    whole = model.predict(X, y[:300])
    model.set_params(initial_state="continue")
    assert np.allclose(model.predict(X[300:]), whole[300:], rtol=1e-2)


@pytest.mark.parametrize("unit", ["lnl", "gru"])
def test_state_from_first_outputs(unit):
    X, y = plant(300)
    model = small(unit=unit, initial_state="estimate").fit(X, y)
    X, y = plant(100, seed=1, start=3.0)
    estimated = model.predict(X, y[:10])
    assert (
        abs(estimated - y)[:10].max()
        < 0.3 * abs(model.set_params(initial_state="zero").predict(X) - y)[:10].max()
    )
    # Only those given count, and none is no state.
    other = y.copy()
    other[10:] = 0
    assert same(model.predict(X, other[:10]), estimated)
    assert same(model.predict(X, np.full(10, np.nan)), model.predict(X))


def test_estimate_needs_outputs_and_scores_the_rest():
    X, y = plant(100)
    model = small(initial_state="estimate", n_initial=20).fit(X, y)
    with pytest.raises(bt.ArgumentError, match="first outputs are needed"):
        model.predict(X)
    residual = (model.predict(X, y[:20]) - y)[20:]
    expected = 1 - np.mean(residual**2) / np.var(y[20:])
    assert np.isclose(model.score(X, y), expected)


def test_first_outputs_are_checked(recipe):
    X, y = plant(60)
    for first, message in (
        (np.zeros((4, 2)), "2 outputs came, 1 in fit"),
        (np.zeros(61), "61 time steps, 60 in X"),
    ):
        with pytest.raises(bt.SizeError, match=message):
            recipe.predict(X, first)
    with pytest.raises(TypeError, match="array"):
        recipe.predict(X, 5)
    with pytest.raises(bt.SizeError, match="1 came for 2 sequences"):
        recipe.predict([X, X], [y])
    results = recipe.predict([X, X], [y[:9], y[:4]])
    assert np.allclose(results[1], recipe.predict(X, y[:4]))
    model = make_pipeline(StandardScaler(), small()).fit(X, y)
    assert not same(model.predict(X, y=y[:9]), model.predict(X))


def test_continue_needs_as_many_sequences(recipe):
    X, y = plant(60)
    model = small(initial_state="continue").fit([X, X[:40]], [y, y[:40]])
    assert [len(item) for item in model.predict([X, X[:5]])] == [60, 5]
    with pytest.raises(bt.ArgumentError, match="1 sequences came to continue the 2"):
        model.predict(X)


def test_zero_state_is_that_of_fit():
    u = np.random.default_rng(0).normal(size=(200, 1))
    net = bt.Network(1)
    h = net.lnl(2, activation="tanh", input_lag=0)
    net.linear(1, sources=[h.lag(0), net.input.lag(0)])
    y = net.randomize(3).simulate(u)[:, 0]
    model = RecurrentRegressor(2, alpha=0).fit(u, y)
    assert model.score(u, y) > 0.9999


# ---- Forecasts


@pytest.fixture(scope="module")
def waves():
    t = np.arange(240)
    return np.column_stack([np.sin(t / 5), 2 + np.cos(t / 5)])


def test_next_step_and_free_run(waves):
    X, y = waves[:199], waves[1:200]
    model = RecurrentRegressor(3, alpha=1e-8, initial_state="continue").fit(X, y)
    assert abs(model.set_params(initial_state="zero").predict(X) - y)[20:].max() < 0.01
    forecast = model.predict(X, horizon=40)
    assert forecast.shape == (40, 2) and abs(forecast - waves[199:239]).max() < 0.2
    # Where fit ended, the next input is its last target.
    after = model.predict(horizon=40)
    assert after.shape == (40, 2) and abs(after - waves[200:240]).max() < 0.2
    assert np.allclose(model.predict(X, horizon=1), model.predict(X)[-1:])
    both = model.predict([X, X[:50]], horizon=5)
    assert np.allclose(both[0], forecast[:5]) and np.allclose(both[1], waves[50:55], atol=0.2)


def test_forecast_of_one_series(waves):
    model = small(initial_state="continue").fit(waves[:-1, :1], waves[1:, 0])
    assert model.predict(horizon=7).shape == (7,)
    with pytest.raises(bt.ArgumentError, match="cannot be the next 2 inputs"):
        small().fit(waves, waves[:, 0]).predict(waves, horizon=3)
    with pytest.raises(bt.ArgumentError, match="horizon: 0"):
        model.predict(horizon=0)
    with pytest.raises(bt.ArgumentError, match="X: None"):
        model.predict()


# ---- Data


def test_lists_and_their_forms():
    pairs = [plant(60, seed=1), plant(90, seed=2)]
    X, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    model = small().fit(X, y)
    results = model.predict(X)
    assert [item.shape for item in results] == [(60,), (90,)]
    assert np.allclose(model.predict(X[1]), results[1])
    boxed = np.empty(2, dtype=object)
    boxed[:] = X
    targets = np.empty(2, dtype=object)
    targets[:] = y
    assert same(small().fit(boxed, targets).predict(X)[1], results[1])
    assert same(small().fit(tuple(X), [v.tolist() for v in y]).predict(X)[1], results[1])
    assert model.score(X, y) > 0.9
    block = np.stack([X[0], X[1][:60]])
    assert small().fit(block, np.stack([y[0], y[1][:60]])).predict(block)[1].shape == (60,)


def test_frames():
    X, y = plant(80)
    frame = pd.DataFrame(X, columns=["voltage"])
    model = small().fit(frame, pd.Series(y))
    assert model.feature_names_in_.tolist() == ["voltage"]
    assert same(model.predict(frame), small().fit(X, y).predict(X))


def test_several_outputs_and_missing_values():
    X, y = plant(200)
    both = np.column_stack([y, -y])
    both[3:190:3, 1] = np.nan
    model = small().fit(X, both)
    assert model.predict(X).shape == (200, 2) and model.n_outputs_ == 2
    assert np.allclose(model.predict(X).sum(axis=1), 0, atol=2)
    assert model.score(X, both) > 0.9
    assert small().fit(X, y[:, None]).predict(X).shape == (200, 1)


def test_constant_columns():
    X, y = plant(100)
    X = np.column_stack([X, np.full(100, 7.0)])
    for model in (small(), RecurrentRegressor(max_order=1)):
        assert np.isfinite(model.fit(X, y).predict(X)).all()
        assert np.allclose(model.fit(X, np.full(100, 3.0)).predict(X), 3)


def test_weights_are_gains():
    X, y = plant(120)
    wild = y.copy()
    wild[::5] = 1e4
    keep = np.ones(120)
    keep[::5] = 0
    holes = np.where(keep > 0, y, np.nan)
    for make in (small, lambda: RecurrentRegressor(max_order=1)):
        expected = make().fit(X, holes).predict(X)
        assert np.allclose(make().fit(X, wild, keep).predict(X), expected)
        assert np.allclose(make().fit([X], [wild], [keep]).predict([X])[0], expected)
    # One weight a sequence.
    other = small().fit([X, X], [y, wild], [1, 0]).predict(X)
    assert np.allclose(other, small().fit(X, y).predict(X), atol=1e-6)


def test_washout():
    X, y = plant(120)
    wild = y.copy()
    wild[:30] = 1e4
    assert same(small(washout=30).fit(X, wild).predict(X), small(washout=30).fit(X, y).predict(X))


# ---- Units


@pytest.mark.parametrize(
    "unit", ["sparse_lnl", "linear", "lstm", "gru", "strongly_typed", "state_space", "reservoir"]
)
def test_units(unit):
    X, y = plant(150)
    model = small(unit=unit, units={"reservoir": 30, "sparse_lnl": 8}.get(unit, 2)).fit(X, y)
    assert model.score(X, y) > 0.3
    assert same(copy.deepcopy(model).predict(X), model.predict(X))


def two_layers(net, units, leak=None):
    below = net.lnl(units, activation="tanh", leak=leak, input_lag=0)
    return net.lnl(units, "above", activation="tanh", sources=[bt.SELF.lag(1), below.lag(0)])


def test_unit_of_ones_own():
    X, y = plant(150)
    model = small(unit=two_layers, unit_options={"leak": "adjust"}).fit(X, y)
    assert "above.x" in model.network_.groups and "lnl.x1.g" in model.network_.weights
    with pytest.raises(TypeError, match="expected a group"):
        small(unit=lambda net, units: None).fit(X, y)
    with pytest.raises(bt.ArgumentError, match="lnl"):
        small(unit="no such").fit(X, y)


# ---- Training


def test_early_stopping():
    X, y = plant(120)
    noisy = y + np.random.default_rng(0).normal(size=120)
    model = RecurrentRegressor(6, alpha=0, max_iter=60, early_stopping=True, n_iter_no_change=5)
    model.fit(X, noisy)
    errors = model.validation_errors_
    assert errors[model.n_iter_ - 1] == min(errors) and len(errors) < 60
    # What was held out took no part.
    other = noisy.copy()
    other[90:] = np.nan
    with pytest.raises(bt.ArgumentError, match="validation part"):
        clone(model).fit(X, other)
    X, labels = walks()
    classifier = RecurrentClassifier(2, early_stopping=True).fit(X, labels)
    assert len(classifier.validation_errors_) >= classifier.n_iter_
    assert classifier.score(X, labels) > 0.8


def test_callback():
    X, y = plant(80)
    reports = []
    small(callback=reports.append).fit(X, y)
    assert [report.iteration for report in reports] == list(range(1, len(reports) + 1))
    assert small(callback=lambda report: report.iteration == 3).fit(X, y).n_iter_ == 3


class Stop(Exception):
    pass


def stop(report):
    raise Stop


def test_a_fit_that_fails_leaves_what_was():
    X, y = plant(80)
    fresh = small(callback=stop)
    with pytest.raises(Stop):
        fresh.fit(X, y)
    assert set(vars(fresh)) == set(fresh.get_params())
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    model = small().fit(X, y)
    before, expected = dict(vars(model)), model.predict(X)
    model.callback = stop
    wide = np.column_stack([X, X])
    for call in (
        lambda: model.fit(wide, np.column_stack([y, y])),
        lambda: model.partial_fit(X, y),
        lambda: model.fit(wide, y[:10]),
        lambda: model.fit(X * np.nan, y),
    ):
        with pytest.raises((Stop, ValueError)):
            call()
    model.callback = None
    assert vars(model) == before and same(model.predict(X), expected)


def interrupt(report):
    raise KeyboardInterrupt


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupted(early_stopping):
    model = small(callback=interrupt, early_stopping=early_stopping)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*plant(80))
    assert not hasattr(model, "network_") and not hasattr(model, "n_features_in_")


def test_partial_fit_goes_on():
    X, y = plant(200)
    model = small(max_iter=3).partial_fit(X, y)
    first = model.score(X, y)
    scale = model.y_mean_
    for _ in range(5):
        model.partial_fit(X, y)
    assert model.score(X, y) > first and same(model.y_mean_, scale)
    assert model.network_.weights["lnl.x2.W"].shape == (2, 2)
    again = RecurrentRegressor(max_order=1, initial_state="estimate")
    again.partial_fit(X[:100], y[:100]).partial_fit(X, y)
    assert again.report_ is not None and again.score(X, y) > 0.9
    with pytest.raises(bt.SizeError, match="2 outputs came, 1 in fit"):
        model.partial_fit(X, np.column_stack([y, y]))


def test_warm_start():
    X, y = plant(200)
    cold, warm = (small(max_iter=2, warm_start=flag) for flag in (False, True))
    for model in (cold, warm):
        first = model.fit(X, y).score(X, y)
        model.fit(X, y)
    assert cold.score(X, y) == first < warm.score(X, y)
    # Another network starts anew.
    warm.set_params(units=3).fit(X, y)
    assert warm.network_.weights["lnl.x2.W"].shape == (3, 3)


def test_seeds():
    X, y = plant(80)
    draws = [small(random_state=seed).fit(X, y).predict(X) for seed in (1, 1, 2)]
    assert same(draws[0], draws[1]) and not same(draws[0], draws[2])
    a, b = (small(random_state=np.random.RandomState(5)).fit(X, y).predict(X) for _ in "ab")
    assert same(a, b)


def test_restarts():
    X, y = plant(80)
    assert len(small(restarts=3, max_iter=60).fit(X, y).trace_.restarts) > 1
    assert len(small(restarts=0).fit(X, y).trace_.restarts) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial_state": "no"}, "initial_state: 'no' came, expected 'zero'"),
        ({"max_iter": 0}, "max_iter: 0"),
        ({"alpha": -1}, "alpha: -1"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"washout": 80}, "no known value"),
        ({"criterion": "no"}, "no"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(bt.ArgumentError, match=message):
        small(**options).fit(*plant(80))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: ([X, X], [y]), "y: 1 came for 2 sequences"),
        (lambda X, y: ([X, X * np.nan], [y, y]), r"X\[1\]: .*NaN"),
        (lambda X, y: ([X, np.column_stack([X, X])], [y, y]), r"X\[1\]: X has 2 features"),
        (lambda X, y: ([X, X], [y, y[:9]]), "y of sequence 1: 9 time steps, 80"),
        (lambda X, y: (X, None), "requires y"),
        (lambda X, y: (X, y, np.full(80, -1)), "negative"),
        (lambda X, y: ([X, X], [y, np.column_stack([y, y])]), "different numbers of outputs"),
    ],
)
def test_bad_data(change, message):
    with pytest.raises(ValueError, match=message):
        small().fit(*change(*plant(80)))


# ---- With scikit-learn


def test_time_series_split():
    X, y = plant(240)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), small(initial_state="continue")),
        {"recurrentregressor__units": [1, 2]},
        cv=TimeSeriesSplit(3),
        n_jobs=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.9 and search.predict(X).shape == (240,)
    # Each test part follows its training part: the state is handed on.
    zero = cross_val_score(small(), X, y, cv=TimeSeriesSplit(3))
    handed = cross_val_score(small(initial_state="continue"), X, y, cv=TimeSeriesSplit(3))
    assert handed.mean() > zero.mean()
    estimated = small(initial_state="estimate")
    assert cross_val_score(estimated, X, y, cv=TimeSeriesSplit(3)).min() > 0.9


def test_searches_over_lists():
    pairs = [plant(40, seed) for seed in range(6)]
    X, y = [pair[0] for pair in pairs], [pair[1][:40] for pair in pairs]
    search = GridSearchCV(small(), {"alpha": [1e-4, 1e-2]}, cv=KFold(3), error_score="raise")
    assert search.fit(X, y).best_score_ > 0.5
    X, labels = walks()
    search = GridSearchCV(
        RecurrentClassifier(2), {"alpha": [1e-3, 1e-2]}, cv=2, error_score="raise"
    )
    assert search.fit(X, labels).best_score_ > 0.6
    steps = [np.where(item[:, 0] > 0, "high", "low") for item in X]
    search = GridSearchCV(RecurrentClassifier(2), {"alpha": [1e-3]}, cv=2, error_score="raise")
    assert search.fit(X, steps).best_score_ > 0.9


def test_kept(recipe):
    X, y = plant()
    for model in (recipe, small().fit(X, y), RecurrentClassifier(1).fit(X, y > 50)):
        read = pickle.loads(pickle.dumps(model))
        assert same(read.predict(X), model.predict(X))
        assert clone(model).get_params() == model.get_params()


# ---- Classification


def test_label_of_each_sequence():
    X, labels = walks()
    model = RecurrentClassifier(2).fit(X, labels)
    assert model.per_sequence_ and model.classes_.tolist() == ["down", "up"]
    more, expected = walks(seed=1)
    assert model.score(more, expected) > 0.8
    proba = model.predict_proba(more)
    assert proba.shape == (40, 2) and np.allclose(proba.sum(axis=1), 1)
    assert np.allclose(np.exp(model.predict_log_proba(more)), proba)
    with pytest.raises(bt.ArgumentError, match="a list of sequences"):
        model.predict(more[0])
    with pytest.raises(bt.ArgumentError, match="start from 'zero'"):
        RecurrentClassifier(initial_state="continue").fit(X, labels)
    with pytest.raises(bt.ArgumentError, match="'zero' or 'continue'"):
        RecurrentClassifier(initial_state="estimate").fit(X, labels)


def test_label_of_each_step():
    X, _ = walks(seed=2)
    labels = [(item[:, 0] > 0).astype(int) for item in X]
    model = RecurrentClassifier(2).fit(X, labels)
    assert not model.per_sequence_ and model.score(X, labels) > 0.95
    assert [len(item) for item in model.predict(X)] == [len(item) for item in X]
    assert model.predict_proba(X)[3].shape == (len(X[3]), 2)
    assert model.predict_log_proba(X)[3].max() <= 0
    weights = [np.ones(len(item)) for item in X]
    assert model.score(X, labels, weights) == model.score(X, labels)
    assert model.predict(X[0]).shape == (len(X[0]),)
    with pytest.raises(bt.ArgumentError, match="cannot follow"):
        model.partial_fit(X, [0] * len(X))
    with pytest.raises(bt.SizeError, match=r"y\[0\]: 1 labels"):
        model.fit(X, [[1]] * len(X))


def test_memory_over_steps():
    bits = np.random.default_rng(0).integers(0, 2, 400)
    labels = np.concatenate([[0], bits[:-1]])
    model = RecurrentClassifier(3, alpha=1e-4, initial_state="continue")
    model.fit(bits[:300, None], labels[:300])
    assert model.score(bits[300:, None], labels[300:]) > 0.95


def test_partial_fit_of_classes():
    X, labels = walks()
    model = RecurrentClassifier(2).partial_fit(X[:5], labels[:5], classes=["down", "up", "flat"])
    assert model.classes_.tolist() == ["down", "flat", "up"]
    assert model.partial_fit(X, labels).score(X, labels) > 0.8
    with pytest.raises(bt.ArgumentError, match="labels other than"):
        model.partial_fit(X, ["left"] * len(X))


# ---- Without scikit-learn


def test_without_scikit_learn(python):
    code = """
import sys
sys.modules["sklearn"] = None
import backtune as bt
assert "RecurrentRegressor" in dir(bt)
for name in ("RecurrentRegressor", "RecurrentClassifier"):
    try:
        getattr(bt, name)
    except ImportError as error:
        assert "backtune[sklearn]" in str(error)
    else:
        raise AssertionError
"""
    python(code)


def test_scikit_learn_is_loaded_when_asked_for(python):
    code = "import sys, backtune; print('sklearn' in sys.modules); backtune.RecurrentRegressor"
    assert python(code + "; print('sklearn' in sys.modules)").split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'Recurrent'"):
        bt.Recurrent  # noqa: B018


def test_example(root):
    program = root / "examples" / "japanese_vowels.py"
    if not program.is_file():
        pytest.skip("not in the source tree")
    result = subprocess.run(
        [sys.executable, program, "--data", "/nowhere"], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0 and "no data in /nowhere" in result.stdout
