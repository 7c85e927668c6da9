"""The part of `RecurrentRegressor` that follows the recipe of `identify`."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin

from .._engine.data.parts import observed_steps
from .._engine.errors import ArgumentError, StateError
from .._engine.types import Array, Arrays, DataLike
from ..estimation.criteria import LeastSquares
from ..identification import IdentificationReport, IdentifiedModel, identify
from ..identification.checking import LEAST_VALUES
from ._base import RecurrentEstimator
from ._continue import Past
from ._options import seed_of
from ._recipe import Learn, final_states, forecasts, gone_on, outputs_of, run_of, small_model
from ._tables import aligned
from ._training import Task


class RecipeRegressor(RegressorMixin, RecurrentEstimator):
    """Fits a model by `identify`, goes on with it, and forecasts with it."""

    model_: IdentifiedModel | None
    report_: IdentificationReport | None

    def _model(self) -> IdentifiedModel | None:
        """Return the model of the recipe; None with units, and of what earlier releases kept."""
        return getattr(self, "model_", None)

    def _fit_recipe(
        self, X: DataLike, u: Arrays, known: Arrays, gains: Arrays | None, go_on: bool
    ) -> Arrays:
        """Identify a model, or go on with the best member of the one there is."""
        self.trace_, self.validation_errors_ = None, []
        before = self._model()
        if go_on and before is not None:
            model, trained = gone_on(before, u, known, gains, self._learner(True))
            self.trace_, self.validation_errors_ = trained.trace, trained.validation
            self.n_iter_ = max(trained.iterations, 1)
        else:
            model = self._identify(u, known, gains)
            self.n_iter_ = max(model.members[0].trial.iterations, 1)
        self.final_states_ = final_states(model, u)
        if not np.isfinite(np.concatenate([np.empty(0), *self.final_states_])).all():
            raise StateError("the network diverges on these inputs")
        best = model.members[0]
        self.model_, self.network_ = model, best.net
        self.x_mean_, self.x_scale_ = best.front.u.mean, best.front.u.deviation
        self.y_mean_, self.y_scale_ = best.front.y.mean, best.front.y.deviation
        self._past = Past.of(X, u, None)
        return outputs_of(model, u)

    def _identify(self, u: Arrays, known: Arrays, gains: Arrays | None) -> IdentifiedModel:
        """Follow the recipe; a linear model of one state where the record is too short for it."""
        if self.criterion not in ("least-squares", LeastSquares()):
            raise ArgumentError(
                f"criterion: {self.criterion!r} came, expected least squares: the recipe takes no"
                " other; give units"
            )
        if self.unit_options is not None:
            raise ArgumentError("unit_options: of no use to the recipe; give units")
        if np.isfinite(np.concatenate(known)).sum(axis=0).min() < LEAST_VALUES:
            return small_model(u, known, gains, self._learner(False), seed_of(self.random_state))
        model = identify(
            u,
            known,
            gains,
            max_order=self.max_order,
            seed=seed_of(self.random_state),
            n_jobs=self.n_jobs,
            callback=self.callback,
            progress=bool(self.verbose),
            missing="error",
        )
        self.report_ = model.report
        return model

    def _learner(self, go_on: bool) -> Learn:
        """Return what trains a network of the recipe by the estimator."""
        return lambda net, u, y, gains: self._train(net, self._task(u, y, gains), go_on)

    def _task(self, u: Arrays, y: Arrays, gains: Arrays | None) -> Task:
        learns = self._identified or self._begin != "zero"
        squared = self.criterion in ("least-squares", LeastSquares())
        loss = np.square if squared else np.abs
        task = Task(u, y, gains, self.criterion, self.alpha, learns, lambda x, o: loss(x - o))
        if self.early_stopping:
            task.held = [self._is_last(observed_steps(item)) for item in y]
        return task

    def _forecast_recipe(
        self, model: IdentifiedModel, X: DataLike | None, y: DataLike | None, steps: int, name: str
    ) -> Array | Arrays:
        """Forecast by runs of the model over all rows."""
        if X is None:
            u = [np.vstack([v, last]) for v, last in zip(self._past.u, self._last_outputs)]
            begins = [(place, 0) for place in range(len(u))]
            found = forecasts(run_of(model, self._past, begins), u, steps, name)
            return self._shaped(found, len(u) > 1)
        u, listed = self._read(X)
        first = self._first(aligned(X, y), u, listed)
        if first is not None or self._wanted_start() == "zero":
            found = forecasts(lambda rows: outputs_of(model, rows, first), u, steps, name)
        else:
            found = forecasts(run_of(model, self._past, self._past.rows(X, u)), u, steps, name)
        return self._shaped(found, listed)
