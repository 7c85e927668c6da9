"""How sure the linear model of a member is: standard errors by the weights' covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine import shown
from .._engine.data.sequences import Sequences
from .._engine.found import Band
from .._engine.types import Array, ComplexArray, DataLike, OneSequence, StateLike
from ..networks.linear import sensitivity
from ..networks.linear.framed import Framed
from ..networks.linear.responses import (
    FrequencyResponse,
    frequency_response,
    gains,
    grid,
    poles,
    step_count,
    step_response,
)
from ..networks.linear.system import LinearSystem, linearised

# What is left of a start that is forgotten, and time steps until then, at most.
_FORGOTTEN, _MOST_SETTLING = 1e-9, 1000


class WeightUncertainty(Protocol):
    """What is asked of an `Uncertainty` of weights."""

    @property
    def covariance(self) -> Array:
        """Of the weights, (P, P)."""

    def band(
        self, u: DataLike, level: float = ..., *, noise: bool = ..., initial: StateLike | None = ...
    ) -> Band | list[Band]:
        """Return a lower and an upper bound of each output."""


class Running(Framed, Protocol):
    """What is asked of a member of an identified model."""

    def simulate(self, u: list[Array], starts: list[Array | None]) -> list[Array]:
        """Return free runs (T, O) of inputs (T, M)."""


class Modelled(Protocol):
    """What is asked of an identified model, whose best member is the first."""

    @property
    def members(self) -> Sequence[Running]:
        """The networks that it is made of."""

    def _read(self, u: DataLike, y: DataLike | None) -> tuple[Sequences, list[Array], object]: ...
    def _output_names(self) -> list[str]: ...


@dataclass(frozen=True, repr=False)
class ModelUncertainty:
    """What a record leaves open of the best member, `IdentifiedModel.single`, or of a network.

    Standard errors are those of linear theory: they do not depend on the basis of the states. All
    are in the units of the record.

    Attributes
    ----------
    system : LinearSystem
        What they are of.
    weights : Uncertainty
        Of the weights of `IdentifiedModel.net`, in deviations, or of those of the network.
    poles : complex array of shape (n,)
        As `IdentifiedModel.poles` gives them.
    poles_covariance : array of shape (n, 2, 2)
        Of the real and the imaginary part of each; NaN for poles that coincide.
    gains, gains_error : array of shape (O, M)
        What a constant input changes in the end, and the standard error; NaN with an integrator.
    step, step_error : array of shape (steps, O, M)
        As `IdentifiedModel.step` gives it.
    frequency : FrequencyResponse
        As `IdentifiedModel.bode` gives it.
    frequency_covariance : array of shape (F, O, M, 2, 2)
        Of the real and the imaginary part of the response.
    """

    system: LinearSystem
    weights: WeightUncertainty
    poles: ComplexArray
    poles_covariance: Array
    gains: Array
    gains_error: Array
    step: Array
    step_error: Array
    frequency: FrequencyResponse
    frequency_covariance: Array
    _model: Modelled | None

    @property
    def poles_error(self) -> ComplexArray:
        """Standard errors of the poles, (n,): real parts of the real ones, imaginary likewise."""
        return _deviation(self.poles_covariance[:, 0, 0]) + 1j * _deviation(
            self.poles_covariance[:, 1, 1]
        )

    @property
    def magnitude_error(self) -> Array:
        """Standard error of the magnitude of the frequency response in dB, (F, O, M)."""
        size, along, _ = self._polar()
        with np.errstate(divide="ignore", invalid="ignore"):
            return 20 / np.log(10) * along / size

    @property
    def phase_error(self) -> Array:
        """Standard error of its phase in degrees, (F, O, M)."""
        size, _, across = self._polar()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.degrees(across / size)

    def _polar(self) -> tuple[Array, ...]:
        """Return absolute values, and standard errors along and across them."""
        response = self.frequency.response
        size = np.abs(response)
        with np.errstate(divide="ignore", invalid="ignore"):
            along = np.stack([response.real, response.imag], axis=-1) / size[..., None]
        across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
        return size, *(
            _deviation(np.einsum("...i,...ij,...j", d, self.frequency_covariance, d))
            for d in (along, across)
        )

    @overload
    def band(self, u: OneSequence, level: float = ..., *, noise: bool = ...) -> Band: ...
    @overload
    def band(self, u: DataLike, level: float = ..., *, noise: bool = ...) -> Any: ...
    def band(self, u: DataLike, level: float = 0.95, *, noise: bool = False) -> Band | list[Band]:
        """Return the lower and the upper bound of a band about the free run of the best member.

        Of what the weights leave open; `IdentifiedModel.band` is that of the whole model. Of a
        network it is `Uncertainty.band`.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            New inputs. The run begins where one does of which nothing is known; what the weights
            leave open of it is that of one from the equilibrium of the first input.
        level : float
            How often the noise-free output is inside, if it is one that the network can give.
        noise : bool
            Whether the band is for measured values instead.

        Returns
        -------
        Band, or list of such
            The lower and the upper bound, of shape (T, O) each; tables and lists as inputs came.

        Raises
        ------
        ArgumentError, SizeError
            As of `IdentifiedModel.simulate`; a level that is not between 0 and 1.
        """
        model = self._model
        if model is None:
            return self.weights.band(u, level, noise=noise)
        member = model.members[0]
        given, arrays, _ = model._read(u, None)
        inputs = [member.front.inputs(item) for item in arrays]
        # From a state of no basis, long enough with the first input to be where it leads.
        waiting = self._settling()
        longer = [np.concatenate([np.repeat(i[:1], waiting, axis=0), i]) for i in inputs]
        zero = np.zeros(member.net.state_size)
        bands = self.weights.band(longer, level, noise=noise, initial=[zero] * len(longer))
        names = model._output_names()
        found = []
        for place, run in enumerate(member.simulate(arrays, [None] * len(arrays))):
            low, high = (part[waiting:] for part in bands[place])
            half = member.front.restore((high - low) / 2, len(run)) - member.front.y.mean
            parts = (run - half, run + half)
            found.append(Band(*(given.like(place, part, names) for part in parts)))
        return found if given.is_list else found[0]

    def _settling(self) -> int:
        """Return time steps after which a start is forgotten; none where it never is."""
        slowest = np.abs(self.poles).max(initial=0.0)
        if slowest >= 1:
            return 0
        return int(min(np.log(_FORGOTTEN) / np.log(max(slowest, 1e-3)), _MOST_SETTLING))

    def _repr_html_(self) -> str | None:
        return shown.html(self)

    def __repr__(self) -> str:
        rows = [f"<ModelUncertainty of {len(self.poles)} poles: {self.weights!r}"]
        for pole, error in zip(self.poles, self.poles_error):
            rows.append(f"  {pole:.4g} +- {error.real:.2g}, {error.imag:.2g}j")
        return "\n".join(rows) + ">"


def of_weights(
    report: WeightUncertainty,
    member: Framed,
    sampling_time: float | None,
    model: Modelled | None,
    at: ArrayLike | None,
    steps: int | None,
    frequencies: ArrayLike | None,
) -> ModelUncertainty:
    """Return what that of the weights of a member leaves open; `model`: that it is of, or None."""
    system = linearised(member, sampling_time, at)
    slopes = sensitivity.derivatives(member, at)
    covariance = report.covariance
    values = poles(system)
    count = step_count(system, steps)
    places = grid(system, frequencies)
    return ModelUncertainty(
        system=system,
        weights=report,
        poles=values,
        poles_covariance=_complex_covariance(
            sensitivity.of_poles(system.A, values, slopes[0]), covariance
        ),
        gains=gains(system),
        gains_error=_error(sensitivity.of_gains(system, slopes), covariance),
        step=step_response(system, count),
        step_error=_error(sensitivity.of_steps(system, slopes, count), covariance),
        frequency=frequency_response(system, places),
        frequency_covariance=_complex_covariance(
            sensitivity.of_frequencies(system, slopes, places), covariance
        ),
        _model=model,
    )


def _error(slopes: Array, covariance: Array) -> Array:
    """Return standard errors of values whose derivatives are (P, ...)."""
    flat = slopes.reshape(len(slopes), -1)
    return _deviation(np.einsum("pk,pk->k", flat, covariance @ flat)).reshape(slopes.shape[1:])


def _complex_covariance(slopes: Array, covariance: Array) -> Array:
    """Return covariances (..., 2, 2) of the real and imaginary parts of complex values."""
    flat = slopes.reshape(len(slopes), -1)
    parts = np.stack([flat.real, flat.imag])
    found = np.einsum("apk,bpk->kab", parts, np.stack([covariance @ part for part in parts]))
    return found.reshape(*slopes.shape[1:], 2, 2)


def _deviation(variance: Array) -> Array:
    """Return square roots; what rounding made negative is 0."""
    return np.sqrt(np.maximum(variance, 0))
