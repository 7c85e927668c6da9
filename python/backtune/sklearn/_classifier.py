"""Classification of sequences, or of their time steps: `RecurrentClassifier`."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any, Callable, Literal, Union

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from .._engine.errors import ArgumentError
from .._engine.types import Array, DataLike, Flags, Places
from ..estimation.trace import Report
from ..networks.group import Group
from ._base import RecurrentEstimator
from ._label_forms import read_labels
from ._options import seed_of
from ._sequences import check_target, read_inputs, read_weights
from ._tables import aligned
from ._training import Task

_LEAST = 1e-300
ClassWeight = Union[Mapping[str, float], Mapping[int, float], Literal["balanced"], None]


class RecurrentClassifier(ClassifierMixin, RecurrentEstimator):
    """A recurrent network with a softmax readout for scikit-learn, trained by cross-entropy.

    For X of shape (T, M), y is (T,), a label for each time step. For a list of such, y is a list
    or array of as many labels, one for each sequence, which is read off at its last step; or a list
    of arrays (T,), a label for each step. Labels are texts, whole numbers or truth
    values, none missing; a column (n, 1) is taken as (n,) with a DataConversionWarning. One-hot
    rows are an error: their labels are ``y.argmax(axis=1)``.

    Parameters
    ----------
    units : int
        Number of nodes.
    unit, unit_options
        As in `RecurrentRegressor`.
    alpha : float
        Ridge on the weights per label, inputs being in deviations.
    initial : {"zero", "continue"}
        The state at the start of `predict`: zero, or, with a label for each step, that at the end
        of `fit`. With "continue" each sequence of `fit` has a learnt initial state.
    method, restarts : optional
        As in `Estimator`.
    class_weight : dict, "balanced" or None
        How much each label counts, by class, 1 for those that are not named; "balanced": each class
        as much as any other, by its number in y. They multiply `sample_weight`.
    max_iter, early_stopping, validation_fraction, n_iter_no_change, warm_start, random_state, \
