"""What a fitted regressor gives: outputs, forecasts in free run, scores."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from .._engine.arrays import as_count, as_size
from .._engine.data.scales import Scale
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, Arrays, DataLike
from ._identified import RecipeRegressor
from ._networks import estimated_state
from ._recipe import outputs_of, run_of
from ._sequences import check_target, read_inputs, read_outputs, read_weights
from ._tables import aligned, like


class PredictingRegressor(RecipeRegressor):
    """The part of `RecurrentRegressor` that predicts."""

    def predict(
        self, X: DataLike | None = None, y: DataLike | None = None, *, horizon: int | None = None
    ) -> Any:
        """Return the outputs.

        Parameters
        ----------
        X : array of shape (T, M), or list of such
            Inputs, finite.
        y : array of shape (n,) or (n, O), or list of such, optional
            The first outputs, n up to T, NaN for missing ones: they set the state at the start and
            nothing else. Without them it is what `initial` says.
        horizon : int, optional
            The former spelling of ``forecast(X, y, steps=horizon)``, with a FutureWarning; it goes
            with the next release.

        Returns
        -------
        array of shape (T,) or (T, O) as y of `fit` was, or list of such
            In the form of X, with its index: a Series or a table for a table of pandas, xarray or
            polars.

        Raises
        ------
        ArgumentError
            `initial` is "estimate" and y did not come, or "continue" and as many sequences
            as `fit` had did not come, or rows whose index is neither in that of `fit`
            nor after it.
        """
        check_is_fitted(self)
        if horizon is not None:
            warnings.warn(
                "predict(horizon=...) is now forecast(steps=...); the former spelling goes with the"
                " next release",
                FutureWarning,
                stacklevel=2,
            )
            return self._forecast(X, y, horizon, "horizon")
        if X is None:
            raise ArgumentError("X: None came, expected an array or a list of arrays")
        u, listed = self._read(X)
        outputs = self._outputs(X, u, self._first(aligned(X, y), u, listed))
        return like(X, outputs, self._output_names(), self._flat)

    def forecast(self, X: DataLike | None = None, y: DataLike | None = None, *, steps: int) -> Any:
        """Go on in free run, each output being the input of the next time step.

        For a network that predicts the next value of its own inputs (``fit(series[:-1],
        series[1:])``, as many outputs as inputs). A network that is made for forecasts, with bands,
        is that of `backtune.forecast`.

        Parameters
        ----------
        X : array of shape (T, M), or list of such, optional
            Inputs, finite: the first forecast is that after the last row. Without them it begins
            where the data of `fit` ended.
        y : array of shape (n,) or (n, O), or list of such, optional
            The first outputs, as in `predict`.
        steps : int
            Number of forecasts, 1 or more.

        Returns
        -------
        array of shape (steps,) or (steps, O) as y of `fit` was, or list of such

        Raises
        ------
        ArgumentError
            As `predict`; targets of `fit` that were not its next inputs; a free run that diverges.
        """
        check_is_fitted(self)
        return self._forecast(X, y, steps, "steps")

    def score(
        self, X: DataLike, y: DataLike | None, sample_weight: DataLike | None = None
    ) -> float:
        """Return R^2, in the mean over the outputs, of all time steps with a known output.

        With ``initial="estimate"`` the first `n_initial` outputs of each sequence set the
        state and do not count. Parameters as in `fit`.
        """
        check_target(self, y)
        u, listed = self._read(X)
        lengths = [len(item) for item in u]
        desired = self._targets(aligned(X, y), lengths, listed)
        weights = read_weights(aligned(X, sample_weight, True, "sample_weight"), lengths, listed)
        skip, first = 0, None
        if self._begin == "estimate":
            skip = as_size(self.n_initial, "n_initial")
            first = [item[:skip] for item in desired]
        pairs = zip(self._outputs(X, u, first), desired)
        predicted, known = map(np.concatenate, zip(*((x[skip:], o[skip:]) for x, o in pairs)))
        counted = None if weights is None else np.concatenate([item[skip:] for item in weights])
        scores = []
        for x, o in zip(predicted.T, known.T):
            rows = np.isfinite(o) if counted is None else np.isfinite(o) & (counted > 0)
            if not rows.any():
                raise ArgumentError("y: an output has no known value that counts")
            gains = None if counted is None else counted[rows]
            scores.append(r2_score(o[rows], x[rows], sample_weight=gains))
        return float(np.mean(scores))

    # ---- Inside

    def _targets(
        self, y: DataLike | None, lengths: list[int], listed: bool, shorter: bool = False
    ) -> Arrays:
        """Return outputs as arrays (T, O)."""
        given = read_outputs(y, lengths, listed, shorter)
        result = [item.reshape(len(item), -1) for item in given]
        if result[0].shape[1] != self.n_outputs_:
            raise SizeError(f"y: {result[0].shape[1]} outputs came, {self.n_outputs_} in fit")
        return result

    def _first(self, y: DataLike | None, u: Arrays, listed: bool) -> Arrays | None:
        """Return the first outputs that came, as arrays (n, O)."""
        if y is None:
            return None
        return self._targets(y, [len(item) for item in u], listed, shorter=True)

    def _read(self, X: DataLike) -> tuple[Arrays, bool]:
        """Return the sequences of X for a prediction, as the model or the network takes them."""
        check_is_fitted(self)
        u, listed = read_inputs(self, X, reset=False)
        return (u if self._model() is not None else self._scaled(u)), listed

    def _outputs(self, X: DataLike, u: Arrays, first: Arrays | None) -> Arrays:
        """Return outputs (T, O) in units of y."""
        model = self._model()
        if model is None:
            return [item for item, _ in self._runs(X, u, first)]
        if first is None and self._wanted_start() == "continue":
            return run_of(model, self._past, self._past.rows(X, u))(u)
        return outputs_of(model, u, first)

    def _runs(self, X: DataLike, u: Arrays, first: Arrays | None) -> list[tuple[Array, Array]]:
        """Return outputs (T, O), in units of y, and final states."""
        scale = Scale(self.y_mean_, self.y_scale_)
        if first is None:
            starts: Sequence[Array | None] | None = self._starts(X, u)
        else:
            starts = [
                estimated_state(self.network_, item[: len(y)], scale.apply(y))
                for item, y in zip(u, first)
            ]
        runs = self.network_.simulate(u, starts, return_state=True)
        return [(scale.restore(outputs), state) for outputs, state in runs]

    def _output_names(self) -> list[str]:
        """Return the names of the columns that come back: of series none, where y had none."""
        names = self.network_.output_names
        if names is None:
            return [] if self._flat else self.network_._output_names()
        return names

    def _shaped(self, outputs: Arrays, listed: bool) -> Array | Arrays:
        shaped = [item[:, 0] if self._flat else item for item in outputs]
        return shaped if listed else shaped[0]

    def _forecast(
        self, X: DataLike | None, y: DataLike | None, steps: int, name: str
    ) -> Array | Arrays:
        steps = as_count(steps, name, 1)
        if self.n_outputs_ != self.n_features_in_:
            raise ArgumentError(
                f"{name}: {self.n_outputs_} outputs cannot be the next {self.n_features_in_} inputs"
            )
        if not self._predicts_inputs:
            raise ArgumentError(
                f"{name}: the targets of fit were not the next inputs (y[t] = X[t + 1]), so that"
                " outputs cannot be fed back as inputs; with inputs from outside a forecast is"
                " predict(X_past_and_future, y_past)"
            )
        if X is None and y is not None:
            raise ArgumentError("y: it came without X")
        model = self._model()
        if model is not None:
            return self._forecast_recipe(model, X, y, steps, name)
        if X is None:
            values, states = self._last_outputs, self.final_states_
            listed, forecasts = len(states) > 1, []
        else:
            u, listed = self._read(X)
            runs = self._runs(X, u, self._first(aligned(X, y), u, listed))
            values, states = [item[-1] for item, _ in runs], [state for _, state in runs]
            forecasts = [values]
        scale = Scale(self.y_mean_, self.y_scale_)
        while len(forecasts) < steps:
            rows = self._scaled([item.reshape(1, -1) for item in values])
            runs = self.network_.simulate(rows, states, return_state=True)
            values = [scale.restore(outputs)[0] for outputs, _ in runs]
            states = [state for _, state in runs]
            if not all(np.isfinite(item).all() for item in values):
                raise ArgumentError(f"{name}: the free run diverges after {len(forecasts)} steps")
            forecasts.append(values)
        return self._shaped([np.stack(item) for item in zip(*forecasts)], listed)
