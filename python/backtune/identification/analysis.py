"""What a control engineer does with an identified model: the part of it that analyses."""

from __future__ import annotations

import os
from typing import Any

from numpy.typing import ArrayLike

from .._engine.types import Array, ComplexArray, DataLike
from ..estimation.linear_uncertainty import ModelUncertainty, of_weights
from ..networks.linear import responses
from ..networks.linear.system import LinearSystem, linearised
from ..networks.network import Network
from .base import ModelBase
from .covariance import weight_uncertainty
from .runs import read_record
from .single import resting, single, state_of


class AnalysedModel(ModelBase):
    """A model that tells of its best member, `single`, and of no other."""

    # What a `ModelUncertainty` of it reads records by.
    _read = read_record

    @property
    def single(self) -> Network:
        """The best member in free run as one network in the units of the record, a new one.

        Scales are folded into its weights, dead times into the lags of its inputs; it has the names
        and units of the record. ``single.simulate(u)`` is the free run of ``members[0]`` from its
        mean state, its inputs having rested at their means (`single_state` says other starts),
        without the filter of input glitches. Where the member has a slower clock (``front.factor``
        above 1) so has the network: its `sampling_time` says which, an input of it is the mean over
        a time step, and of dead times parts of a step are shared among two. Its JSON is read from C
        (``bt_network_from_json``).

        Raises
        ------
        NetworkError
            A network of which scales cannot be folded into weights.
        """
        return single(self.members[0])

    def export(
        self, path: str | os.PathLike | None = None, *, format: str | None = None, **options: object
    ) -> Any:
        """Write `single` for other programs, in the units of the record: as `Network.export`.

        Returns
        -------
        None, str or bytes
            Without a path the text, or the bytes of a format that is none.
        """
        return self.single.export(path, format=format, **options)

    def single_state(self, u: DataLike) -> Array:
        """Return the state from which `single` runs as ``members[0]`` does under these inputs.

        Parameters
        ----------
        u : array of shape (T, M)
            Inputs, as `simulate` takes them.

        Returns
        -------
        array of shape (state_size,)
            The `initial` of ``single.simulate``: the mean state of the record, or the equilibrium
            of the first input where that predicts better, late inputs having been what they are
            first.
        """
        member = self.members[0]
        _, arrays, _ = read_record(self, u, None)
        start = resting(member, member.front.inputs(arrays[0]))
        first = arrays[0][0] if len(arrays[0]) else None
        return state_of(member, self.single, start, first)

    def to_state_space(
        self, at: ArrayLike | None = None, *, with_delays: bool = False
    ) -> LinearSystem:
        """Return the linear model of `single` about an operating point, in free run.

        Exact for linear models; of others the derivatives at the equilibrium of the inputs.

        Parameters
        ----------
        at : array of shape (M,), optional
            Constant inputs; the means of the record by default. Where these have no equilibrium a
            nonlinear model is taken at its mean state instead.
        with_delays : bool
            Whether dead times become states; `delays` says them otherwise.

        Returns
        -------
        LinearSystem
            In the units of the record. Its states are those of the network (unit "state_space"),
            or the parts of the next outputs that are known (ARX models).

        Raises
        ------
        ArgumentError
            Inputs of another number, not finite, or under which a nonlinear model does not rest.
        """
        system = linearised(self.members[0], self.sampling_time, at)
        return system.with_delays() if with_delays else system

    def poles(self, at: ArrayLike | None = None) -> ComplexArray:
        """Return the poles of that linear model, (n,), complex, the largest modulus first.

        Dead times, whose poles are 0, are left out. The model is stable where all are inside the
        unit circle; `sampling_time` of `to_state_space` is that of their time step.
        """
        return responses.poles(self.to_state_space(at))

    def gains(self, at: ArrayLike | None = None) -> Array:
        """Return what a constant input changes in the end, (O, M), of that linear model.

        In units of the outputs per unit of the inputs; NaN with an integrator.
        """
        return self.to_state_space(at).gains()

    def step(
        self,
        steps: int | None = None,
        at: ArrayLike | None = None,
        *,
        size: ArrayLike | None = None,
    ) -> Array:
        """Return what each output does after a step of each input at t = 0.

        Parameters
        ----------
        steps : int, optional
            How many time steps of `single`; by default until little changes, 1000 at most.
        at : array of shape (M,), optional
            The operating point, as in `to_state_space`.
        size : float or array of shape (M,), optional
            Without it: the answer of the linear model to a step of 1. With it: the change of the
            outputs of `single` itself after a step of that size, from the equilibrium.

        Returns
        -------
        array of shape (steps, O, M)
            In units of the outputs, per unit of the input without `size`; dead times included.

        Raises
        ------
        ArgumentError
            As of `to_state_space`; with `size`: there is no equilibrium.
        SizeError
            Sizes of another number.
        """
        system = self.to_state_space(at)
        count = responses.step_count(system, steps)
        if size is None:
            return responses.step_response(system, count)
        return responses.real_step(self.members[0], count, at, size)

    def bode(
        self, frequencies: ArrayLike | None = None, at: ArrayLike | None = None
    ) -> responses.FrequencyResponse:
        """Return the frequency response of that linear model, dead times included.

        Parameters
        ----------
        frequencies : array of shape (F,), optional
            In Hz where the model has a sampling time, otherwise in cycles per time step of
            `single`; by default 200 up to half a cycle per time step.
        at : array of shape (M,), optional
            The operating point, as in `to_state_space`.

        Returns
        -------
        FrequencyResponse
            With `frequencies`, `response` (F, O, M), `magnitude` in dB and `phase` in degrees.

        Raises
        ------
        ArgumentError
            As of `to_state_space`; frequencies that are negative or not finite.
        """
        system = self.to_state_space(at)
        return responses.frequency_response(system, responses.grid(system, frequencies))

    def uncertainty(
        self,
        u: DataLike,
        y: DataLike | None,
        at: ArrayLike | None = None,
        *,
        steps: int | None = None,
        frequencies: ArrayLike | None = None,
    ) -> ModelUncertainty:
        """Return how sure a record makes poles, gains, step and frequency response of `single`.

        By the linear theory of least squares at the weights that were found, without the ridge that
        may have held them: free-run errors where the member was trained by these, which takes noise
        to be white at the outputs; else errors one step ahead. The basis of the states does not
        matter. It is of the best member; `band` of the model tells of all of them.

        Parameters
        ----------
        u, y : array of shapes (T, M) and (T, O), or lists of such
            The record that the model was made from, which it does not keep; NaN for missing
            outputs.
        at : array of shape (M,), optional
            The operating point, as in `to_state_space`; the equilibrium moves with the weights.
        steps, frequencies
            As of `step` and `bode`.

        Returns
        -------
        ModelUncertainty

        Raises
        ------
        ArgumentError, SizeError
            As of `to_state_space`, `step`, `bode` and `simulate`; no measured output.
        StateError
            The simulation diverges on the record.
        KeyboardInterrupt
            Ctrl-C.
        """
        report = weight_uncertainty(self, u, y)
        return of_weights(report, self.members[0], self.sampling_time, self, at, steps, frequencies)
