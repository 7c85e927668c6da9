"""Missing inputs of an estimation: modelled, and what they leave open."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from .._engine.abi import lib
from .._engine.data.missing import missing_counts, missing_words
from .._engine.data.pairs import Data
from .._engine.data.sequences import joined
from .._engine.data.starts import initial_states
from .._engine.errors import ArgumentError
from .._engine.types import Array, Measured, StateLike
from .._engine.warn import warn
from ..networks.network import Network
from .core import CoreEstimator, Give
from .draws import noises, output_deviation, weighed_gains
from .input_model import InputModel
from .trace import Stage, Trace
from .uncertainty import Uncertainty

# How a first run ends after which there is none of outputs that are weighed.
_LAST = ("interrupted", "callback", "diverged", "target", "nothing")


def modelled(
    arrays: list[Array], names: list[str] | None, missing: str | None, what: str = "inputs"
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
    if not any(map(_may_lack, arrays)):
        return None
    counts = missing_counts(arrays, arrays[0].shape[1])
    if not counts.any():  # infinities of both signs, which the engine refuses
        return None
    said = f"{what}: {missing_words(counts, names)}"
    if missing == "error":
        raise ArgumentError(f"{said}; expected none, or missing='model'")
    model = InputModel(arrays, names=names)
    if missing is None:
        warn(
            f"{said}; a model of the inputs says what they may have been (missing='model' says that"
            " this is meant, missing='error' refuses them)"
        )
    return model


def _may_lack(values: Array) -> bool:
    """Tell by the sum, which is cheap, whether some are NaN, or infinite of both signs."""
    with np.errstate(invalid="ignore", over="ignore"):
        return math.isnan(values.sum())


class MissingInputs:
    """What an estimator knows of missing inputs.

    Attributes
    ----------
    model : InputModel
    """

    def __init__(self, net: Network, model: InputModel, arrays: list[Array]) -> None:
        self.model = model
        self._net, self._arrays = net, arrays
        self._starts: Sequence[ArrayLike | None] = [None] * len(arrays)
        self._known: list[Array] = []
        self._measured: Measured | None = None
        self._weighed = False

    @classmethod
    def of(cls, net: Network, data: Data, missing: str | None) -> MissingInputs | None:
        """Model what is missing of the inputs of data, and fill it in; None where nothing is."""
        whole = data.inputs
        arrays = [whole]
        if _may_lack(whole) and data.lengths.size:
            arrays = np.split(whole, np.cumsum(data.lengths)[:-1])
        model = modelled(arrays, net.input_names or data.tables[0].names, missing)
        if model is None:
            return None
        data.inputs = joined(model.filled(arrays), net.inputs)
        return cls(net, model, arrays)

    def keep(
        self,
        data: Data,
        initial: StateLike | None,
        measured: Measured | None,
        give: Give,
    ) -> None:
        """Take note of what outputs depend on besides inputs, and of what gives the data."""
        self._data, self._give, self._initial = data, give, initial
        self._starts = initial_states(initial, data.lengths.size)
        self._measured = measured
        if data.desired is not None:
            self._known = np.split(data.desired, np.cumsum(data.lengths)[:-1])

    def _open(self, net: Network, horizon: float, learnt: Array | None) -> list[Array]:
        """Return the deviation of the outputs that missing inputs leave open."""
        starts = self._starts if learnt is None else list(learnt)

        def predict(inputs: list[Array], place: int) -> list[Array]:
            known, count = self._known[place], len(inputs)
            start = None if starts[place] is None else [starts[place]] * count
            return net.predict(inputs, [known] * count, horizon, initial=start)

        free = horizon == math.inf or not self._known or self._measured is not None
        return output_deviation(net, self.model, self._arrays, starts, None if free else predict)

    def run(self, estimator: CoreEstimator, iterate: Callable[[], Trace]) -> Trace:
        """Iterate; the first time twice, the second time with outputs weighed by what is open."""
        limit = int(estimator.get_option("max_iterations"))
        plain = estimator.criterion == "least-squares" and estimator._schedule.is_single
        if self._weighed or not plain or not self._known or limit < 2:
            return iterate()
        try:
            estimator.set_option("max_iterations", limit // 2)
            first = iterate()
            done = first[-1].iteration if len(first) else 0
            if first.stop in _LAST or not self._weigh(estimator):
                return first
            estimator.set_option("max_iterations", limit - done)
            trace = iterate()
        finally:
            estimator.set_option("max_iterations", limit)
        trace.stages = [Stage("before outputs were weighed", first)]
        return trace

    def _weigh(self, estimator: CoreEstimator) -> bool:
        """Give the engine gains by what missing inputs leave open; tell whether there are any."""
        learns = bool(estimator.get_option("initial_states"))
        learnt = estimator.initial_states if learns else None
        horizon = max(estimator._schedule.stage)
        spread = np.concatenate(self._open(self._net, horizon, learnt))
        outputs = np.empty_like(spread)
        lib.bt_estimator_simulate(estimator._pointer, outputs, outputs.size)
        errors = outputs - np.concatenate(self._known)
        before = np.ones_like(spread) if self._data.gains is None else self._data.gains
        gains = weighed_gains(before, errors, spread)
        if gains is None:
            return False
        self._weighed, self._data.gains = True, gains
        self._give(self._data, self._initial if learnt is None else list(learnt))
        return True

    def widened(self, report: Uncertainty, horizon: float, learnt: Array | None) -> Uncertainty:
        """Return a report with what missing inputs leave open.

        The noise of outputs is what this does not explain of the errors.
        """
        more = self._open(report._net, horizon, learnt)
        alone = not isinstance(report.deviation, list)
        before, outputs = (
            item if isinstance(item, list) else [item]
            for item in (report.deviation, report.outputs)
        )
        noise = report.output_noise
        if self._known:
            errors = np.concatenate(outputs) - np.concatenate(self._known)
            # That of an output of which nothing is known stays.
            noise = np.fmin(noises(errors, np.concatenate(more)), noise)
        whole = [np.hypot(a, b) for a, b in zip(before, more)]
        return replace(
            report,
            deviation=whole[0] if alone else whole,
            input_deviation=more[0] if alone else more,
            output_noise=noise,
            _inputs=self.model,
        )
