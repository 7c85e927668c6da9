"""Regression of sequences: `RecurrentRegressor`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

import numpy as np

from .._engine.data.names import learnable
from .._engine.data.parts import observed_end
from .._engine.data.scales import Scale
from .._engine.errors import ArgumentError
from .._engine.types import Array, Arrays, DataLike
from ..estimation.criteria import Criterion
from ..networks.group import Group
from ._prediction import PredictingRegressor
from ._sequences import check_target, read_inputs, read_outputs, read_weights
from ._tables import aligned, names_of

if TYPE_CHECKING:
    from sklearn.utils import Tags


class RecurrentRegressor(PredictingRegressor):
    """A recurrent network for scikit-learn, from inputs (T, M) to outputs (T,) or (T, O).

    Without `units` and `unit` it is the recipe of `backtune.identify`: `predict` gives what
    `IdentifiedModel.simulate` does. NaN in y means not observed. A record of fewer than 40 known
    values of an output, too short for the recipe, gets a linear model of one state.

    Parameters
    ----------
    units : int, optional
        Number of nodes; 8 where only the unit is given.
    unit : str or callable, optional
        What the nodes are: "lnl", "lstm", "gru", "linear", "state_space", "reservoir" ..., as
        `Network.unit` says; "lnl" where only their number is given. They read the input, a linear
        readout reads both. Or a function of a network without groups, `units` and the options,
        that adds its groups and returns the one that is to be read.
    unit_options : dict, optional
        Further options of the unit.
    max_order : int, optional
        Largest number of states of the recipe, as of `identify`.
    criterion : str or Criterion
        As in `Estimator`; the recipe takes "least-squares" only.
    alpha : float
        Ridge on the weights per observed value, everything in deviations.
    washout : int
        First time steps of every sequence that are not compared in `fit`.
    initial : {"zero", "continue", "estimate"}
        The state at the start of `predict`: zero, of the recipe that of a run of which no output is
        known, see `IdentifiedModel.simulate`; that at the end of `fit`, for rows that follow those
        of the fit, as in `TimeSeriesSplit`, or that of `fit` before rows that it had (found
        by index, of arrays by their values: only those it began with); or estimated from the first
        outputs, which are ``y`` of `predict`, and in `score` the first `n_initial` rows, which then
        do not count.
        With "zero" a network of `units` starts from zero in `fit` too, otherwise each sequence of
        `fit` has a learnt initial state.
    n_initial : int
        Number of outputs from which `score` estimates the state.
    method, restarts : optional
        As in `Estimator`.
    max_iter : int
        Limit of iterations; the recipe has its own.
    early_stopping : bool
        Whether the last part of every sequence is held out, and the weights kept that are best on
        it.
    validation_fraction : float
        That part.
    n_iter_no_change : int
        Iterations without a better error there, after which it stops.
    warm_start : bool
        Whether `fit` goes on from the weights of the fit before.
    random_state : int, RandomState or None
        Of all draws: the same number gives the same weights.
    callback : callable, optional
        Called with a `Report` after each iteration, of the recipe with a `SearchReport` after each
        candidate; what it returns, when true, ends the fit there. An exception comes out of `fit`.
    n_jobs : int, optional
        Candidates of the recipe at once, as of `identify`.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    model_ : IdentifiedModel or None
        Of the recipe; of one member after `partial_fit` or a warm start, which go on with the best.
    network_ : Network
        In deviations from the means `x_mean_`, `y_mean_`, in units of `x_scale_`, `y_scale_`; of
        the recipe that of the best member.
    report_ : IdentificationReport or None
        Of the recipe.
    trace_ : Trace or None
        Of the last training.
    validation_errors_ : list of float
        Of each iteration, with early stopping; squares of deviations, absolute values for a robust
        criterion.
    final_states_ : list of array
        Of the network, at the end of each sequence of the last fit.
    n_iter_, n_features_in_, n_outputs_ : int

    Examples
    --------
    >>> u = np.random.default_rng(0).normal(size=(200, 1))
    >>> y = np.convolve(u[:, 0], 0.5 ** np.arange(20))[:200]
    >>> model = bt.RecurrentRegressor().fit(u, y)
    >>> model.report_.chosen.order, round(model.score(u, y), 4)
    (1, 1.0)
    """

    _starts_allowed = ("zero", "continue", "estimate")
    _units_optional = True

    def __init__(
        self,
        units: int | None = None,
        unit: str | Callable[..., Group] | None = None,
        *,
        unit_options: Mapping[str, object] | None = None,
        max_order: int | None = None,
        criterion: str | Criterion = "least-squares",
        alpha: float = 1e-4,
        washout: int = 0,
        initial: str = "zero",
        n_initial: int = 10,
        method: str = "auto",
        restarts: int | str = "auto",
        max_iter: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.25,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = 0,
        callback: Callable[..., object] | None = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        initial_state: str | None = None,
    ) -> None:
        self.units = units
        self.unit = unit
        self.unit_options = unit_options
        self.max_order = max_order
        self.criterion = criterion
        self.alpha = alpha
        self.washout = washout
        self.initial = initial
        self.n_initial = n_initial
        self.method = method
        self.restarts = restarts
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state
        self.callback = callback
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.initial_state = initial_state

    def partial_fit(
        self, X: DataLike, y: DataLike | None, sample_weight: DataLike | None = None
    ) -> RecurrentRegressor:
        """Go on from the weights as they are, on these data alone; `fit` where there are none.

        The means and scales of the first data stay. Parameters and errors as in `fit`.
        """
        with self._whole():
            self._fit(X, y, sample_weight, self.__sklearn_is_fitted__())
        return self

    # ---- Inside

    def _fit(
        self, X: DataLike, y: DataLike | None, sample_weight: DataLike | None, go_on: bool
    ) -> None:
        self._check_parameters()
        check_target(self, y)
        u, listed = read_inputs(self, X, reset=not go_on)
        lengths = [len(item) for item in u]
        y_names, y = y, aligned(X, y)
        outputs = read_outputs(y, lengths, listed)
        if not go_on:
            self._flat = outputs[0].ndim == 1
            self.n_outputs_ = 1 if self._flat else outputs[0].shape[1]
        desired = self._targets(y, lengths, listed)
        weights = read_weights(aligned(X, sample_weight, True, "sample_weight"), lengths, listed)
        known = self._known(desired, weights)
        gains = None
        if weights is not None:
            gains = [np.repeat(item[:, None], self.n_outputs_, axis=1) for item in weights]
        if not go_on:
            self._kind = self._wanted_kind()
            self.report_, self.model_ = None, None
            self._identified = self.units is None and self.unit is None
        self._predicts_inputs = _are_next(u, desired)
        # What an earlier release pickled has a network of the recipe and no model.
        recipe = self._identified and (not go_on or self._model() is not None)
        fit = self._fit_recipe if recipe else self._fit_units
        results = fit(X, u, known, gains, go_on)
        self._name_channels(y_names)
        self._last_outputs = [
            np.where(np.isfinite(y[-1]), y[-1], x[-1]) for x, y in zip(results, desired)
        ]

    def _fit_units(
        self, X: DataLike, u: Arrays, known: Arrays, gains: Arrays | None, go_on: bool
    ) -> Arrays:
        """Fit a network of units; return its outputs."""
        if not go_on:
            self._set_input_scale([v[: observed_end(y)] for v, y in zip(u, known)])
            scale = Scale.of(known)
            self.y_mean_, self.y_scale_ = scale.mean, scale.deviation
        scale = Scale(self.y_mean_, self.y_scale_)
        outputs = [scale.apply(item) for item in known]
        net = self.network_.copy() if go_on else self._network(self.n_outputs_)
        task = self._task(self._scaled(u), outputs, gains)
        results = self._take(X, self._train(net, task, go_on), task)
        return [scale.restore(item) for item in results]

    def _name_channels(self, y: DataLike | None) -> None:
        """Give the network the names of the columns of X and y, where they have some."""
        model = self._model()
        nets = [self.network_]
        if model is not None:
            nets = [m.net for m in (*model.members, model.linear, *model.candidates.values())]
        names = getattr(self, "feature_names_in_", None)
        found = names_of(y, self.n_outputs_)
        for net in nets:
            if names is not None:
                net.input_names = learnable(names.tolist(), self.n_features_in_)
            if found is not None:
                net.output_names = found
        if model is not None:
            model.relabel()

    def _known(self, desired: Arrays, weights: Arrays | None) -> Arrays:
        """Return the outputs with NaN where they do not count."""
        result = []
        for place, item in enumerate(desired):
            known = item.copy()
            known[: self.washout] = np.nan
            if weights is not None:
                known[weights[place] == 0] = np.nan
            result.append(known)
        if not np.isfinite(np.concatenate(result)).any(axis=0).all():
            raise ArgumentError("y: an output has no known value that counts")
        return result

    def _more_tags(self) -> dict[str, object]:
        return {**super()._more_tags(), "multioutput": True}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _are_next(u: Arrays, desired: Arrays) -> bool:
    """Tell whether the outputs are the inputs of the next row, wherever they are known."""
    if desired[0].shape[1] != u[0].shape[1]:
        return False
    pairs = [(x[1:], y[:-1]) for x, y in zip(u, desired)]
    return any(np.isfinite(y).any() for _, y in pairs) and all(_agree(x, y) for x, y in pairs)


def _agree(x: Array, y: Array) -> bool:
    """Tell whether known values are equal up to what single precision rounds."""
    known = np.isfinite(y)
    size = np.abs(x).max(initial=0.0)
    return bool((np.abs(y[known] - x[known]) <= 1e-6 * size).all())
