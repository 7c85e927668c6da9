"""Inputs, targets and weights of scikit-learn's forms as lists of sequences."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array

from .._engine.data.forms import XarrayForm, form_of
from .._engine.data.kinds import check_iterator
from .._engine.data.sequences import panel_of
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Arrays
from ._tables import axes, is_list, look_at_times

# The option that lets NaN pass got another name in scikit-learn 1.6.
_FINITE = next(
    name
    for name in ("ensure_all_finite", "force_all_finite")
    if name in inspect.signature(check_array).parameters
)
_FLOATS = {"dtype": np.float64, "order": "C"}


def checked(values: object, name: str, *, nan: bool = False, floats: bool = True) -> np.ndarray:
    """Return an array of one or two axes by `check_array`; NaN passes with ``nan=True``."""
    options: dict[str, object] = dict(_FLOATS) if floats else {"dtype": None}
    check_iterator(values, name)
    form = form_of(values)
    if isinstance(form, XarrayForm) and not form.flat:
        values = form.numbers(name)
    if nan:
        options[_FINITE] = "allow-nan"
    return check_array(values, ensure_2d=False, input_name=name, **options)


def _validated(estimator: BaseEstimator, X: object, reset: bool) -> Array:
    """Return X as an array (T, M); a series is one channel."""
    check_iterator(X, "X")
    form = form_of(X)
    if form is not None:
        form.numbers("X")
    if isinstance(form, XarrayForm) and not form.flat:
        X = form.pandas("X")
    elif axes(X) == 1 and (reset or estimator.n_features_in_ == 1):
        if isinstance(form, XarrayForm):
            X = form.pandas("X")
        elif form is not None and form.names is not None:
            X = form.frame(np.asarray(form.numbers("X"))[:, None], form.names)
        elif isinstance(X, Sized) and len(X):
            X = np.asarray(X).reshape(-1, 1)
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before scikit-learn 1.6
        return estimator._validate_data(X, reset=reset, **_FLOATS)
    return validate_data(estimator, X, reset=reset, **_FLOATS)


def read_inputs(estimator: BaseEstimator, X: object, reset: bool) -> tuple[Arrays, bool]:
    """Return the sequences of X, each (T, M), and whether it is a list of them.

    With ``reset=True`` the estimator learns the number and the names of its features.
    """
    look_at_times(X)
    panel = panel_of(X)
    if panel is not None:
        whole = _validated(estimator, X, reset)
        return [np.ascontiguousarray(whole[rows]) for rows in panel.rows], True
    if not is_list(X):
        return [_validated(estimator, X, reset)], False
    sequences = []
    for place, item in enumerate(X):
        try:
            sequences.append(_validated(estimator, item, reset and place == 0))
        except ValueError as error:
            raise ArgumentError(f"X[{place}]: {error}") from error
    return sequences, True


def check_target(estimator: BaseEstimator, y: object) -> None:
    """Raise ValueError where there is none."""
    if y is None:
        raise ArgumentError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y"
            " is None."
        )


def items_of(values: Any, count: int, name: str) -> list[Any]:
    """Return the items of a list that goes with a list of X."""
    if not hasattr(values, "__len__") or len(values) != count:
        came = len(values) if hasattr(values, "__len__") else "no list"
        raise SizeError(f"{name}: {came} came for {count} sequences of X")
    return [values.iloc[k] if hasattr(values, "iloc") else values[k] for k in range(count)]


def read_outputs(y: object, lengths: list[int], listed: bool, shorter: bool = False) -> Arrays:
    """Return targets as arrays (T,) or (T, O), all alike, NaN where missing.

    With ``shorter=True`` only the first ones have to be there. Those of a list are filled up with
    NaN; of one array scikit-learn asks that lengths agree.
    """
    items = items_of(y, len(lengths), "y") if listed else [y]
    result = [checked(item, "y", nan=True) for item in items]
    if listed and not shorter:
        result = [_filled(item, length) for item, length in zip(result, lengths)]
    if shorter:
        lengths = [min(len(item), length) for item, length in zip(result, lengths)]
    _check_lengths(result, lengths, "y")
    if len({item.shape[1:] for item in result}) > 1:
        raise SizeError("y: sequences of different numbers of outputs")
    return result


def _filled(values: Array, length: int) -> Array:
    """Return values with NaN after their end."""
    if len(values) >= length:
        return values
    return np.concatenate([values, np.full((length - len(values), *values.shape[1:]), np.nan)])


def _check_lengths(values: Sequence[Sized], lengths: list[int], name: str) -> None:
    for place, (item, length) in enumerate(zip(values, lengths)):
        if len(item) != length:
            raise SizeError(
                f"{name} of sequence {place}: {len(item)} time steps, {length} in X: found input"
                " variables with inconsistent numbers of samples"
            )


def read_weights(weights: object, lengths: list[int], listed: bool) -> Arrays | None:
    """Return the weights of all time steps, (T,) of each sequence; None where all count alike.

    Of a list of sequences there may be one weight for each of them.
    """
    if weights is None:
        return None
    if isinstance(weights, numbers.Number):
        items: list[object] = [np.full(length, weights, dtype=float) for length in lengths]
    elif listed:
        items = items_of(weights, len(lengths), "sample_weight")
        items = [
            np.full(length, item) if axes(item) == 0 else item
            for item, length in zip(items, lengths)
        ]
    else:
        items = [weights]
    result = [checked(item, "sample_weight") for item in items]
    if any(item.ndim != 1 for item in result):
        raise SizeError("sample_weight: Sample weights must be 1D array or scalar")
    _check_lengths(result, lengths, "sample_weight")
    if any((item < 0).any() for item in result):
        raise ArgumentError("sample_weight: a negative value, expected 0 or more")
    if not any(item.any() for item in result):
        raise ArgumentError("Sample weights must contain at least one non-zero number.")
    return result
