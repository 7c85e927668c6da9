"""What the estimators for scikit-learn have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._engine.data.parts import last_part
from .._engine.data.scales import Scale
from .._engine.errors import ArgumentError, StateError
from .._engine.types import Arrays, DataLike, Flags, Places
from ..networks.network import Network
from ._checks import TAG_OF_FAILED_CHECKS
from ._continue import Past
from ._networks import build
from ._options import check_options, seed_of
from ._sequences import read_inputs
from ._training import Task, Trained, train

if TYPE_CHECKING:
    from sklearn.utils import Tags
    from typing_extensions import Self


class RecurrentEstimator(BaseEstimator):
    """Base of the estimators: parameters, states and training."""

    _softmax = False
    _starts_allowed: tuple[str, ...] = ("zero", "continue")
    _units_optional = False

    # ---- Fitted whole, or left as it was

    def fit(self, X: DataLike, y: DataLike | None, sample_weight: DataLike | None = None) -> Self:
        """Estimate the weights.

        Parameters
        ----------
        X : array of shape (T, M), or list of such
            Inputs, finite; rows are time steps in their order.
        y : array, or list of such
            As the class says.
        sample_weight : array of shape (T,), or list of such, optional
            How much each time step counts, 0 or more; for a list of sequences also one number for
            each of them.

        Returns
        -------
        RecurrentEstimator
            Itself; where an exception comes out, Ctrl-C included, it is what it was before.
        """
        with self._whole():
            go_on = self.warm_start and self.__sklearn_is_fitted__()
            self._fit(X, y, sample_weight, go_on and self._kind == self._wanted_kind())
        return self

    def _wanted_kind(self) -> tuple[object, ...]:
        return (self.units, self.unit, repr(self.unit_options))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    @contextmanager
    def _whole(self) -> Iterator[None]:
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    # ---- Parameters

    def _check_parameters(self) -> None:
        check_options(self, self._starts_allowed, self._units_optional)

    # ---- Inputs and states

    def _scaled(self, sequences: Arrays) -> Arrays:
        scale = Scale(self.x_mean_, self.x_scale_)
        return [scale.apply(item) for item in sequences]

    def _set_input_scale(self, sequences: Arrays) -> None:
        scale = Scale.of(sequences)
        self.x_mean_, self.x_scale_ = scale.mean, scale.deviation

    def _read(self, X: DataLike) -> tuple[Arrays, bool]:
        """Return the scaled sequences of X for a prediction."""
        check_is_fitted(self)
        u, listed = read_inputs(self, X, reset=False)
        return self._scaled(u), listed

    @property
    def _begin(self) -> str:
        """How sequences begin: `initial`, or what it was called in an earlier release."""
        earlier = getattr(self, "initial_state", None)
        return self.initial if earlier is None else earlier

    def _wanted_start(self) -> str:
        """Return how sequences begin of which no output is known."""
        if self._begin not in self._starts_allowed:
            self._check_parameters()
        if self._begin == "estimate":
            raise ArgumentError(
                "initial='estimate': the first outputs are needed, predict(X, y[:n]);"
                " `score` takes them from its y"
            )
        return self._begin

    def _starts(self, X: DataLike, u: Arrays) -> Arrays | None:
        """Return the states before the sequences u of X, of which no output is known."""
        if self._wanted_start() == "zero":
            return None
        past = getattr(self, "_past", None)
        if past is not None:
            return past.states(self.network_, self.final_states_, X, u)
        # Fitted by an earlier release: rows can only go on where fit ended.
        if len(u) != len(self.final_states_):
            raise ArgumentError(
                f"initial='continue': {len(u)} sequences came to continue the"
                f" {len(self.final_states_)} of fit"
            )
        return self.final_states_

    # ---- Training

    def _network(self, outputs: int) -> Network:
        # Of a regressor one of both may be None.
        return build(
            "lnl" if self.unit is None else self.unit,
            self.units or 8,
            self.unit_options,
            self.n_features_in_,
            outputs,
            self._softmax,
            seed_of(self.random_state),
        )

    def _is_last(self, counts: Places) -> Flags:
        """Return which steps of a sequence are kept for early stopping, the last observed ones.

        `counts`, (T,), is the number of known values of each time step.
        """
        length = len(counts)
        if length < 2:
            raise ArgumentError(f"early_stopping: n_samples={length}, expected 2 rows or more")
        held = np.zeros(length, dtype=bool)
        held[last_part(counts, self.validation_fraction)] = True
        return held

    def _train(self, net: Network, task: Task, go_on: bool) -> Trained:
        return train(
            net,
            task,
            max_iter=self.max_iter,
            patience=self.n_iter_no_change,
            callback=self.callback,
            progress=bool(self.verbose),
            method=self.method,
            restarts=0 if go_on else self.restarts,
        )

    def _take(self, X: DataLike, trained: Trained, task: Task) -> Arrays:
        """Set what was estimated, and the states at the end of the sequences.

        Return the outputs of the network.
        """
        runs = trained.net.simulate(task.u, trained.starts, return_state=True)
        final = [state for _, state in runs]
        if not np.isfinite(np.concatenate([np.empty(0), *final])).all():
            raise StateError("the network diverges on these inputs")
        self.network_ = trained.net
        self.trace_ = trained.trace
        self.n_iter_ = max(trained.iterations, 1)
        self.validation_errors_ = trained.validation
        self.final_states_ = final
        self._past = Past.of(X, task.u, trained.starts)
        return [outputs for outputs, _ in runs]

    # ---- For other programs

    def export(
        self, path: str | os.PathLike | None = None, *, format: str | None = None, **options: Any
    ) -> str | bytes | None:
        """Write the network for other programs: as `Network.export`.

        What is written reads X and gives what `predict` does (of a classifier `predict_proba`, in
        the order of `classes_`), from where the network starts by itself. Of the models of a
        recipe it is the best one, `IdentifiedModel.single`.

        Returns
        -------
        None, str or bytes
            Without a path the text, or the bytes of a format that is none.
        """
        check_is_fitted(self)
        model = getattr(self, "model_", None)
        if model is not None:
            return model.export(path, format=format, **options)
        scales = {"input_mean": self.x_mean_, "input_scale": self.x_scale_}
        if hasattr(self, "y_scale_"):
            scales |= {"output_mean": self.y_mean_, "output_scale": self.y_scale_}
        return self.network_.export(path, format=format, **{**scales, **options})

    # ---- What scikit-learn asks

    def __sklearn_tags__(self) -> Tags:
        # From 1.6 on it is asked for wherever `_more_tags` is.
        return super().__sklearn_tags__()

    def _more_tags(self) -> dict[str, object]:
        # Before scikit-learn 1.6.
        return {"_xfail_checks": TAG_OF_FAILED_CHECKS}
