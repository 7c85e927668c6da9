"""Missing inputs of an estimation: modelled, and what they leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._data.missing import missing_counts, missing_words
from ._data.pairs import Data
from ._data.sequences import joined
from ._draws import noise_beside, output_deviation
from ._simulation import initial_states
from ._warn import warn
from .errors import ArgumentError

if TYPE_CHECKING:
    from .missing_inputs import InputModel
    from .network import Network
    from .uncertainty import Uncertainty


def modelled(
    arrays: list[np.ndarray], names: list[str] | None, missing: Any, what: str = "inputs"
) -> InputModel | None:
    """Return a model of inputs that have missing values, None where all are known.

    Raises
    ------
    ArgumentError
        Missing values with ``missing="error"``, an infinite one, a channel that is never known, or
        something else than "model", "error" and None, which is "model" with a warning.
    """
    if missing not in (None, "model", "error"):
        raise ArgumentError(f"missing: {missing!r} came, expected 'model' or 'error'")
    # A sum is NaN where a value is: cheaper than to look at each.
    if not any(math.isnan(item.sum()) for item in arrays):
        return None
    counts = missing_counts(arrays, arrays[0].shape[1])
    if not counts.any():  # infinities of both signs, which the engine refuses
        return None
    said = f"{what}: {missing_words(counts, names)}"
    if missing == "error":
        raise ArgumentError(f"{said}; expected none, or missing='model'")
    from .missing_inputs import InputModel  # which makes estimators itself

    model = InputModel(arrays, names=names)
    if missing is None:
        warn(
            f"{said}; a model of the inputs says what they may have been (missing='model' says that"
            " this is meant, missing='error' refuses them)"
        )
    return model


class MissingInputs:
    """What an estimator knows of missing inputs.

    Attributes
    ----------
    model : InputModel
    """

    def __init__(self, net: Network, model: InputModel, arrays: list[np.ndarray]) -> None:
        self.model = model
        self._net, self._arrays = net, arrays
        self._starts: list[Any] = [None] * len(arrays)
        self._known: list[np.ndarray] = []
        self._measured: Mapping[Any, Any] | None = None

    @classmethod
    def of(cls, net: Network, data: Data, missing: Any) -> MissingInputs | None:
        """Model what is missing of the inputs of data, and fill it in; None where nothing is."""
        arrays = np.split(data.inputs, np.cumsum(data.lengths)[:-1]) if data.lengths.size else []
        model = modelled(arrays, net.input_names or data.tables[0].names, missing)
        if model is None:
            return None
        data.inputs = joined(model.filled(arrays), net.inputs)
        return cls(net, model, arrays)

    def keep(self, data: Data, initial: Any, measured: Mapping[Any, Any] | None) -> None:
        """Take note of what outputs depend on besides inputs."""
        self._starts = initial_states(initial, data.lengths.size)
        self._measured = measured
        if data.desired is not None:
            self._known = np.split(data.desired, np.cumsum(data.lengths)[:-1])

    def widened(self, report: Uncertainty, horizon: float, learnt: Any) -> Uncertainty:
        """Return a report with what missing inputs leave open.

        The noise of outputs is what this does not explain of the errors.
        """
        net = report._net
        starts = self._starts if learnt is None else list(learnt)

        def predict(inputs: list[np.ndarray], place: int) -> list[np.ndarray]:
            known, count = self._known[place], len(inputs)
            start = None if starts[place] is None else [starts[place]] * count
            return net.predict(inputs, [known] * count, horizon, initial=start)

        free = horizon == math.inf or not self._known or self._measured is not None
        more = output_deviation(net, self.model, self._arrays, starts, None if free else predict)
        alone = isinstance(report.deviation, np.ndarray)
        before: Any = [report.deviation] if alone else report.deviation
        outputs: Any = [report.outputs] if alone else report.outputs
        noise = report.output_noise
        if self._known:
            errors = np.concatenate(outputs) - np.concatenate(self._known)
            seen, spread = np.isfinite(errors), np.concatenate(more)
            noise = np.array(
                [
                    min(noise_beside(e[s], d[s]), old) if s.any() else old
                    for e, d, s, old in zip(errors.T, spread.T, seen.T, noise)
                ]
            )
        whole = [np.hypot(a, b) for a, b in zip(before, more)]
        return replace(
            report,
            deviation=whole[0] if alone else whole,
            input_deviation=more[0] if alone else more,
            output_noise=noise,
            _inputs=self.model,
        )
