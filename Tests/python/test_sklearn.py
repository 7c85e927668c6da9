"""The estimators for scikit-learn: its checks and tools, the recipe."""

import inspect
import pickle
import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from conftest import later, same
from sklearn_cases import plant, small, walks

pytest.importorskip("sklearn")

from backtune.sklearn import EXPECTED_FAILED_CHECKS, RecurrentClassifier, RecurrentRegressor
from sklearn.base import clone
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


# ---- The recipe


def test_recipe_is_that_of_identify(recipe):
    X, y = plant()
    model = bt.identify(X, y, max_order=2, progress=False)
    assert same(recipe.network_.get_weights(), model.net.get_weights())
    assert recipe.report_.chosen.order == model.order and recipe.trace_ is None
    assert same(recipe.predict(X, y[:20]), model.simulate(X, y[:20])[:, 0])
    assert same(recipe.predict(X), model.simulate(X)[:, 0])
    assert recipe.predict(X).shape == y.shape
    assert recipe.model_.net is recipe.network_
    assert same(recipe.predict(X[:50] + 1), model.simulate(X[:50] + 1)[:, 0])


@later
def test_record_that_starts_away_from_rest():
    """The start of the record is learnt: `fit(u, y).score(u, y)` is that of the fit."""
    u = np.random.default_rng(1).normal(size=(300, 1))
    y = np.zeros(300)
    y[0] = 20
    for t in range(1, 300):
        y[t] = 0.9 * y[t - 1] + u[t, 0] ** 2
    model = RecurrentRegressor(max_order=1).fit(u, y)
    assert model.score(u, y) > 0.999
    # Of a part that begins anywhere the start is not known: it is one that the record had.
    assert cross_val_score(model, u, y, cv=KFold(3)).min() > 0.3
    model.set_params(initial="estimate")
    assert cross_val_score(model, u, y, cv=KFold(3)).min() > 0.9


def test_recipe_refuses_what_it_has_no_use_for():
    X, y = plant(80)
    for options in ({"criterion": "l1"}, {"unit_options": {"leak": 0.5}}):
        with pytest.raises(bt.ArgumentError, match="give units"):
            RecurrentRegressor(**options).fit(X, y)


def test_short_records_get_a_linear_model():
    X, y = plant(30)
    model = RecurrentRegressor().fit(X, y)
    assert model.report_ is None and np.isfinite(model.predict(X)).all()
    assert list(model.network_.groups) == ["state_space.x", "state_space.y"]


# ---- With scikit-learn


def test_time_series_split():
    X, y = plant(240)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), small(initial="continue")),
        {"recurrentregressor__units": [1, 2]},
        cv=TimeSeriesSplit(3),
        n_jobs=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.9 and search.predict(X).shape == (240,)
    # Each test part follows its training part: the state is handed on.
    zero = cross_val_score(small(), X, y, cv=TimeSeriesSplit(3))
    handed = cross_val_score(small(initial="continue"), X, y, cv=TimeSeriesSplit(3))
    assert handed.mean() > zero.mean()
    estimated = small(initial="estimate")
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