callback, verbose
        As in `RecurrentRegressor`; where each sequence has one label, whole sequences of every
        class are held out.

    Attributes
    ----------
    classes_ : array
        The labels, sorted: the columns of `predict_proba`.
    per_sequence_ : bool
        Whether each sequence has one label.
    network_, trace_, validation_errors_, final_states_, n_iter_, n_features_in_
        As in `RecurrentRegressor`; errors are cross-entropies.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(40, 12, 1))
    >>> X = [np.cumsum(walk, axis=0) for walk in draws]
    >>> y = ["up" if walk[-1] > walk[0] else "down" for walk in X]
    >>> model = bt.RecurrentClassifier(units=2).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    """

    _softmax = True

    def __init__(
        self,
        units: int = 4,
        unit: str | Callable[..., Group] = "gru",
        *,
        unit_options: Mapping[str, object] | None = None,
        alpha: float = 1e-3,
        initial: str = "zero",
        method: str = "auto",
        restarts: int | str = 0,
        class_weight: ClassWeight = None,
        max_iter: int = 50,
        early_stopping: bool = False,
        validation_fraction: float = 0.25,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = 0,
        callback: Callable[[Report], object] | None = None,
        verbose: bool = False,
        initial_state: str | None = None,
    ) -> None:
        self.units = units
        self.unit = unit
        self.unit_options = unit_options
        self.alpha = alpha
        self.initial = initial
        self.method = method
        self.restarts = restarts
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state
        self.callback = callback
        self.verbose = verbose
        self.initial_state = initial_state

    def partial_fit(
        self,
        X: DataLike,
        y: DataLike | None,
        classes: ArrayLike | None = None,
        sample_weight: DataLike | None = None,
    ) -> RecurrentClassifier:
        """Go on from the weights as they are, on these data alone; `fit` where there are none.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that there will be: needed in the first call, where not all are in y.

        Returns
        -------
        RecurrentClassifier
            Itself.
        """
        with self._whole():
            self._fit(X, y, sample_weight, self.__sklearn_is_fitted__(), classes)
        return self

    def predict_proba(self, X: DataLike) -> Any:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array of shape (T, M), or list of such

        Returns
        -------
        array of shape (sequences, K)
            Where each sequence has one label; otherwise (T, K), or a list of such.
        """
        u, listed = self._read(X)
        if self.per_sequence_ and not listed:
            raise ArgumentError("X: one array came, expected a list of sequences as in fit")
        outputs = self.network_.simulate(u, self._starts(X, u))
        if self.per_sequence_:
            return np.stack([item[-1] for item in outputs])
        return outputs if listed else outputs[0]

    def predict_log_proba(self, X: DataLike) -> Any:
        """Return the logarithms of `predict_proba`."""
        result = self.predict_proba(X)
        if isinstance(result, list):
            return [np.log(np.maximum(item, _LEAST)) for item in result]
        return np.log(np.maximum(result, _LEAST))

    def predict(self, X: DataLike) -> Any:
        """Return the most probable label of each sequence, or of each time step."""
        result = self.predict_proba(X)
        if isinstance(result, list):
            return [self.classes_[item.argmax(axis=1)] for item in result]
        return self.classes_[result.argmax(axis=1)]

    def score(
        self, X: DataLike, y: DataLike | None, sample_weight: DataLike | None = None
    ) -> float:
        """Return the part of the labels that are right, by weight."""
        check_is_fitted(self)
        check_target(self, y)
        predicted, y = self.predict(X), aligned(X, y, complete=True)
        sample_weight = aligned(X, sample_weight, True, "sample_weight")
        listed = self.per_sequence_ or isinstance(predicted, list)
        parts = predicted if isinstance(predicted, list) else [predicted]
        lengths = [2] * len(predicted) if self.per_sequence_ else [len(item) for item in parts]
        labels, per_sequence = read_labels(y, lengths, listed)
        if per_sequence != self.per_sequence_:
            raise ArgumentError(
                "y: labels of sequences came for labels of steps, or steps for sequences"
            )
        y = np.concatenate(labels)
        if isinstance(predicted, list):
            weights = read_weights(sample_weight, lengths, True)
            sample_weight = None if weights is None else np.concatenate(weights)
            predicted = np.concatenate(predicted)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    # ---- Inside

    per_sequence_: bool

    def _fit(
        self,
        X: DataLike,
        y: DataLike | None,
        sample_weight: DataLike | None,
        go_on: bool,
        classes: ArrayLike | None = None,
    ) -> None:
        self._check_parameters()
        check_target(self, y)
        u, listed = read_inputs(self, X, reset=not go_on)
        lengths = [len(item) for item in u]
        labels, per_sequence = read_labels(aligned(X, y, complete=True), lengths, listed)
        if go_on and per_sequence != self.per_sequence_:
            raise ArgumentError("y: labels of sequences and of steps cannot follow each other")
        if per_sequence and self._begin != "zero":
            raise ArgumentError("initial: sequences of one label each start from 'zero'")
        present = np.unique(np.concatenate(labels))
        if not go_on:
            self._kind = self._wanted_kind()
            self.per_sequence_ = per_sequence
            self.classes_ = present if classes is None else np.unique(classes)
            self._set_input_scale(u)
        if not np.isin(present, self.classes_).all():
            raise ArgumentError(f"y: labels other than the classes {list(self.classes_)}")
        rows = np.eye(len(self.classes_))
        codes = [np.searchsorted(self.classes_, item) for item in labels]
        weights = read_weights(aligned(X, sample_weight, True, "sample_weight"), lengths, listed)
        # The ridge is per label, and of each there are as many values as classes.
        gains = [np.ones(length) for length in lengths] if weights is None else weights
        if self.class_weight is not None:
            factors = self._class_factors(np.concatenate(labels))
            gains = [gain * factors[code] for gain, code in zip(gains, codes)]
        gains = [np.repeat(item[:, None], len(rows), axis=1) for item in gains]
        desired = [
            np.broadcast_to(rows[item], (length, len(rows))).copy()
            for item, length in zip(codes, lengths)
        ]
        task = Task(
            *(self._scaled(u), desired, gains, "cross-entropy", self.alpha / len(rows)),
            learn_starts=self._begin != "zero",
            loss=_cross_entropy,
            static=per_sequence,
        )
        if self.early_stopping:
            task.held = self._held(codes, lengths)
        net = self.network_.copy() if go_on else self._network(len(rows))
        self._take(X, self._train(net, task, go_on), task)

    def _class_factors(self, labels: np.ndarray) -> Array:
        """Return the weight of each class."""
        given = self.class_weight
        if isinstance(given, str) and given == "balanced":
            counts = np.array([(labels == label).sum() for label in self.classes_])
            present = counts > 0
            return np.where(present, len(labels) / (present.sum() * np.maximum(counts, 1)), 1.0)
        if not isinstance(given, dict):
            raise ArgumentError(
                f"class_weight: {given!r} came, expected 'balanced', a dict of class and weight,"
                " or None"
            )
        known = self.classes_.tolist()
        for label, value in given.items():
            if label not in known:
                raise ArgumentError(f"class_weight: class {label!r}, expected one of {known}")
            if not isinstance(value, numbers.Real) or not 0 <= float(value) < np.inf:
                raise ArgumentError(
                    f"class_weight: {value!r} of class {label!r}, expected a finite number of 0 or"
                    " more"
                )
        return np.array([float(given.get(label, 1.0)) for label in known])

    def _held(self, codes: list[Places], lengths: list[int]) -> list[Flags]:
        """Return which steps are kept for early stopping: ends, or sequences of every class."""
        if not self.per_sequence_:
            return [self._is_last(np.ones(length, dtype=int)) for length in lengths]
        random = np.random.default_rng(seed_of(self.random_state))
        held = np.zeros(len(codes), dtype=bool)
        for code in np.unique(np.concatenate(codes)):
            members = np.flatnonzero(np.concatenate(codes) == code)
            count = int(round(self.validation_fraction * len(members)))
            held[random.permutation(members)[:count]] = True
        return [np.full(length, item) for item, length in zip(held, lengths)]


def _cross_entropy(x: Array, o: Array) -> Array:
    return -o * np.log(np.maximum(x, _LEAST))
