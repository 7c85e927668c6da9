"""What an estimator is asked: criterion, observables and regularisations set in the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._engine.abi import lib
from .._engine.arrays import as_number, as_text
from .._engine.data.numbers import as_float
from .._engine.data.sequences import joined, read
from .._engine.errors import ArgumentError
from .criteria import Criterion, Observables
from .regularisation import Regularisation


def set_criterion(pointer: int, outputs: int, criterion: str | Criterion) -> float | None:
    """Set it, and return the scale that was given with it."""
    name = criterion.name if isinstance(criterion, Criterion) else criterion
    lib.bt_estimator_set_criterion(pointer, as_text(name, "criterion"))
    if isinstance(criterion, Observables):
        _set_observables(pointer, outputs, criterion)
    nu = getattr(criterion, "nu", None)
    if nu is None:
        return None
    number = as_number(nu, "nu")
    if not number > 0:
        raise ArgumentError(f"nu: {number} came, expected a number above 0")
    return number


def _set_observables(pointer: int, outputs: int, criterion: Observables) -> None:
    for item in criterion.observables:
        parameters = as_float(item.parameters, f"parameters of {item.kind}").reshape(-1)
        desired = np.nan
        if item.desired is not None:
            desired = as_number(item.desired, f"desired mean of {item.kind}")
            if not np.isfinite(desired):
                raise ArgumentError(f"desired mean of {item.kind}: {desired} came")
        lib.bt_estimator_add_observable(
            pointer, as_text(item.kind, "kind"), parameters, parameters.size, desired
        )
    for function, series, what in (
        (lib.bt_estimator_set_reference, criterion.reference, "reference"),
        (lib.bt_estimator_set_samples, criterion.samples, "samples"),
    ):
        if series is not None:
            given = read(series, outputs, what).arrays
            lengths = np.array([len(item) for item in given], dtype=np.int64)
            values = joined(given, outputs)
            function(pointer, lengths.size, lengths, values, values.size)


def listed(items: Regularisation | Sequence[Regularisation] | None) -> list[Regularisation]:
    """Return a list of them; TypeError where something else is among them."""
    if items is None:
        return []
    given = [items] if isinstance(items, Regularisation) else list(items)
    for item in given:
        if not isinstance(item, Regularisation):
            raise TypeError(
                f"regularisation: {item!r} came, expected objects of backtune.regularisation"
            )
    return given
