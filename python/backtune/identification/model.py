"""What `identify` returns: the members of a model as one."""

from __future__ import annotations

import os
from typing import Any, overload

from .._engine import shown
from .._engine.restored import from_json
from .._engine.types import Array, DataLike, Reals
from . import ahead, documents, measures, runs
from .analysis import AnalysedModel
from .combination import as_horizon
from .plots import Plots
from .residuals import residuals_of
from .selection import with_candidate


class IdentifiedModel(AnalysedModel):
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
    input_model : InputModel or None
        Of inputs that were missing in the record.
    names : tuple of (list of str or None), of inputs and of outputs
        Of the columns that came.
    units : tuple of (list of str or None), of inputs and of outputs
        Theirs.
    sampling_time : float or None
        Seconds of a time step, where the record said it.
    candidates : dict of int to Member
        By their row in the report, all that `with_candidate` takes.
    """

    # ---- What it says of the outputs

    @overload
    def simulate(self, u: Reals, y: DataLike | None = ..., *, linear: bool = ...) -> Array: ...
    @overload
    def simulate(
        self, u: list[Reals], y: DataLike | None = ..., *, linear: bool = ...
    ) -> list[Array]: ...
    @overload
    def simulate(self, u: DataLike, y: DataLike | None = ..., *, linear: bool = ...) -> Any: ...
    def simulate(self, u: DataLike, y: DataLike | None = None, *, linear: bool = False) -> Any:
        """Return the outputs in free run, in the units of the record.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
            Inputs, (T,) means one channel; NaN, in channels that have missing values in the record
            too, is a missing value, in whose place comes what it may have been, in the mean.
        y : array of shape (n, O), or list of such, optional
            The first n measured outputs, n up to T, NaN for missing ones: they set the initial
            state and nothing else. Without them a run begins as the record did where its inputs
            are, or begin with, those of a whole sequence of the record, else in the mean state of
            the record or in the equilibrium of the first input, whichever predicted held-back
            starts.
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
        given, arrays, known = runs.read_record(self, u, y)
        results = runs.simulated(self, arrays, known, linear)
        return given.results(results, self._output_names())

    @overload
    def predict(self, u: Reals, y: DataLike | None, horizon: float | None = ...) -> Array: ...
    @overload
    def predict(
        self, u: list[Reals], y: DataLike | None, horizon: float | None = ...
    ) -> list[Array]: ...
    @overload
    def predict(self, u: DataLike, y: DataLike | None, horizon: float | None = ...) -> Any: ...
    def predict(self, u: DataLike, y: DataLike | None, horizon: float | None = 1) -> Any:
        """Return the outputs predicted some steps ahead.

        The value of time t is given what was measured up to t - horizon, and inputs up to t. The
        state before the first one is that which the outputs suggest that are known by then;
        regressions have no say until as many were measured as they read.

        Parameters
        ----------
        u : array of shape (T, M), or list of such
        y : array of shape (T, O), or list of such
            Measured outputs, NaN for missing; after their end the run is free.
        horizon : int or None
            Steps ahead, 1 or more; None or infinity: the free run.

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
        steps = as_horizon(horizon)
        given, arrays, known = runs.read_record(self, u, y)
        results = runs.predicted(self, arrays, known, steps)
        return given.results(results, self._output_names())

    forecast = ahead.forecast
    band = ahead.band
    filter = ahead.filtered

    # ---- How well it does

    nmse = measures.nmse
    score = measures.score
    fit_percent = measures.fit_percent
    residuals = residuals_of

    @property
    def plot(self) -> Plots:
        """Figures: ``model.plot.prediction(u, y)`` and others, see `Plots`."""
        return Plots(self)

    with_candidate = with_candidate

    # ---- Kept

    to_json = documents.to_json
    save = documents.save

    @classmethod
    def from_json(cls, text: str) -> IdentifiedModel:
        """Make a model from the text of `to_json`; ArgumentError for another text."""
        return documents.from_json(cls, text)

    @classmethod
    def load(cls, path: str | os.PathLike) -> IdentifiedModel:
        """Read the file of `save`.

        Raises
        ------
        FileError
            The file cannot be read (an OSError).
        ArgumentError
            Another file, a damaged one, one of a newer version, a pickle of an earlier release.
        """
        return documents.load(cls, path)

    def __reduce__(self) -> tuple:
        return from_json, (type(self), self.to_json())

    # ---- Inside

    def __repr__(self) -> str:
        return (
            f"<IdentifiedModel: {self.net.inputs} inputs, {self.net.outputs} outputs,"
            f" {len(self.members)} members, the best of {self.order} states, {self.hidden}"
            " nonlinear nodes>"
        )

    def _repr_html_(self) -> str | None:
        return shown.html(self)
