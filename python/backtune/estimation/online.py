"""Estimation as data come: the last samples tuned backward again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from .._engine.arrays import as_count, as_number
from .._engine.data.numbers import as_float
from .._engine.data.pairs import learn_labels, paired, placed
from .._engine.data.sequences import read
from .._engine.data.starts import wanted_start
from .._engine.errors import ArgumentError, SizeError
from .._engine.types import Array, DataLike, OneSequence
from .._engine.warn import warn
from ..networks.network import Network
from ..networks.stream import Stream
from .criteria import Criterion
from .estimator import Estimator
from .objective import listed
from .online_steps import AdjustmentMixin
from .regularisation import Regularisation
from .trace import Report
from .window import Window, check_outputs


class OnlineEstimator(AdjustmentMixin):
    """Adjusts a network while its data come, on a window of the last samples.

    The real-time perspective of RR-9100: the window, with the state of the network at its start,
    is tuned backward every few samples, from the weights there are, and moves on. What is tuned
    lags behind the last sample by the range of the network.

    Parameters
    ----------
    net : Network
        Of finite cost after every adjustment; its structure may not change any more.
    window : int
        Number W of samples of the window, more than the range of the network.
    every : int
        Samples from one adjustment to the next.
    iterations : int
        Of the method, in each adjustment.
    criterion, regularisation, method : optional
        Of `Estimator`.
    initial : array of shape (state_size,) or "learn", optional
        The state before the first sample; that of the network by default. "learn": the state at
        the start of the window is adjusted too, instead of being what the weights of then made of
        the samples before.
    ridge : float
        Strength of `regularisation.Ridge` on all connections, times the sum of squares of the
        observed values of the window about their means. Without it what a window leaves
        undetermined drifts until units saturate.
    least : int, optional
        Observed values that a window must have to be adjusted; by default the number of adjustable
        weights, or all values of a window where these are fewer.

    Attributes
    ----------
    net : Network
    stream : Stream
        The network as it runs along, at the state after the last sample.
    window, every, iterations, lag : int
        The lag is the range of the network, in samples.
    samples, adjustments, divergences, redraws : int
        Counted so far: divergences are states that overflowed and were set anew, redraws trials of
        other weights because those there were did worse on the window than a constant.
    report : Report or None
        Of the last adjustment; its cost is that of the window.

    Raises
    ------
    ArgumentError
        A window that is not longer than the range, a number below 1.

    Notes
    -----
    Memory does not grow with the number of samples. A window in which a state overflows is adjusted
    at once, and the state begins anew, from zero if need be.

    Examples
    --------
    >>> import backtune as bt
    >>> root, net = bt.lnl_network(2).randomize(1), bt.lnl_network(2).randomize(2)
    >>> u = bt.random.normal(400)
    >>> online = bt.OnlineEstimator(net, window=100, every=20)
    >>> for u_t, y_t in zip(u, root.simulate(u)):
    ...     prediction = online.push(u_t, y_t)
    >>> online.report.nmse < 0.1
    True
    """

    def __init__(
        self,
        net: Network,
        window: int,
        *,
        every: int = 10,
        iterations: int = 2,
        criterion: str | Criterion | None = None,
        regularisation: Regularisation | Sequence[Regularisation] | None = None,
        method: str | None = None,
        initial: ArrayLike | None = None,
        ridge: float = 1e-5,
        least: int | None = None,
        learn_start: bool | None = None,
    ) -> None:
        if not isinstance(net, Network):
            raise TypeError(f"net: {net!r} came, expected a Network")
        if learn_start is not None:
            warn("learn_start: say initial='learn'", DeprecationWarning)
        initial, learns = wanted_start(initial)
        self.net, self.lag = net, net.range
        self.window = as_count(window, "window", self.lag + 1)
        self.every = as_count(every, "every", 1)
        self.iterations = as_count(iterations, "iterations", 1)
        usual = min(net.get_weights().size, self.window * net.outputs)
        self._least = as_count(max(usual, 1) if least is None else least, "least", 1)
        self._make = partial(Estimator, criterion=criterion, method=method, restarts=0)
        self._learns_start = learns or bool(learn_start)
        self._rules = listed(regularisation)
        self._ridge = as_number(ridge, "ridge")
        if not 0 <= self._ridge < np.inf:
            raise ArgumentError(f"ridge: {ridge} came, expected a finite number of 0 or more")
        self._matrices = [name for name, array in net.weights.items() if array.ndim == 2]
        # Wrong options are told now, not at the first adjustment.
        u, y = (np.zeros((self.window, channels)) for channels in (net.inputs, net.outputs))
        self._make(net, u, y, regularisation=self._rules).close()
        self.stream = Stream(net, initial)
        self.samples = self.adjustments = self.divergences = self.redraws = 0
        self.report: Report | None = None
        self._data = Window(self.window, self.every, net.inputs, net.outputs)
        self._start = self.stream.state
        self._good = net.get_weights()

    def __repr__(self) -> str:
        return (
            f"<OnlineEstimator of {self.net!r}: window {self.window}, lag {self.lag},"
            f" {self.samples} samples, {self.adjustments} adjustments, {self.redraws} redraws>"
        )

    def push(self, u: ArrayLike | None, y: ArrayLike | None = None) -> Array:
        """Take one sample.

        Parameters
        ----------
        u : array of shape (M,)
            The inputs, finite; a number where there is one, None without inputs.
        y : array of shape (O,), optional
            The outputs that were observed; NaN for one that was not, None for none of them.

        Returns
        -------
        array of shape (O,)
            What the network predicted, before it was adjusted to this sample.

        Raises
        ------
        ArgumentError, SizeError
            An input that is not finite, an infinite output, another number: nothing is taken.
        KeyboardInterrupt
            Ctrl-C in an adjustment: the sample is taken, the weights are the best seen.
        """
        outputs = self._data.y.shape[1]
        observed = np.full(outputs, np.nan)
        if y is not None:
            observed = as_float(y, "outputs").reshape(-1)
            if observed.shape != (outputs,):
                raise SizeError(f"outputs: shape {np.shape(y)}, expected ({outputs},)")
        check_outputs(observed)
        prediction = self.stream.step(u)
        self._take(self.stream._input[None], observed[None])
        return prediction

    @overload
    def update(self, u: OneSequence, y: DataLike) -> Array: ...
    @overload
    def update(self, u: DataLike, y: DataLike) -> Any: ...
    def update(self, u: DataLike, y: DataLike) -> Any:
        """Take several samples: the same as `push` for each of them, to the bit, but faster.

        Parameters
        ----------
        u : array of shape (T, M)
            (T,) means one channel; a number of time steps when the network has no inputs; a table
            as in `Network.simulate`.
        y : array of shape (T, O)
            NaN where not observed, as what follows the end of a shorter y.

        Returns
        -------
        array of shape (T, O)
            The predictions; a table where u was one, with its index.

        Raises
        ------
        ArgumentError, SizeError, KeyboardInterrupt
            As `push`; of what is wrong, nothing is taken.
        """
        net = self.net
        given = read(u, self._data.u.shape[1], "inputs", net.input_names)
        observed = read(y, self._data.y.shape[1], "outputs", net.output_names)
        if given.is_list or observed.is_list:
            raise SizeError("inputs, outputs: a list of sequences came, expected one sequence")
        rows = paired(given, observed, "inputs", "outputs")
        inputs = given.arrays[0]
        outputs = placed(observed.arrays, rows, [len(inputs)], np.nan)[0]
        if not np.isfinite(inputs).all():
            raise ArgumentError("inputs: expected finite values")
        check_outputs(outputs)
        learn_labels(net, given, observed)
        predictions = np.empty_like(outputs)
        t = 0
        while t < len(inputs):
            part = slice(t, min(t + self.every - self.samples % self.every, len(inputs)))
            before = self.stream.state
            predictions[part] = self.stream.run(inputs[part])
            if not np.isfinite(self.stream.state).all():
                # Where it overflows it is adjusted at once: the first sample alone, then again.
                self.stream.state, part = before, slice(t, t + 1)
                predictions[part] = self.stream.run(inputs[part])
            self._take(inputs[part], outputs[part])
            t = part.stop
        return given.results([predictions], net._output_names())

    def _take(self, u: Array, y: Array) -> None:
        self._data.add(u, y)
        self.samples += len(u)
        overflow = not np.isfinite(self.stream.state).all()
        if overflow or self.samples % self.every == 0:
            self.adjust()
