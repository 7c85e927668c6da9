"""Any given sequence, generated: "Deterministic sequence generation"."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..._engine.arrays import as_number
from ..._engine.errors import ArgumentError
from ..network import Network
from ._parts import add_clock, as_values, step_gain, threshold


def sequence_delay_line(values: ArrayLike, *, sharpness: float | None = None) -> Network:
    """Make a network that generates a sequence with a step that runs along a line of nodes.

    x(t) = sum over n < T of (o(n) - o(n-1)) Y(d_n(t)), o(-1) = 0
    d_0(t) = d_0(t-1)/2 + h;  d_n(t) = d_(n-1)(t-1)

    Exact, with lags of 1 only and N_0 + T units. Footnote 28 of RR-9100, whose weights
    o(n) - o(n+1) give o(0) - o(t) instead, and whose d_0 has the reset that makes it periodic.

    Parameters
    ----------
    values : array of shape (T,) or (T, outputs)
        The sequence o; from t = T on its last value stays.
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        Without input; the output is x. Groups ``d``, ``y`` (Y(d)), ``x``.
    """
    o = as_values(values)
    step, size = threshold(sharpness), len(o)
    net = Network(0)
    before = np.eye(size, k=-1)
    before[0, 0] = 1
    d = net.learnware(size, "d", bias=True)
    d.connect(d.lag(1).masked(before))
    y = net.firmware(size, "y").add(1, (step, d.lag(0)))
    x = net.learnware(o.shape[1], "x").connect(y.lag(0))
    start = np.zeros(size)
    start[0] = step_gain(0)
    before[0, 0] = 0.5
    net.weights = {"d.a": start, "d.W": before, "x.W": _changes(o).T}
    return net.observe(x)


def sequence_ramp(values: ArrayLike, *, sharpness: float | None = None) -> Network:
    """Make a network that generates a sequence with one ramp and a threshold per time.

    x(t) = sum over n < T of (o(n) - o(n-1)) Y(k(t) - n), o(-1) = 0;  k(t) = k(t-1) + 1

    Exact. Footnote 29 of RR-9100, with the correction of `sequence_delay_line`.

    Parameters
    ----------
    values : array of shape (T,) or (T, outputs)
        The sequence o; from t = T on its last value stays.
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        Without input; the output is x. Groups ``k``, ``d`` (k - n), ``y`` (Y(d)), ``x``.
    """
    o = as_values(values)
    step, size = threshold(sharpness), len(o)
    net = Network(0)
    k = net.learnware(1, "k", bias=True)
    k.connect(k.lag(1), "g", form="diagonal")
    d = net.learnware(size, "d", bias=True).connect(k.lag(0))
    y = net.firmware(size, "y").add(1, (step, d.lag(0)))
    x = net.learnware(o.shape[1], "x").connect(y.lag(0))
    net.weights = {"k.g": 1.0, "k.a": 1.0, "d.a": -np.arange(size), "d.W": 1.0}
    net.weights["x.W"] = _changes(o).T
    return net.observe(x)


def sequence_recurrence(values: ArrayLike, *, offset: float | None = None) -> Network:
    """Make a network that generates a sequence by a linear recurrence as long as itself.

    x(t) = a + sum over d = 1..T-1 of W_d x(t-d);  a = o(0)
    W_t = (o(t) - a - sum over 0 < d < t of W_d o(t-d)) / o(0)

    in each output alone. Where o(0) = 0 the sequence o + 1 is generated instead, and a second node
    takes 1 away. Footnote 27 of RR-9100, where o is counted from 1. Exact but for rounding, which
    grows with the weights: these may become huge, most of all where o(0) is small beside the rest.

    Parameters
    ----------
    values : array of shape (T,) or (T, outputs)
        The sequence o; what follows it is the recurrence's own.
    offset : float, optional
        Instead of that 1: what is added to all outputs and taken away again; o(0) + offset may not
        be 0. A large one makes smaller weights.

    Returns
    -------
    Network
        Without input. Group ``x``, and ``y`` (x - offset) where there is an offset: the output.
    """
    o = as_values(values)
    size, outputs = o.shape
    shift = np.where(o[0] == 0, 1.0, 0.0)
    if offset is not None:
        shift = np.full(outputs, as_number(offset, "offset"))
    o = o + shift
    if not np.all(np.isfinite(o)) or np.any(o[0] == 0):
        raise ArgumentError(f"offset: {offset} came, expected a finite number other than -o(0)")
    links = _recurrence(o)
    if not np.all(np.isfinite(links)):
        raise ArgumentError("values: the weights overflow; an offset makes them smaller")
    net = Network(0)
    x = net.learnware(outputs, "x", bias=True)
    for t in range(1, size):
        x.connect(x.lag(t), f"W{t}", form="diagonal")
        net.weights[f"x.W{t}"] = links[t]
    net.weights["x.a"] = o[0]
    if not np.any(shift):
        return net.observe(x)
    y = net.learnware(outputs, "y", bias=True).connect(x.lag(0), form="diagonal")
    net.weights = {"y.a": -shift, "y.W": 1.0}
    return net.observe(y)


def periodic_sequence(values: ArrayLike, *, sharpness: float | None = None) -> Network:
    """Make a network that generates a sequence over and over again.

    x(t) = sum over n < T of o(n) r_n(t);  r_0(t) = r_(T-1)(t-1) + Y(c(t));  r_n(t) = r_(n-1)(t-1)

    A clock c strikes at t = 0 (`delayed_clock`), and its pulse runs round a ring of T nodes: the
    delay line of footnote 28 of RR-9100, closed so that x(T) = x(0). Exact, with lags of 1 only.

    Parameters
    ----------
    values : array of shape (T,) or (T, outputs)
        One period of the sequence o.
    sharpness : float, optional
        Of a smooth threshold.

    Returns
    -------
    Network
        Without input; the output is x. Groups of the clock, ``y`` (Y(c)), ``r``, ``x``.
    """
    o = as_values(values)
    step, size = threshold(sharpness), len(o)
    net = Network(0)
    c, weights = add_clock(net, 0, step)
    y = net.firmware(1, "y").add(1, (step, c.lag(0)))
    r = net.learnware(size, "r").connect(y.lag(0), "B")
    ring = np.roll(np.eye(size), -1, axis=1)
    r.connect(r.lag(1).masked(ring))
    x = net.learnware(o.shape[1], "x").connect(r.lag(0))
    net.weights = {**weights, "r.B": np.eye(size, 1), "r.W": ring, "x.W": o.T}
    return net.observe(x)


def _recurrence(o: np.ndarray) -> np.ndarray:
    """Return the weights W_d of each output, in row d; row 0 is 0."""
    weights = np.zeros_like(o)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(1, len(o)):
            known = np.sum(weights[1:t] * o[t - 1 : 0 : -1], axis=0)
            weights[t] = (o[t] - o[0] - known) / o[0]
    return weights


def _changes(o: np.ndarray) -> np.ndarray:
    """Return o(n) - o(n-1), with o(-1) = 0."""
    return np.diff(o, axis=0, prepend=0.0)
