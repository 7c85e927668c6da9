"""One network of an identified model, and the units and the clock that it works in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._engine.data.front import Front
from ..networks.network import Network
from .networks import has_states, reads_measured
from .report import Trial
from .starts import probable_start

# Outputs that set the state of a run that is predicted, and four more a state.
_FIRST = 20
# Time steps of a constant input after which a network rests, and how still it is then.
_SETTLING, _STILL = 2000, 1e-6
# Time steps after which a predictor knows no more than constant measurements.
_MEASURED = 200


@dataclass
class Member:
    """A network that simulates and, where it reads measured outputs, predicts.

    Attributes
    ----------
    net : Network
        In deviations, on the clock of `front`.
    kind : {"output error", "prediction", "arx"}
        What it was trained by: the free run, or predictions of one step; "arx": by that, of
        measured outputs and inputs alone, without states of its own.
    front : Front
    starts : list of array of shape (state_size,)
        The learnt state before each sequence of the record; None: what the network itself says.
    rest : array of shape (state_size,), or None
        The mean state over the record, where a run begins of which nothing is known; or likewise.
    deviation : array of shape (state_size,), or None
        Of the state over the record.
    reach : array of shape (2, states), or None
        The least and the largest value of each state over the record; None without states.
    settles : bool
        Whether such a run begins in the equilibrium of its first input instead.
    scores : array of shape (4,)
        Logarithms of mean square errors on held-back parts, in squared deviations, at `HORIZONS`;
        inf for those at which it does not take part.
    trial : Trial
        What it came from.
    precise : bool
        Whether its score in free run is the error on all of a long record.
    """

    net: Network
    kind: str
    front: Front
    starts: list[np.ndarray | None]
    rest: np.ndarray | None
    deviation: np.ndarray | None
    settles: bool
    scores: np.ndarray
    trial: Trial = field(repr=False)
    reach: np.ndarray | None = None
    precise: bool = False

    @property
    def predicts(self) -> bool:
        """Whether the network reads measured outputs."""
        return reads_measured(self.net)

    @property
    def filters(self) -> bool:
        """Whether measured outputs tell its states where they are.

        Trained in free run, states make one of A and K C, whatever K is.
        """
        return self.predicts and not (self.kind == "output error" and has_states(self.net))

    @property
    def lags(self) -> int:
        """Measured outputs that a prediction is made of; 0 where a state keeps what they say."""
        return 0 if has_states(self.net) else self.trial.order

    def simulate(self, u: list[np.ndarray], starts: list[np.ndarray | None]) -> list[np.ndarray]:
        """Return free runs (T, O) in the user's units; a start of None is found."""
        if not u:
            return []
        inputs = [self.front.inputs(item) for item in u]
        states = [self.resting(i) if s is None else s for i, s in zip(inputs, starts)]
        runs = self.net.simulate(inputs, states)
        return [self.front.restore(run, len(item)) for run, item in zip(runs, u)]

    def predict(
        self,
        u: list[np.ndarray],
        y: list[np.ndarray],
        horizon: float,
        starts: list[np.ndarray | None] | None = None,
    ) -> list[np.ndarray]:
        """Return predictions (T, O), of as many rows as u; NaN rows of y are unknown.

        Each begins in a state that came, or in the one that the outputs suggest which are known by
        then, of which there are more and more: no value is of a run that has seen it. One that
        reads no measured outputs runs freely from there.
        """
        runs = []
        for k, (given, known) in enumerate(zip(u, y)):
            inputs, desired = self.front.inputs(given), self.front.outputs(known)
            if starts is None:
                run = self._informed(inputs, desired, horizon)
            else:
                run = self._run(inputs, desired, horizon, starts[k])
            runs.append(self.front.restore(run, len(given)))
        return runs

    def go_on(self, u: list[np.ndarray], y: list[np.ndarray]) -> list[np.ndarray]:
        """Return runs (T, O) that are free after the last row of y, (T, O), that is known.

        Each begins in the state that the first outputs suggest. Rows up to the last one that is
        known are of a run that has seen it, they are no predictions; free, too, if it does not
        filter.
        """
        runs = []
        for given, known in zip(u, y):
            inputs, desired = self.front.inputs(given), self.front.outputs(known)
            start = self.start(inputs, desired[: _FIRST + 4 * self.net.state_size])
            horizon = 1.0 if self.filters else np.inf
            runs.append(self.front.restore(self._run(inputs, desired, horizon, start), len(given)))
        return runs

    def _informed(self, inputs: np.ndarray, desired: np.ndarray, horizon: float) -> np.ndarray:
        """Return predictions, each from the start that the outputs suggest which it may know."""
        resting = self.resting(inputs)
        if not np.isfinite(horizon):
            return self._run(inputs, desired, horizon, resting)
        # Means of some steps tell of the last of them.
        rests, steps = [resting, self._held(inputs, desired)], len(inputs)
        late = int(horizon) if self.front.factor == 1 else 1 + -(-int(horizon) // self.front.factor)
        begins = [(0, resting)]
        seen, most = 1, min(_FIRST + 4 * self.net.state_size, len(desired))
        while seen + late - 1 < steps and seen <= most:
            if np.isfinite(desired[seen // 2 : seen]).any():
                begins.append((seen + late - 1, self._suggested(inputs, desired[:seen], rests)))
            seen *= 2
        ends = [*(first for first, _ in begins[1:]), steps]
        parts = [
            self._run(inputs[:end], desired[:end], horizon, start)[first:]
            for (first, start), end in zip(begins, ends)
        ]
        return np.concatenate(parts)

    def informed_start(self, inputs: np.ndarray, desired: np.ndarray) -> np.ndarray | None:
        """Return the start of predictions that the first outputs suggest, all those that count."""
        first = desired[: _FIRST + 4 * self.net.state_size]
        if not np.isfinite(first).any():
            return self.resting(inputs)
        rests = [self.resting(inputs), self._held(inputs, desired)]
        return self._suggested(inputs, first, rests)

    def _run(
        self, inputs: np.ndarray, desired: np.ndarray, horizon: float, start: np.ndarray | None
    ) -> np.ndarray:
        if self.predicts:
            return self.net.predict(inputs, desired, horizon, initial=start)
        return self.net.simulate(inputs, start)

    def resting(self, inputs: np.ndarray) -> np.ndarray | None:
        """Return the state of a run of which no output is known."""
        return equilibrium(self.net, inputs, self.rest) if self.settles else self.rest

    def start(self, inputs: np.ndarray, desired: np.ndarray) -> np.ndarray | None:
        """Return the state before the first step that the first outputs and the record suggest.

        The most probable one: outputs have the error of held-back parts in free run, states the
        deviation that they have in the record about `rest`.
        """
        rest = self.resting(inputs)
        if not np.isfinite(desired).any():
            return rest
        return self._suggested(inputs, desired, [rest])

    def _suggested(
        self, inputs: np.ndarray, desired: np.ndarray, rests: list[np.ndarray | None]
    ) -> np.ndarray | None:
        """Return the most probable start; of two means of states the one that outputs speak for.

        With one mean the outputs are those of a free run, with two those predicted one step ahead.
        """
        means = [rest for rest in rests if rest is not None]
        if not means or self.deviation is None:
            return rests[0]
        ahead = self.predicts and len(rests) > 1
        first = inputs[: len(desired)]

        def runs(states: list[np.ndarray]) -> list[np.ndarray]:
            count = len(states)
            if ahead:
                return self.net.predict([first] * count, [desired] * count, initial=states)
            return self.net.simulate([first] * count, states)

        score = float(self.scores[0 if ahead else -1])
        error = np.exp(0.5 * (score if np.isfinite(score) else float(np.min(self.scores))))
        found = [probable_start(runs, desired, mean, self.deviation, error) for mean in means]
        return min(found, key=lambda pair: pair[1])[0]

    def _held(self, inputs: np.ndarray, desired: np.ndarray) -> np.ndarray | None:
        """Return the state after long measurements of the first known outputs, if there is one."""
        if not self.predicts or not len(desired):
            return None
        known = np.isfinite(desired)
        first = desired[known.argmax(axis=0), np.arange(desired.shape[1])]
        state = self.net.predict(
            np.repeat(inputs[:1], _MEASURED, axis=0),
            np.repeat(first[None], _MEASURED, axis=0),
            initial=self.rest,
            return_state=True,
        )[1]
        return state if np.isfinite(state).all() else None


def equilibrium(net: Network, inputs: np.ndarray, start: np.ndarray | None) -> np.ndarray | None:
    """Return the state in which the first input holds a network, `start` where it does not rest."""
    if not len(inputs):
        return start
    held = np.repeat(inputs[:1], _SETTLING, axis=0)
    _, state = net.simulate(held, start, return_state=True)
    if not np.isfinite(state).all():
        return start
    _, later = net.simulate(held[:1], state, return_state=True)
    size = 1 + np.abs(state).max(initial=0.0)
    still = np.isfinite(later).all() and np.abs(later - state).max(initial=0.0) <= _STILL * size
    return later if still else start
