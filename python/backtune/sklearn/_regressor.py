"""Regression of sequences: `RecurrentRegressor`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from .._data.names import learnable
from .._data.parts import observed_end, observed_steps
from .._data.scales import Scale
from ..identification.checking import LEAST_VALUES
from ..identification.candidates import make_network
from ..criteria import LeastSquares
from ..errors import ArgumentError
from ..identification import IdentificationReport, identify
from ._base import RecurrentEstimator
from ._prediction import PredictionMixin
from ._sequences import check_target, read_inputs, read_outputs, read_weights
from ._tables import aligned, names_of
from ._training import Arrays, Task, Trained


class RecurrentRegressor(PredictionMixin, RegressorMixin, RecurrentEstimator):
    """A recurrent network for scikit-learn, from inputs (T, M) to outputs (T,) or (T, O).

    Without `units` and `unit` it is the recipe of `backtune.identify`: order selection, raced
    draws, learnt initial states, early stopping by the last quarter. NaN in y means not observed.

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
    max_order : int
        Largest number of states of the recipe.
    criterion : str or Criterion
        As in `Estimator`; the recipe takes "least-squares" only.
    alpha : float
        Ridge on the weights per observed value, everything in deviations.
    washout : int
        First time steps of every sequence that are not compared in `fit`.
    initial_state : {"zero", "continue", "estimate"}
        The state at the start of `predict`: zero; that at the end of `fit`, for rows that follow
        those of the fit, as in `TimeSeriesSplit`, or that of `fit` before rows that it had (found
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
        Called with a `Report` after each iteration; what it returns, when true, ends the fit there.
        An exception comes out of `fit`. Not with the recipe.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    network_ : Network
        In deviations from the means `x_mean_`, `y_mean_`, in units of `x_scale_`, `y_scale_`.
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
        unit: Any = None,
        *,
        unit_options: dict[str, Any] | None = None,
        max_order: int = 8,
        criterion: Any = "least-squares",
        alpha: float = 1e-4,
        washout: int = 0,
        initial_state: str = "zero",
        n_initial: int = 10,
        method: str = "auto",
        restarts: int | str = "auto",
        max_iter: int = 100,
        early_stopping: bool = False,
        validation_fraction: float = 0.25,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        random_state: Any = 0,
        callback: Any = None,
        verbose: bool = False,
    ) -> None:
        self.units = units
        self.unit = unit
        self.unit_options = unit_options
        self.max_order = max_order
        self.criterion = criterion
        self.alpha = alpha
        self.washout = washout
        self.initial_state = initial_state
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
        self.verbose = verbose

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> RecurrentRegressor:
        """Go on from the weights as they are, on these data alone; `fit` where there are none.

        The means and scales of the first data stay. Parameters and errors as in `fit`.
        """
        with self._whole():
            self._fit(X, y, sample_weight, self.__sklearn_is_fitted__())
        return self

    # ---- Inside

    def _units(self) -> int:
        return 8 if self.units is None else self.units

    def _unit(self) -> Any:
        return "lnl" if self.unit is None else self.unit

    def _fit(self, X: Any, y: Any, sample_weight: Any, go_on: bool) -> None:
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
            self.report_: IdentificationReport | None = None
            self._identified = self.units is None and self.unit is None
            # The recipe's model is in the scales of what it uses.
            used = self._used(u, known) if self._identified else list(range(len(u)))
            self._set_input_scale([u[k][: observed_end(known[k])] for k in used])
            scale = Scale.of([known[k] for k in used])
            self.y_mean_, self.y_scale_ = scale.mean, scale.deviation
        self._predicts_inputs = _are_next(u, desired)
        scale = Scale(self.y_mean_, self.y_scale_)
        task = Task(self._scaled(u), [scale.apply(item) for item in known], gains, self._loss())
        if self._identified and not go_on:
            trained = self._identify(u, known, gains, task)
        else:
            net = self.network_.copy() if go_on else self._network(self.n_outputs_)
            if self.early_stopping:
                task.held = [self._is_last(observed_steps(item)) for item in task.y]
            trained = self._learn(net, task, go_on)
        results = self._take(X, trained, task)
        self._name_channels(y_names)
        self._last_outputs = [
            np.where(np.isfinite(y[-1]), y[-1], scale.restore(x[-1]))
            for x, y in zip(results, desired)
        ]

    def _name_channels(self, y: Any) -> None:
        """Give the network the names of the columns of X and y, where they have some."""
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            self.network_.input_names = learnable(names.tolist(), self.n_features_in_)
        found = names_of(y, self.n_outputs_)
        if found is not None:
            self.network_.output_names = found

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

    def _loss(self) -> Any:
        squared = self.criterion in ("least-squares", LeastSquares())
        return (lambda x, o: (x - o) ** 2) if squared else (lambda x, o: np.abs(x - o))

    def _learn(self, net: Any, task: Task, go_on: bool) -> Trained:
        learn = self._identified or self.initial_state != "zero"
        options = {"alpha": self.alpha, "criterion": self.criterion}
        return self._train(net, task, go_on, learn_starts=learn, **options)

    def _identify(self, u: Arrays, known: Arrays, gains: Arrays | None, task: Task) -> Trained:
        """Follow the recipe; a linear model of one state where the record is too short for it."""
        if self.criterion not in ("least-squares", LeastSquares()):
            raise ArgumentError(
                f"criterion: {self.criterion!r} came, expected least squares: the recipe takes no"
                " other; give units"
            )
        for name in ("callback", "unit_options"):
            if getattr(self, name) is not None:
                raise ArgumentError(f"{name}: of no use to the recipe; give units")
        used = self._used(u, known)
        if len(used) < len(u):
            return self._identify_long(u, known, gains, task, used)
        long = [item for item, x in zip(known, u) if len(x) >= LEAST_STEPS]
        values = _values(long, self.n_outputs_)
        if values.min() < LEAST_VALUES:
            if _values(known, self.n_outputs_).min() >= LEAST_VALUES:
                warnings.warn(
                    f"the recipe needs sequences of {LEAST_STEPS} steps or more with"
                    f" {LEAST_VALUES} known values of each output, these have {values.min()}: a"
                    " linear model of one state is fitted; give units for a network that uses all"
                    " sequences",
                    stacklevel=5,
                )
            net = make_network(self.n_features_in_, self.n_outputs_, 1, 0)
            return self._learn(net.randomize(self._seed()), task, False)
        model = identify(
            u,
            known,
            gains,
            max_order=self.max_order,
            seed=self._seed(),
            progress=bool(self.verbose),
            missing="error",
        )
        self.report_ = model.report
        starts = None if model.initial_states is None else list(model.initial_states)
        return Trained(model.net, starts, None, model.report.chosen.iterations)

    def _used(self, u: Arrays, known: Arrays) -> list[int]:
        """Return the sequences that the recipe uses: the long ones, where they suffice."""
        long = [place for place, item in enumerate(u) if len(item) >= LEAST_STEPS]
        enough = _values([known[k] for k in long], self.n_outputs_).min() >= LEAST_VALUES
        return long if enough else list(range(len(u)))

    def _identify_long(
        self, u: Arrays, known: Arrays, gains: Arrays | None, task: Task, long: list[int]
    ) -> Trained:
        """Follow the recipe on the sequences that are long enough for it."""
        warnings.warn(
            f"{len(u) - len(long)} of {len(u)} sequences are left out of the fit: they have fewer"
            f" than the {LEAST_STEPS} steps that the recipe needs; give units to use them",
            stacklevel=6,
        )
        trained = self._identify(
            [u[k] for k in long],
            [known[k] for k in long],
            None if gains is None else [gains[k] for k in long],
            task,
        )
        if trained.starts is not None:
            starts = dict(zip(long, trained.starts))
            trained.starts = [
                starts.get(k, np.zeros(trained.net.state_size)) for k in range(len(u))
            ]
        return trained

    def _more_tags(self) -> dict[str, Any]:
        return {**super()._more_tags(), "multioutput": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _values(known: Arrays, outputs: int) -> np.ndarray:
    """Return how many values of each output are known."""
    return np.isfinite(np.concatenate([np.empty((0, outputs)), *known])).sum(axis=0)


def _are_next(u: Arrays, desired: Arrays) -> bool:
    """Tell whether the outputs are the inputs of the next row, wherever they are known."""
    if desired[0].shape[1] != u[0].shape[1]:
        return False
    pairs = [(x[1:], y[:-1]) for x, y in zip(u, desired)]
    return any(np.isfinite(y).any() for _, y in pairs) and all(_agree(x, y) for x, y in pairs)


def _agree(x: np.ndarray, y: np.ndarray) -> bool:
    """Tell whether known values are equal up to what single precision rounds."""
    known = np.isfinite(y)
    size = np.abs(x).max(initial=0.0)
    return bool((np.abs(y[known] - x[known]) <= 1e-6 * size).all())
