"""The linear model of a network about an operating point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..._engine import shown
from ..._engine.types import Array, ComplexArray
from ..structure import INPUT, Structure
from . import responses
from .framed import Framed
from .operating import Point, point_of, taps

if TYPE_CHECKING:
    import scipy.signal


class LinearSystem(NamedTuple):
    """A linear model x(t+1) = A x(t) + B u(t), y(t) = C x(t) + D u(t), in deviations.

    u, x and y stand for what differs from `u0`, `x0` and `y0`; all are in the units of the record,
    or of the network. Input m comes late by ``delays[m]`` time steps, which A, B, C and D do not
    contain.

    Attributes
    ----------
    A, B, C, D : array of shapes (n, n), (n, M), (O, n), (O, M)
    u0, y0, x0 : array of shapes (M,), (O,), (n,)
        The operating point: constant inputs, and the outputs and states that belong to them. Of
        many that do (integrators) those nearest to where the search began; where none does, those
        that change least.
    sampling_time : float or None
        Seconds of a time step of the model, which may be several of the record.
    delays : array of shape (M,)
        Dead times, in time steps of the model. A part d of a step means that means over a step
        enter as (1 - d) of one and d of that before it.
    start : array of shape (n,)
        x at t = 0 where the model starts by itself, learnt initial states in it: less `x0`.
    before : array of shape (M,)
        What inputs were before t = 0, as late ones are: less `u0`.
    """

    A: Array
    B: Array
    C: Array
    D: Array
    u0: Array
    y0: Array
    x0: Array
    sampling_time: float | None
    delays: Array
    start: Array
    before: Array

    def poles(self) -> ComplexArray:
        """Return the poles, (n,), complex, the largest modulus first; stable: all below 1."""
        return responses.poles(self)

    def gains(self) -> Array:
        """Return what a constant input changes in the end, (O, M); NaN with an integrator."""
        return responses.gains(self)

    def step(self, steps: int | None = None) -> Array:
        """Return what each output does after a step of 1 of each input at t = 0, (steps, O, M).

        By default until little changes, 1000 time steps at most. Dead times are included.

        Raises
        ------
        ArgumentError
            Steps below 0.
        """
        return responses.step_response(self, responses.step_count(self, steps))

    def bode(self, frequencies: ArrayLike | None = None) -> responses.FrequencyResponse:
        """Return the frequency response, dead times included.

        Parameters
        ----------
        frequencies : array of shape (F,), optional
            In Hz where there is a sampling time, otherwise in cycles per time step; by default 200
            up to half a cycle per time step.

        Returns
        -------
        FrequencyResponse

        Raises
        ------
        ArgumentError
            Frequencies that are negative or not finite.
        """
        return responses.frequency_response(self, responses.grid(self, frequencies))

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    def with_delays(self) -> LinearSystem:
        """Return the same with dead times as states, one for each late input still to come."""
        lengths = np.ceil(self.delays).astype(int)
        if not lengths.any():
            return self
        n, (outputs, inputs) = len(self.A), self.D.shape
        total = n + int(lengths.sum())
        A, B = np.zeros((total, total)), np.zeros((total, inputs))
        C, D = np.zeros((outputs, total)), np.zeros((outputs, inputs))
        A[:n, :n], C[:, :n] = self.A, self.C
        x0 = np.concatenate([self.x0, np.repeat(self.u0, lengths)])
        start = np.concatenate([self.start, np.repeat(self.before, lengths)])
        first = n
        for m, length in enumerate(lengths.tolist()):
            for lag, share in taps(float(self.delays[m])):
                if lag == 0:
                    B[:n, m] += share * self.B[:, m]
                    D[:, m] += share * self.D[:, m]
                else:
                    A[:n, first + lag - 1] += share * self.B[:, m]
                    C[:, first + lag - 1] += share * self.D[:, m]
            if length:
                B[first, m] = 1
                rows = np.arange(first + 1, first + length)
                A[rows, rows - 1] = 1
            first += length
        delays = np.zeros(inputs, dtype=int)
        return self._replace(A=A, B=B, C=C, D=D, x0=x0, start=start, delays=delays)

    def to_scipy(self) -> scipy.signal.StateSpace:
        """Return a discrete ``scipy.signal.StateSpace``, dead times as states.

        Its `dt` is the sampling time, True where none is known.

        Raises
        ------
        ImportError
            SciPy is not installed.
        """
        try:
            from scipy.signal import StateSpace
        except ImportError as error:
            raise ImportError("to_scipy needs SciPy: pip install scipy") from error
        system = self.with_delays()
        return StateSpace(system.A, system.B, system.C, system.D, dt=self._dt)

    def to_control(self) -> Any:
        """Return a discrete ``control.StateSpace`` of python-control, dead times as states.

        Its `dt` is the sampling time, True where none is known.

        Raises
        ------
        ImportError
            python-control is not installed.
        """
        try:
            import control
        except ImportError as error:
            raise ImportError("to_control needs python-control: pip install control") from error
        system = self.with_delays()
        return control.ss(system.A, system.B, system.C, system.D, self._dt)

    @property
    def _dt(self) -> float | bool:
        return True if self.sampling_time is None else self.sampling_time


def matrices(structure: Structure, at: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return A, B, C, D and the states at a point, in the units of the network.

    The states of a group are what it will get from sources of the past, one time step after the
    other: of the unit "state_space" these are its x.
    """
    places, size = structure.places, structure.nodes
    slopes = list(structure.slopes(at))
    firsts: dict[tuple[str, int], slice] = {}
    n = 0
    for name in structure.order:
        for lag in range(1, 1 + max((s.lag for s in slopes if s.group == name), default=0)):
            firsts[name, lag] = slice(n, n + structure.sizes[name])
            n += structure.sizes[name]
    kind = np.result_type(float, *(s.matrix for s in slopes), *at.values())
    inputs = structure.sizes[INPUT]
    own, driven = np.eye(size, dtype=kind), np.zeros((size, inputs), dtype=kind)
    held = np.zeros((size, n), dtype=kind)
    # What goes to the states from nodes, inputs and the next states.
    nodes, late = np.zeros((n, size), dtype=kind), np.zeros((n, inputs), dtype=kind)
    shift, x0 = np.zeros((n, n), dtype=kind), np.zeros(n, dtype=kind)
    for item in slopes:
        rows = firsts[item.group, item.lag] if item.lag else places[item.group]
        if item.source == INPUT:
            (late if item.lag else driven)[rows] += item.matrix
        elif item.lag:
            nodes[rows, places[item.source]] += item.matrix
        else:
            own[rows, places[item.source]] -= item.matrix
        for lag in range(1, item.lag + 1):
            x0[firsts[item.group, lag]] += item.matrix @ at[item.source]
    for (name, lag), own_states in firsts.items():
        if lag == 1:
            held[places[name], own_states] = np.eye(structure.sizes[name])
            if all(s.lag for s in slopes if s.group == name):
                x0[own_states] = at[name]
        else:
            shift[firsts[name, lag - 1], own_states] = np.eye(structure.sizes[name])
    to_nodes = np.linalg.solve(own, np.hstack([held, driven]))
    from_states, from_inputs = to_nodes[:, :n], to_nodes[:, n:]
    seen = np.concatenate(
        [
            np.arange(places[name].start, places[name].start + k)
            for name, k in structure.free_outputs
        ]
    )
    A = nodes @ from_states + shift
    return A, nodes @ from_inputs + late, from_states[seen], from_inputs[seen], x0


