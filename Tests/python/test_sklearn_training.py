"""The estimators for scikit-learn: early stopping, callbacks, failures, seeds, bad arguments."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from sklearn_cases import plant, small, walks

pytest.importorskip("sklearn")

from backtune.sklearn import RecurrentClassifier, RecurrentRegressor
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

# ---- Training


def test_early_stopping():
    X, y = plant(120)
    noisy = y + np.random.default_rng(0).normal(size=120)
    model = RecurrentRegressor(6, alpha=0, max_iter=60, early_stopping=True, n_iter_no_change=5)
    model.fit(X, noisy)
    errors = model.validation_errors_
    assert errors[model.n_iter_ - 1] == min(errors) and len(errors) < 60
    # The last part of what is observed is held out: as if the rest were cut off.
    other = noisy.copy()
    other[90:] = np.nan
    padded, cut = clone(model).fit(X, other), clone(model).fit(X[:90], noisy[:90])
    assert np.allclose(padded.validation_errors_[:3], cut.validation_errors_[:3], rtol=1e-6)
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
    again = RecurrentRegressor(max_order=1, initial="estimate")
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
    assert len(small(restarts=3, max_iter=60).fit(X, y).trace_.draw_costs) > 1
    assert len(small(restarts=0).fit(X, y).trace_.draw_costs) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": "no"}, "initial: 'no' came, expected 'zero'"),
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
        (lambda X, y: ([X, X[:9]], [y, y]), "y of sequence 1: 80 time steps, 9"),
        (lambda X, y: (X, None), "requires y"),
        (lambda X, y: (X, y, np.full(80, -1)), "negative"),
        (lambda X, y: ([X, X], [y, np.column_stack([y, y])]), "different numbers of outputs"),
    ],
)
def test_bad_data(change, message):
    with pytest.raises(ValueError, match=message):
        small().fit(*change(*plant(80)))
