"""System identification in one call: from records of inputs and outputs to a fitted model."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._engine.data.front import Front
from .._engine.data.pairs import learn_labels
from .._engine.data.scales import Scale
from .._engine.progress import Progress
from .._engine.types import DataLike
from .._engine.warn import quiet, warn
from ..estimation.missing import modelled
from .checking import checked
from .course import Course
from .model import IdentifiedModel
from .options import Options, as_jobs, as_limit
from .search import CTRL_C, Search, SearchReport
from .workers import Workers, has_workers


def identify(
    u: DataLike,
    y: DataLike | None,
    gains: DataLike | None = None,
    *,
    focus: str = "both",
    order: int | None = None,
    max_order: int | None = None,
    hidden: int | None = None,
    linear: bool = False,
    delay: ArrayLike | None = None,
    input_lag: int = 1,
    seed: int = 0,
    missing: str | None = None,
    n_jobs: int | None = None,
    time_limit: float | None = None,
    callback: Callable[[SearchReport], object] | None = None,
    progress: bool = True,
) -> IdentifiedModel:
    """Fit a state-space model to records of inputs and outputs; nothing has to be set.

    Glitches of inputs, dead time, oversampling and outliers are looked for first. Linear models
    of every order that pays start from subspaces of the record and are fitted in free run and, in
    innovations form, as predictors; regressions on past outputs are beside them. The promising ones
    get a layer of 2 to 8 nonlinear nodes, draws of which are raced by their errors on the last
    quarter of the record. What is left is compared crosswise on three quarters, tried on inputs
    outside of the record, and refitted to everything; on long records the best are trained on in
    free run on all of them, some with up to 8 nodes more. Up to 30 of them are the model: their
    weighted median. docs/real-data.md has the whole recipe. Candidates run side by side, as many as
    `get_threads` says: any number gives the same model.

    Parameters
    ----------
    u : array of shape (T, M), or list of such
        Inputs of one sequence or of several, in any units, NaN where missing; (T,) means one
        channel. Tables too, and all other forms that `Estimator` takes; the model keeps the names
        of the columns.
    y : array of shape (T, O), or list of such
        Measured outputs; NaN means missing, as do time steps after the end of a shorter y. What
        follows the last measured output counts neither in scales nor in parts of the record.
    gains : array of the shape of y, or list of such, or O numbers, or one; optional
        How much each value, or each output, counts: 0 or more, 0 = missing.
    focus : {"both", "simulation", "prediction"}
        What the model is to be best at: the free run, predictions from measured outputs, or each in
        its turn.
    order : int, optional
        Number of states of all candidates that have states, 1 or more; regressions on past outputs
        are beside them.
    max_order : int, optional
        Largest number of states, 20 by default; orders are tried until they stop paying, of those
        from 10 to 20 every second one or so.
    hidden : int, optional
        Number of nodes of the layer of all nonlinear candidates; 0: as `linear`.
    linear : bool
        Whether only linear models are tried.
    delay : int or array of shape (M,), optional
        Dead time of the inputs in time steps; looked for by default, up to a tenth of the record.
    input_lag : {1, 0}
        Lag of the inputs in the states.
    seed : int
        Of the draws: the same seed gives the same model on the same machine.
    missing : {"model", "error"}, optional
        What becomes of missing inputs, as of `Estimator`. "model": an `InputModel` says what they
        may have been; outputs count the less the more they leave open of them, by the best model
        so far. "error": they are refused. By default "model", with a warning.
    n_jobs : int, optional
        Candidates at once, `get_threads` by default; -1 for as many as there are processors. In a
        context of joblib that names other processes, ``joblib.parallel_config("loky")`` or
        ``"dask"``, most of the work is done there, on so many, or as many as that says; the model
        is the same.
    time_limit : float, optional
        Seconds after which nothing more is tried; the best so far is returned, some time later.
    callback : callable, optional
        Called with a `SearchReport` after each candidate; what it returns, when true, ends the
        search there.
    progress : bool
        Whether a line says what is done, the least error on the last quarter, and about how much
        time is left, where somebody looks: in a terminal or a notebook.

    Returns
    -------
    IdentifiedModel
        Its `report` says what was found and tried. After Ctrl-C, the best so far. For a constant
        output, a linear model of that constant.

    Raises
    ------
    SizeError
        Sequences of unequal number, with more steps of y than of u, or with fewer than 40 observed
        values of an output.
    ArgumentError
        An input that is infinite, or missing with ``missing="error"`` or but for fewer than 10
        values; an infinite output, a gain below 0, an order below 1, a delay as long as the record;
        labels of the index of y that u has not; an output that is never known where the others are
        held back.
    KeyboardInterrupt
        Ctrl-C before there is any model.

    Warns
    -----
    BacktuneWarning
        Inputs are missing, and `missing` was not given: the channels, and how many values. Ctrl-C
        ended it.

    Examples
    --------
    >>> u = bt.random.normal(200, seed=1).reshape(-1, 1)
    >>> plant = bt.Network(inputs=1)
    >>> _ = plant.state_space(1, hidden=0)
    >>> plant.weights = {"state_space.x.A": 0.8, "state_space.x.B": 3, "state_space.y.C": 1}
    >>> model = bt.identify(u, plant.simulate(u), progress=False)
    >>> model.order, model.hidden
    (1, 0)
    >>> bool(abs(model.simulate(u) - plant.simulate(u)).max() < 1e-6)
    True
    """
    began = time.perf_counter()
    limit = as_limit(time_limit)
    inputs, outputs, weights = checked(u, y, gains)
    options = Options.of(
        *(order, hidden, delay, max_order, linear, input_lag, focus, seed),
        inputs=inputs.arrays[0].shape[1],
        steps=int(inputs.lengths.max()),
    )
    given = inputs.arrays
    input_model = modelled(given, inputs.names, missing, "u")
    scales = Scale.of(given), Scale.of(outputs.arrays)
    filled = given if input_model is None else input_model.filled(given)
    front = Front(*scales, np.zeros(given[0].shape[1], dtype=int))
    jobs = as_jobs(n_jobs)
    with quiet(), Progress(progress, "candidate", timed=False) as bar:
        search = Search(bar, jobs, callback, began + limit, began=began)
        if has_workers(n_jobs):
            search.workers = Workers(search, None if n_jobs is None else jobs)
        course = Course(filled, outputs.arrays, weights, front, options, search)
        if input_model is not None:
            course.learn_missing(input_model, given)
        model = course.model(input_model)
    for member in [*model.members, model.linear, *model.candidates.values()]:
        learn_labels(member.net, inputs, outputs)
    model.relabel()
    if search.ended == CTRL_C:
        tried = f"after {search.done} candidates"
        warn(f"identify: ended by Ctrl-C {tried}; the model is the best so far")
    return model