def start_of(structure: Structure, at: dict[str, np.ndarray], past: dict[str, np.ndarray]) -> Array:
    """Return the states as `matrices` has them, less those at a point, after values of the past."""
    slopes = [item for item in structure.slopes(at) if item.lag]
    found = []
    for name in structure.order:
        own = [item for item in slopes if item.group == name]
        for lag in range(1, 1 + max((item.lag for item in own), default=0)):
            state = np.zeros(structure.sizes[name])
            for item in own:
                if item.lag >= lag:
                    before = past[item.source][item.lag - lag]
                    state += item.matrix @ (before - at[item.source])
            found.append(state)
    return np.concatenate([np.empty(0), *found])


def scaled(
    member: Framed, structure: Structure, point: Point
) -> tuple[Array, Array, Array, Array, Array]:
    """Return A, B, C, D and x0 in the user's units."""
    A, B, C, D, x0 = matrices(structure, point.values)
    u, y = member.front.u.deviation, member.front.y.deviation[:, None]
    return A, B / u, C * y, D * y / u, x0


def linearised(member: Framed, sampling_time: float | None, at: ArrayLike | None) -> LinearSystem:
    """Return the linear model of a member in free run about an operating point."""
    structure = Structure(member.net)
    point = point_of(member, structure, at)
    A, B, C, D, x0 = scaled(member, structure, point)
    front = member.front
    outputs = [point.values[name][:count] for name, count in structure.free_outputs]
    state = member.resting(np.zeros((1, structure.sizes[INPUT])))
    past = structure.past(member.net._own_start() if state is None else state)
    return LinearSystem(
        *(A, B, C, D, point.u0),
        front.y.restore(np.concatenate(outputs)),
        x0,
        None if sampling_time is None else sampling_time * front.factor,
        front.delays.copy() if front.factor == 1 else front.delays / front.factor,
        start_of(structure, point.values, past),
        front.u.mean - point.u0,
    )
