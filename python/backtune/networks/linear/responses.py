"""Poles, step responses and frequency responses of linear models."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..._engine import shown
from ..._engine.arrays import as_count, as_full
from ..._engine.data.numbers import as_float
from ..._engine.errors import ArgumentError
from ..._engine.types import Array, ComplexArray
from ..structure import INPUT, Structure
from .equilibrium import find
from .framed import Framed
from .operating import point_of, taps

# What a pole leaves at the end of a step response, or makes of 1 outside the unit circle, and how
# many steps there are.
_LEFT, _LEAST, _MOST = 1e-2, 20, 1000
_FREQUENCIES = 200


class Linear(Protocol):
    """The matrices of a linear model and its dead times, as `LinearSystem` has them."""

    @property
    def A(self) -> Array: ...  # noqa: D102
    @property
    def B(self) -> Array: ...  # noqa: D102
    @property
    def C(self) -> Array: ...  # noqa: D102
    @property
    def D(self) -> Array: ...  # noqa: D102
    @property
    def delays(self) -> Array: ...  # noqa: D102
    @property
    def sampling_time(self) -> float | None: ...  # noqa: D102


class FrequencyResponse(NamedTuple):
    """The answer to sines, of each output to each input.

    Attributes
    ----------
    frequencies : array of shape (F,)
        In Hz where the sampling time is known, otherwise in cycles per time step of the model.
    response : complex array of shape (F, O, M)
        In units of the output over those of the input, dead time included.
    """

    frequencies: Array
    response: ComplexArray

    @property
    def magnitude(self) -> Array:
        """Absolute value in dB, (F, O, M); -inf where there is no answer."""
        with np.errstate(divide="ignore"):
            return 20 * np.log10(np.abs(self.response))

    @property
    def phase(self) -> Array:
        """Angle in degrees, (F, O, M), without jumps from one frequency to the next."""
        return np.degrees(np.unwrap(np.angle(self.response), axis=0))

    def _repr_html_(self) -> str | None:
        return shown.html(self)


def poles(system: Linear) -> ComplexArray:
    """Return the eigenvalues of A, (n,), complex, the largest modulus first."""
    found = np.linalg.eigvals(system.A)
    # Pairs side by side, the positive angle first.
    order = np.lexsort((-np.angle(found), np.abs(np.angle(found)), -np.abs(found).round(12)))
    return found[order].astype(complex)


def step_count(system: Linear, steps: int | None) -> int:
    """Return how many time steps of a step response are asked for, or show where it ends."""
    if steps is not None:
        return as_count(steps, "steps", 0)
    slowest = np.abs(np.linalg.eigvals(system.A)).max(initial=0.0)
    rate = abs(np.log(max(slowest, 1e-3)))
    needed = -np.log(_LEFT) / max(rate, 1e-9)
    late = float(np.max(system.delays, initial=0))
    return int(np.clip(np.ceil(1.5 * needed + late), _LEAST + late, _MOST + late))


def step_response(system: Linear, steps: int) -> Array:
    """Return what outputs do after a step of 1 of each input at t = 0, (steps, O, M)."""
    B = system.B
    state = np.zeros_like(B)
    prompt = np.empty((steps, *system.D.shape), dtype=np.result_type(B, system.A, system.C))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            prompt[t] = system.C @ state + system.D
            state = system.A @ state + B
    return delayed(prompt, system.delays)


def delayed(values: Array, delays: Array) -> Array:
    """Return responses (steps, ..., M), zero before t = 0, as late as the dead times say."""
    if not np.any(delays):
        return values
    found = np.zeros_like(values)
    for m, delay in enumerate(np.asarray(delays, dtype=float).tolist()):
        for lag, share in taps(delay):
            found[lag:, ..., m] += share * values[: max(0, len(values) - lag), ..., m]
    return found


def real_step(member: Framed, steps: int, at: ArrayLike | None, size: ArrayLike) -> Array:
    """Return what the outputs of a member do after a step of each input, (steps, O, M).

    From the equilibrium at the operating point, in the user's units, less the outputs there.

    Raises
    ------
    ArgumentError
        There is no equilibrium; a size that is not finite.
    SizeError
        Sizes of another number.
    """
    structure = Structure(member.net)
    point = point_of(member, structure, at)
    count = len(point.u0)
    sizes = as_full(size, (count,), "size")
    if not np.isfinite(sizes).all():
        raise ArgumentError("size: NaN or infinite, expected finite numbers")
    values = point.values
    if not point.rests:
        values, rests = find(member.net, structure, values[INPUT], member.rest)
        if not rests:
            raise ArgumentError("size: the model has no equilibrium to start a step from")
    state = structure.state({name: nodes[None] for name, nodes in values.items()})
    changes = sizes / member.front.u.deviation
    inputs = [np.tile(values[INPUT], (steps, 1)) for _ in range(count)]
    for m, change in enumerate(changes.tolist()):
        for lag, share in taps(float(member.front.delays[m] / member.front.factor)):
            inputs[m][lag:, m] += share * change
    rest = np.concatenate([values[name][:k] for name, k in structure.free_outputs])
    runs = member.net.simulate(inputs, [state] * count)
    deviation = member.front.y.deviation
    return np.stack([(run - rest) * deviation for run in runs], axis=-1)


def grid(system: Linear, frequencies: ArrayLike | None) -> Array:
    """Return frequencies, in Hz or cycles per time step: those given, or some up to Nyquist's.

    Raises
    ------
    ArgumentError
        Some that are not finite, negative, or no vector.
    """
    time = system.sampling_time or 1.0
    if frequencies is None:
        slow = np.abs(1 - np.linalg.eigvals(system.A))
        low = slow[slow > 1e-6].min(initial=0.1) / (2 * np.pi) / 10
        return np.geomspace(np.clip(low, 1e-6, 0.01), 0.5, _FREQUENCIES) / time
    found = np.atleast_1d(as_float(frequencies, "frequencies"))
    if found.ndim != 1 or not np.isfinite(found).all() or (found < 0).any():
        raise ArgumentError(f"frequencies: {frequencies!r} came, expected a vector of 0 or more")
    return found


def resolvents(system: Linear, frequencies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (z - A)^-1 at each frequency, (F, n, n), and the dead times, (F, 1, M).

    NaN at frequencies of poles on the unit circle.
    """
    z = np.exp(2j * np.pi * frequencies * (system.sampling_time or 1.0))
    n = len(system.A)
    found = np.full((len(z), n, n), np.nan, dtype=complex)
    for k, value in enumerate(z):
        try:
            found[k] = np.linalg.inv(value * np.eye(n) - system.A)
        except np.linalg.LinAlgError:
            continue
    late = np.ones((len(z), 1, system.B.shape[1]), dtype=complex)
    for m, delay in enumerate(np.asarray(system.delays, dtype=float).tolist()):
        late[:, 0, m] = sum(share * z**-lag for lag, share in taps(delay))
    return found, late


def frequency_response(system: Linear, frequencies: Array) -> FrequencyResponse:
    """Return the response of a linear model at frequencies as `grid` gives them."""
    inverse, late = resolvents(system, frequencies)
    return FrequencyResponse(frequencies, (system.C @ inverse @ system.B + system.D) * late)


def gains(system: Linear) -> Array:
    """Return what a constant input changes in the end, (O, M); NaN with an integrator."""
    try:
        held = np.linalg.solve(np.eye(len(system.A)) - system.A, system.B)
    except np.linalg.LinAlgError:
        return np.full(system.D.shape, np.nan)
    return system.C @ held + system.D
