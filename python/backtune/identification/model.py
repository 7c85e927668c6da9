"""What `identify` returns: the members of a model as one."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from .._arrays import as_number, as_size
from .._data.pairs import paired, placed
from .._data.parts import observed_end
from .._data.sequences import Sequences, read
from .._data.times import check_sampling
from ..errors import ArgumentError, SizeError
from ..missing_inputs import InputModel
from ..network import Network
from ..uncertainty import band_width
from .analysis import AnalysisMixin
from .combination import HORIZONS, at_horizons, spread, weighted_median, weights_of
from .member import Member
from .missing import opened
from .report import IdentificationReport


class ModelForecast(NamedTuple):
    """What comes next: the model's own run and its band, each (steps, O) or a table."""

    mean: Any
    lower: Any
    upper: Any
    level: float


class IdentifiedModel(AnalysisMixin):
    """What `identify` returns: several networks, whose weighted median it gives.

    Attributes
    ----------
    members : list of Member
        The networks, the best in free run first.
    linear : Member
        The best linear model.
    report : IdentificationReport
        What was tried.
    errors : array of shape (4, O)
        Deviation of the errors on held-back parts, in the units of the outputs, 1, 5 and 20 steps
        ahead and in free run.
    candidates : dict of int to Member
        Those that were fitted to the whole record, by their row in the report.
    input_model : InputModel or None
        Of inputs that were missing in the record.
    names : tuple of (list of str or None), of inputs and of outputs
        Of the columns that came.
    units : tuple of (list of str or None), of inputs and of outputs
        Theirs.
    sampling_time : float or None
        Seconds of a time step, where the record said it.
    """

    def __init__(
        self,
        members: list[Member],
        linear: Member,
        report: IdentificationReport,
        errors: np.ndarray,
        input_model: InputModel | None = None,
        digests: list[str] | None = None,
        candidates: dict[int, Member] | None = None,
    ) -> None:
        self.members, self.linear = members, linear
        self.report, self.errors = report, errors
        self.input_model = input_model
        self._digests = digests or []
        self.candidates = candidates or {}
        self.relabel()

    # ---- What it is made of

    @property
    def net(self) -> Network:
        """The network of the best member, in deviations; `single` is in the user's units."""
        return self.members[0].net

    @property
    def order(self) -> int:
        """Number of states of the best member."""
        return self.members[0].trial.order

    @property
    def hidden(self) -> int:
        """Number of nodes of its nonlinear layer, 0 for a linear model."""
        return self.members[0].trial.hidden

    @property
    def delays(self) -> np.ndarray:
        """Dead time of each input, (M,), in time steps of the record."""
        return self.members[0].front.delays.copy()

    @property
    def initial_states(self) -> np.ndarray | None:
        """Learnt state of `net` at the start of each sequence; None: what the network says."""
        starts = self.members[0].starts
        return None if any(item is None for item in starts) else np.array(starts)

    def weights(self, horizon: float | None = None) -> np.ndarray:
        """Return how much each member counts so many steps ahead, (members,); None: free run.

        1 for those of less than twice the least error on held-back parts; the fourth power of the
        ratio to that for others.
        """
        return self._weights(np.array([_horizon(horizon)]))[0]

    def _weights(self, steps: np.ndarray) -> np.ndarray:
        scores = np.stack([member.scores for member in self.members], axis=1)
        return weights_of(at_horizons(scores, steps))

    # ---- What it says of the outputs

    def simulate(self, u: Any, y: Any = None, *, linear: bool = False) -> Any:
        """Return the outputs in free run, in the units of the record.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            Inputs, (T,) means one channel; NaN, in channels that have missing values in the record
            too, is a missing value, in whose place comes what it may have been, in the mean.
        y : array of shape (n, O), or list of such, optional
            The first n measured outputs, n up to T, NaN for missing ones: they set the initial
            state and nothing else. Without them a run begins as the record did where its inputs
            are those of a whole sequence of the record, else in the mean state of the record or
            in the equilibrium of the first input, whichever predicted held-back starts.
        linear : bool
            Whether to run the best linear model instead.

        Returns
        -------
        array of shape (T, O), or list of such
            In the form of u, with its index, as `Network.simulate` gives it.

        Raises
        ------
        ArgumentError
            An input that is infinite, or missing in another channel; columns that are missing or
            unknown.
        SizeError
            Another number of channels or sequences, or more outputs than inputs.
        """
        given, arrays, known = self._read(u, y)
        members = [self.linear] if linear else self.members
        runs = self._free(members, arrays, known)
        weights = np.ones(1) if linear else self.weights(None)
        results = [weighted_median(np.stack(run), weights) for run in runs]
        return given.results(results, self._output_names())

    def predict(self, u: Any, y: Any, horizon: float | None = 1) -> Any:
        """Return the outputs predicted some steps ahead.

        The value of time t is given what was measured up to t - horizon, and inputs up to t.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
        y : array of shape (T, O), or list of such
            Measured outputs, NaN for missing; after their end the run is free.
        horizon : int or None
            Steps ahead, 1 or more; None or infinity: the free run, whose state the first outputs
            set.

        Returns
        -------
        array of shape (T, O), or list of such

        Raises
        ------
        ArgumentError, SizeError
            As of `simulate`; a horizon that is no whole number of 1 or more.
        KeyboardInterrupt
            Ctrl-C.
        """
        steps = _horizon(horizon)
        given, arrays, known = self._read(u, y)
        weights = self.weights(steps)
        runs = self._ahead(arrays, known, steps, weights)
        results = [weighted_median(run, weights[weights > 0]) for run in runs]
        return given.results(results, self._output_names())

    def forecast(
        self, u: Any, y: Any, steps: int | None = None, *, level: float = 0.95
    ) -> ModelForecast:
        """Return what comes after the last measured output, with a band.

        Parameters
        ----------
        u : array of shape (T, M)
            Inputs of the past and of what comes.
        y : array of shape (n, O), n < T
            Measured outputs, NaN for missing.
        steps : int, optional
            How many time steps after y; as many as u has by default.
        level : float
            How often a measured output is inside the band, between 0 and 1.

        Returns
        -------
        ModelForecast
            Its `mean`, `lower` and `upper` of shape (steps, O); tables come with their index.

        Raises
        ------
        ArgumentError, SizeError
            As of `simulate`; a level that is not between 0 and 1, no time steps of u after y.
        """
        width = band_width(level)
        given, arrays, known = self._read(u, y)
        if len(arrays) != 1:
            raise SizeError(f"u: {len(arrays)} sequences came, expected one")
        first, total = observed_end(known[0]), len(arrays[0])
        first = 0 if not np.isfinite(known[0]).any() else first
        wanted = total - first if steps is None else as_size(steps, "steps")
        if wanted < 1 or first + wanted > total:
            raise SizeError(
                f"u: {total} time steps, {first} of y; expected {max(wanted, 1)} after those of y"
            )
        ahead = np.arange(1, wanted + 1).astype(float)
        weights = self._weights(ahead)
        runs = self._ahead([a[: first + wanted] for a in arrays], known, None)[0][:, first:]
        middle = weighted_median(runs, weights)
        half = width * np.hypot(
            np.exp(at_horizons(np.log(np.maximum(self.errors, 1e-300)), ahead)),
            spread(runs, middle, weights),
        )
        names = self._output_names()
        form = given.forms[0]
        parts = [middle, middle - half, middle + half]
        if form is not None:
            whole = np.full((3, total, middle.shape[1]), np.nan)
            whole[:, first : first + wanted] = parts
            tables = [given.like(0, part, names) for part in whole]
            parts = [table[first : first + wanted] for table in tables]
        return ModelForecast(*parts, level)

    def band(self, u: Any, y: Any = None, level: float = 0.95) -> Any:
        """Return the lower and the upper bound of a band of measured outputs in free run.

        It is as wide as the errors on held-back parts ask, and wider where the members differ and
        where inputs are missing: by the deviation of what the outputs may have been, over draws of
        the missing values. It is of the model, see `members`; what the record leaves open of the
        weights of one network is said by `uncertainty`.

        Parameters
        ----------
        u, y
            As of `simulate`.
        level : float
            How often a measured output is inside, between 0 and 1.

        Returns
        -------
        tuple of two arrays of shape (T, O), or list of such
            As the inputs came, with the index that they have.

        Raises
        ------
        ArgumentError, SizeError
            As of `simulate`; a level that is not between 0 and 1.
        """
        width = band_width(level)
        given, arrays, known = self._read(u, y)
        weights = self.weights(None)
        names = self._output_names()
        best = self.members[0]
        bands: list[Any] = []
        for place, run in enumerate(self._free(self.members, arrays, known)):
            runs = np.stack(run)
            middle = weighted_median(runs, weights)
            open_inputs = np.zeros_like(middle)
            if self.input_model is not None and np.isnan(given.arrays[place]).any():
                raw = [given.arrays[place]]
                open_inputs = opened(best.net, best.front, self.input_model, raw, [best.rest])[0] * best.front.y.deviation
            others = spread(runs, middle, weights)
            half = width * np.sqrt(self.errors[-1] ** 2 + others**2 + open_inputs**2)
            parts = (middle - half, middle + half)
            bands.append(tuple(given.like(place, part, names) for part in parts))
        return bands if given.is_list else bands[0]

    # ---- Inside

    def relabel(self) -> None:
        """Take names, units and sampling time from the network of the best member."""
        net = self.net
        self.names = (net.input_names, net.output_names)
        self.units = (net.input_units, net.output_units)
        self.sampling_time = net.sampling_time

    def _simulated(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Return free runs of inputs (T, M) of which no output is known."""
        known = [np.empty((0, self.net.outputs))] * len(arrays)
        weights = self.weights(None)
        return [
            weighted_median(np.stack(run), weights)
            for run in self._free(self.members, arrays, known)
        ]

    def _output_names(self) -> list[str]:
        return self.net._output_names()

    def _free(
        self, members: list[Member], arrays: list[np.ndarray], known: list[np.ndarray]
    ) -> list[list[np.ndarray]]:
        """Return free runs in the user's units: of each sequence, of each member."""
        seen = [self._digests.index(d) if (d := digest(a)) in self._digests else None for a in arrays]
        told = [bool(np.isfinite(item).any()) for item in known]
        results = []
        for member in members:
            runs: list[Any] = [None] * len(arrays)
            plain = [k for k, any_known in enumerate(told) if not any_known]
            starts = [None if seen[k] is None else member.starts[seen[k]] for k in plain]
            for k, run in zip(plain, member.simulate([arrays[k] for k in plain], starts)):
                runs[k] = run
            rest = [k for k in range(len(arrays)) if told[k]]
            ends = [known[k][: observed_end(known[k])] for k in rest]
            padded = [_padded(e, len(arrays[k])) for k, e in zip(rest, ends)]
            found = member.go_on([arrays[k] for k in rest], padded)
            for k, run in zip(rest, found):
                runs[k] = run
            results.append(runs)
        return [list(group) for group in zip(*results)]

    def _ahead(
        self,
        arrays: list[np.ndarray],
        known: list[np.ndarray],
        steps: float | None,
        weights: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """Return predictions, (members, T, O) of each sequence, of members that count.

        Without steps, what follows the last measured outputs.
        """
        padded = [_padded(item, len(a)) for item, a in zip(known, arrays)]
        chosen = [
            member
            for k, member in enumerate(self.members)
            if weights is None or weights[k] > 0
        ]
        runs = [
            member.go_on(arrays, padded) if steps is None else member.predict(arrays, padded, steps)
            for member in chosen
        ]
        return [np.stack(group) for group in zip(*runs)]

    def _read(self, u: Any, y: Any) -> tuple[Sequences, list[np.ndarray], list[np.ndarray]]:
        """Return inputs as they came, without missing values, and outputs of their length at most."""
        net = self.net
        given = read(u, net.inputs, "u", net.input_names)
        check_sampling(net.sampling_time, given.forms)
        arrays = given.arrays
        if self.input_model is not None:
            arrays = self.input_model.filled(arrays)
        for place, item in enumerate(arrays):
            if not np.isfinite(item).all():
                raise ArgumentError(f"u[{place}]: NaN or infinite, expected finite values")
        known = [np.empty((0, net.outputs))] * len(arrays)
        if y is not None:
            first = read(y, net.outputs, "y", net.output_names)
            rows = paired(given, first, "u", "y")
            known = placed(first.arrays, rows, given.lengths, np.nan)
        for place, item in enumerate(known):
            if np.isinf(item).any():
                raise ArgumentError(f"y[{place}]: an infinite value (NaN means missing)")
        return given, arrays, known

    def __repr__(self) -> str:
        return (
            f"<IdentifiedModel: {self.net.inputs} inputs, {self.net.outputs} outputs,"
            f" {len(self.members)} members, the best of {self.order} states, {self.hidden}"
            " nonlinear nodes>"
        )


def _padded(y: np.ndarray, steps: int) -> np.ndarray:
    """Return outputs of so many rows, NaN after their end."""
    more = np.full((steps - len(y), y.shape[1]), np.nan)
    return np.concatenate([y, more])


def _horizon(horizon: float | None) -> float:
    """Read a number of steps ahead."""
    steps = np.inf if horizon is None else as_number(horizon, "horizon")
    if not steps >= 1 or (np.isfinite(steps) and steps != int(steps)):
        raise ArgumentError(f"horizon: {horizon!r} came, expected a whole number of 1 or more")
    return steps


def digest(u: np.ndarray) -> str:
    """Return what tells inputs from others."""
    return hashlib.sha256(np.ascontiguousarray(u).tobytes()).hexdigest()


__all__ = ["HORIZONS", "IdentifiedModel"]
