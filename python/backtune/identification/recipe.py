"""System identification in one call: from records of inputs and outputs to a fitted model."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .._arrays import as_size
from .._data.pairs import learn_labels
from .._data.scales import Scale
from .records import checked, last_quarter, persistence
from .missing import best_of, weighed
from .race import choose, cross_check, linear_models, race, refitted
from .front import Front
from .member import Member
from .model import IdentifiedModel, digest
from .report import IdentificationReport, Trial
from .._missing import modelled
from .._progress import Count
from ..errors import ArgumentError

def identify(
    u: Any,
    y: Any,
    gains: Any = None,
    *,
    max_order: int = 8,
    seed: int = 0,
    progress: bool = True,
    missing: str | None = None,
) -> IdentifiedModel:
    """Fit a nonlinear state-space model to records of inputs and outputs.

    Inputs and outputs are standardised. Linear models of every order are fitted to all but the
    last quarter of each sequence; the promising orders get a tanh layer of 2 to 8 nodes
    (`Network.state_space`), which starts from the linear model. Draws of its weights, with a light,
    a medium or a stronger ridge, are raced by the error of the free run on the last quarter. The
    linear models and the best of the race are cross-checked on three quarters. Where no tanh layer
    has an error 1.5 times less, a linear model is chosen, of as few states as do. Else the best
    tanh models are fitted on to everything, and the one that agrees best with the others is chosen.
    Candidates run side by side, as many as `get_threads` says: any number gives the same model.

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
    max_order : int
        Largest number of states.
    seed : int
        Of the draws: the same seed gives the same model on the same machine.
    progress : bool
        Whether to show a progress bar with the least error on the last quarter.
    missing : {"model", "error"}, optional
        What becomes of missing inputs, as of `Estimator`. "model": an `InputModel` says what they
        may have been; outputs count the less the more they leave open of them, by the best model
        so far. "error": they are refused. By default "model", with a warning.

    Returns
    -------
    IdentifiedModel
        Its `report` says what was tried. For a constant output, a linear model of that constant.

    Raises
    ------
    SizeError
        Sequences of unequal number, of fewer than 8 steps, with more steps of y than of u, or with
        fewer than 40 observed values of an output.
    ArgumentError
        An input that is infinite, or missing with ``missing="error"`` or but for fewer than 10
        values; an infinite output, a gain below 0, an order below 1; labels of the index of y that
        u has not.
    KeyboardInterrupt
        Ctrl-C, at once: nothing is kept.

    Warns
    -----
    BacktuneWarning
        Inputs are missing, and `missing` was not given: the channels, and how many values.

    Examples
    --------
    >>> u = bt.random.normal(200, seed=1).reshape(-1, 1)
    >>> plant = bt.Network(inputs=1)
    >>> _ = plant.state_space(1, hidden=0)
    >>> plant.weights = {"state_space.x.A": 0.8, "state_space.x.B": 3, "state_space.y.C": 1}
    >>> model = bt.identify(u, plant.simulate(u), max_order=2, progress=False)
    >>> model.order, model.hidden
    (1, 0)
    >>> y = plant.simulate(u)
    >>> bool(abs(model.simulate(u, y[:10]) - y).max() < 0.01)
    True
    """
    began = time.perf_counter()
    max_order, seed = as_size(max_order, "max_order"), as_size(seed, "seed", unsigned=True)
    if max_order < 1:
        raise ArgumentError(f"max_order: {max_order} came, expected 1 or more")
    inputs, outputs, weights = checked(u, y, gains)
    given = inputs.arrays
    model = modelled(given, inputs.names, missing, "u")
    scale_u, scale_y = Scale.of(given), Scale.of(outputs.arrays)
    if model is not None:
        inputs.arrays = model.filled(given)
    record = last_quarter(
        [scale_u.apply(v) for v in inputs.arrays],
        [scale_y.apply(v) for v in outputs.arrays],
        weights,
    )
    values = sum(int(np.isfinite(item).sum()) for item in record.estimation()[1])
    with Count(progress) as bar:
        linear = linear_models(record, max_order, values, seed, bar.update)
        plain = record
        if model is not None:
            record = plain
            linear = linear_models(record, max_order, values, seed, bar.update)
        cross_check(record, linear, bar.update)
        raced = race(record, linear, values, seed, bar.update)
        if model is not None:
            record = plain
        chosen = choose(record, linear, raced, bar.update)
        beside = linear[chosen.order - 1]
        if beside is not chosen:
            refitted(beside, record)
    for net in (chosen.net, beside.net):
        learn_labels(net, inputs, outputs)
    trials = [
        Trial(
            item.order,
            item.hidden,
            item.draw,
            item.ridge,
            item.iterations,
            item.validation,
            item.crossed,
            item.seconds,
            item is chosen,
        )
        for item in linear + raced
    ]
    report = IdentificationReport(
        trials, time.perf_counter() - began, chosen.training, persistence(record)
    )
    front = Front(scale_u, scale_y, np.zeros(len(scale_u.mean), dtype=int))
    members = []
    for item in (chosen, beside):
        starts = [np.zeros(item.net.state_size)] * len(given) if item.initial is None else list(item.initial)
        scores = np.array([np.inf, np.inf, np.inf, np.log(max(item.validation, 1e-10))])
        trial = next(t for t in trials if t.validation == item.validation)
        rest = np.mean(starts, axis=0)
        members.append(Member(item.net, "output error", front, starts, rest, False, scores, trial))
    errors = np.full((4, len(scale_y.mean)), np.sqrt(chosen.validation)) * scale_y.deviation
    return IdentifiedModel(
        members[:1], members[1], report, errors, model, [digest(item) for item in inputs.arrays]
    )
