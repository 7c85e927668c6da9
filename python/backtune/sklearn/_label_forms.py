"""Labels of a classifier: their forms, and what is no label."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets

from .._engine.data.kinds import check_iterator
from .._engine.errors import ArgumentError, SizeError
from ._sequences import checked, items_of

_ALLOWED = "texts, or whole numbers, or truth values"


def read_labels(y: object, lengths: list[int], listed: bool) -> tuple[list[np.ndarray], bool]:
    """Return the labels of each sequence, (T,) or (1,), and whether each has one for all.

    A column (n, 1) is taken as (n,), with scikit-learn's DataConversionWarning.
    """
    if not listed:
        labels = _column(y, "y", warn=True)
        check_classification_targets(labels)
        if len(labels) != lengths[0]:
            raise SizeError(
                f"y: {len(labels)} labels, {lengths[0]} rows of X: found input variables with"
                " inconsistent numbers of samples"
            )
        return [labels], False
    items = items_of(y, len(lengths), "y")
    if getattr(y, "shape", ())[1:] == (1,) and any(length > 1 for length in lengths):
        _warn_of_column()
        items = [np.asarray(item)[0] for item in items]
    if all(np.ndim(item) == 0 for item in items):
        labels = _column(items, "y")
        check_classification_targets(labels)
        return [labels[k : k + 1] for k in range(len(labels))], True
    sequences = []
    for place, item in enumerate(items):
        if np.ndim(item) == 0:
            raise ArgumentError(
                f"y[{place}]: {item!r} came, expected labels of its {lengths[place]} steps as of"
                " other sequences, or one label for each sequence"
            )
        sequences.append(_column(item, f"y[{place}]", warn=True))
    shapes = {len(item) for item in sequences}
    for place, (labels, length) in enumerate(zip(sequences, lengths)):
        if len(labels) != length:
            if len(shapes) == 1 and _is_one_hot(np.stack(sequences)):
                raise _one_hot("y", (len(sequences), *shapes), "each sequence")
            raise SizeError(f"y[{place}]: {len(labels)} labels, {length} rows of X")
    if len({isinstance(item[0], str) for item in sequences}) > 1:
        raise ArgumentError(f"y: texts and numbers among the labels, expected {_ALLOWED}")
    check_classification_targets(np.concatenate(sequences))
    return sequences, False


def _column(values: object, name: str, warn: bool = False) -> np.ndarray:
    """Return labels (n,) that are all of one kind."""
    check_iterator(values, name)
    if isinstance(values, (list, tuple)) or _kind(values) == "O":
        values = _objects(values, name)
    elif hasattr(values, "isna"):  # of pandas, with missing values of its own
        missing = np.flatnonzero(np.asarray(values.isna()))
        if missing.size:
            raise _no_label(name, int(missing[0]), np.asarray(values).ravel()[missing[0]])
    elif _kind(values) == "f":
        missing = np.flatnonzero(np.isnan(np.asarray(values)))
        if missing.size:
            raise _no_label(name, int(missing[0]), np.nan)
    labels = checked(values, name, floats=False)
    if labels.ndim == 2 and labels.shape[1] == 1:
        if warn:
            _warn_of_column()
        return labels[:, 0]
    if labels.ndim == 2 and _is_one_hot(labels):
        raise _one_hot(name, labels.shape, "each row")
    if labels.ndim != 1:
        raise SizeError(
            f"{name}: shape {labels.shape} came, y should be a 1d array: one label for each row"
        )
    return labels


def _kind(values: object) -> str:
    return getattr(getattr(values, "dtype", None), "kind", "")


def _objects(values: object, name: str) -> object:
    """Return labels given as objects as an array of their kind."""
    try:
        flat = np.array(values, dtype=object)
    except ValueError:  # rows of different lengths
        raise SizeError(f"{name}: rows of different lengths, expected one label for each") from None
    entries = flat.ravel().tolist()
    for place, item in enumerate(entries):
        if _is_missing(item):
            raise _no_label(name, place // max(1, flat[:1].size), item)
    texts = [isinstance(item, (str, np.str_)) for item in entries]
    if any(texts) and not all(texts):
        other, text = texts.index(False), texts.index(True)
        raise ArgumentError(
            f"{name}: {entries[text]!r} and {entries[other]} came among the labels, expected"
            f" {_ALLOWED}"
        )
    if all(texts):
        return flat
    if not all(isinstance(item, (bool, int, float, np.bool_, np.number)) for item in entries):
        return values
    return np.array(entries).reshape(flat.shape)


def _is_missing(item: object) -> bool:
    if item is None or type(item).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(item, (float, np.floating)) and bool(np.isnan(item))


def _no_label(name: str, place: int, item: object) -> ArgumentError:
    return ArgumentError(
        f"{name}[{place}]: {item} came, Input y contains NaN or None: expected a label,"
        f" {_ALLOWED}; steps without one are left out by sample_weight=0 with any label"
    )


def _is_one_hot(values: np.ndarray) -> bool:
    if values.dtype.kind not in "biuf" or values.shape[1] < 2:
        return False
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())


def _one_hot(name: str, shape: tuple[int, ...], of: str) -> ArgumentError:
    return ArgumentError(
        f"{name}: one-hot rows of shape {shape} came, expected one label for {of}: y should be a"
        " 1d array, y.argmax(axis=1)"
    )


def _warn_of_column() -> None:
    warnings.warn(
        "A column-vector y was passed when a 1d array was expected: it is taken as y.ravel()",
        DataConversionWarning,
        stacklevel=5,
    )
