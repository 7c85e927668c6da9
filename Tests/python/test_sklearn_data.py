"""The estimators for scikit-learn: forms of data, units, classes."""

import copy

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same
from sklearn_cases import plant, small, walks

pytest.importorskip("sklearn")

from backtune.sklearn import RecurrentClassifier, RecurrentRegressor

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
        RecurrentClassifier(initial="continue").fit(X, labels)
    with pytest.raises(bt.ArgumentError, match="'zero' or 'continue'"):
        RecurrentClassifier(initial="estimate").fit(X, labels)


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
    model = RecurrentClassifier(3, alpha=1e-4, initial="continue")
    model.fit(bits[:300, None], labels[:300])
    assert model.score(bits[300:, None], labels[300:]) > 0.95


def test_partial_fit_of_classes():
    X, labels = walks()
    model = RecurrentClassifier(2).partial_fit(X[:5], labels[:5], classes=["down", "up", "flat"])
    assert model.classes_.tolist() == ["down", "flat", "up"]
    assert model.partial_fit(X, labels).score(X, labels) > 0.8
    with pytest.raises(bt.ArgumentError, match="labels other than"):
        model.partial_fit(X, ["left"] * len(X))
