"""Other packages beside `backtune.identify`, where they are installed: jax-sysid and sysidentpy.

Orders and draws are chosen by the free run on the last quarter of the training record, like those
of the linear models in `identification_linear` and `identification_innovations`.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import time
import warnings
from typing import Any, Callable

import numpy as np
from identification_innovations import FIT, innovations, subspace
from identification_linear import Units, arx, cut, judged
from identification_sets import Pair

try:
    import jax
    from jax import numpy as jnp
    from jax_sysid import models as jax_models

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax_models = None
try:
    from sysidentpy.basis_function import Polynomial
    from sysidentpy.model_structure_selection import FROLS
    from sysidentpy.parameter_estimation import LeastSquares
except ImportError:
    FROLS = None

# jax-sysid: states of linear models, nodes of a network, epochs, draws, steps to learn from.
STATES, NODES, EPOCHS, DRAWS, STEPS = (1, 2, 3, 4, 6), 6, 1000, 3, 4000
# sysidentpy: degrees and lags of polynomials, their terms, and the most that are looked at.
SHAPES = ((1, (2, 4, 8, 15)), (2, (2, 3, 4, 6, 8, 10)), (3, (2, 3, 4)))
TERMS, REGRESSORS = (5, 8, 12, 18, 26, 40), 700
SECONDS = 60.0


class Scaled:
    """A record in deviations."""

    def __init__(self, record: Pair) -> None:
        self.u, self.y = Units([record[0]]), Units([record[1]])

    def apply(self, u: np.ndarray, y: np.ndarray) -> Pair:
        """Return inputs and outputs in deviations."""
        return self.u.apply(u), self.y.apply(y)


class JaxSysid:
    """A model of jax-sysid, linear or with a residual network of tanh nodes (draw, or None)."""

    def __init__(self, record: Pair, states: int, draw: int | None) -> None:
        self.states, self.draw = states, draw
        self._units = Scaled(record)
        u, y = self._units.apply(*record)
        sizes = states, y.shape[1], u.shape[1]
        if draw is None:
            self._model = jax_models.LinearModel(*sizes, feedthrough=True)
        else:
            self._model = self._network(*sizes, draw)
        self._model.loss(rho_x0=1e-4, rho_th=1e-4)
        adam = 0 if draw is None else EPOCHS
        self._model.optimization(adam_epochs=adam, lbfgs_epochs=EPOCHS, iprint=-1)
        with contextlib.redirect_stdout(io.StringIO()):
            self._model.fit(y, u)

    def __str__(self) -> str:
        return f"{self.states} states" + ("" if self.draw is None else f", draw {self.draw}")

    @staticmethod
    def _network(states: int, outputs: int, inputs: int, draw: int) -> Any:
        @jax.jit
        def move(x: Any, u: Any, params: Any) -> Any:
            linear, (inner, drive, bias, outer, offset) = params[:2], params[4:9]
            return (
                linear[0] @ x
                + linear[1] @ u
                + outer @ jnp.tanh(inner @ x + drive @ u + bias)
                + offset
            )

        @jax.jit
        def read(x: Any, u: Any, params: Any) -> Any:
            linear, (inner, drive, bias, outer, offset) = params[2:4], params[9:]
            return (
                linear[0] @ x
                + linear[1] @ u
                + outer @ jnp.tanh(inner @ x + drive @ u + bias)
                + offset
            )

        random = np.random.default_rng(draw)

        def layer(size: int) -> list[np.ndarray]:
            return [
                0.3 * random.normal(size=(NODES, states)),
                0.3 * random.normal(size=(NODES, inputs)),
                np.zeros(NODES),
                0.3 * random.normal(size=(size, NODES)),
                np.zeros(size),
            ]

        model = jax_models.Model(states, outputs, inputs, state_fcn=move, output_fcn=read)
        model.init(
            params=[
                0.5 * np.eye(states),
                0.1 * random.normal(size=(states, inputs)),
                0.1 * random.normal(size=(outputs, states)),
                np.zeros((outputs, inputs)),
                *layer(states),
                *layer(outputs),
            ]
        )
        return model

    def simulate(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the free run whose state the first outputs y set, (T, O)."""
        inputs, outputs = self._units.apply(u, y)
        with contextlib.redirect_stdout(io.StringIO()):
            start = self._model.learn_x0(inputs[: len(y)], outputs, rho_x0=1e-4, RTS_epochs=3)
        run = np.asarray(self._model.predict(start, inputs)[0])
        return self._units.y.restore(run.reshape(len(u), -1))


def _tried(makers: list[Callable[[Pair], Any]], record: Pair, first: int) -> list[int]:
    """Return places of makers of models, the best on the last quarter first."""
    part, places = cut(record)
    part = tuple(items[0] for items in part)
    errors = [judged(make(part), record, places, None, first) for make in makers]
    return sorted(range(len(makers)), key=errors.__getitem__)


def jax_sysid_linear(record: Pair, first: int = 50) -> JaxSysid:
    """Return the linear model of jax-sysid of the best order."""
    record = tuple(item[:STEPS] for item in record)
    makers = [lambda r, n=n: JaxSysid(r, n, None) for n in STATES]
    return makers[_tried(makers, record, first)[0]](record)


def jax_sysid_network(record: Pair, first: int = 50) -> JaxSysid:
    """Return the best network of jax-sysid, of as many states as the two best linear models."""
    record = tuple(item[:STEPS] for item in record)
    linear = [lambda r, n=n: JaxSysid(r, n, None) for n in STATES]
    orders = [STATES[k] for k in _tried(linear, record, first)[:2]]
    makers = [
        lambda r, n=n, draw=draw: JaxSysid(r, n, draw)
        for n, draw in itertools.product(orders, range(DRAWS))
    ]
    return makers[_tried(makers, record, first)[0]](record)


class Frols:
    """Polynomials of sysidentpy, one for each output, of (degree, lags, terms) each."""

    def __init__(self, record: Pair, choices: list[tuple[int, int, int]]) -> None:
        self.choices, self._units = choices, Scaled(record)
        u, y = self._units.apply(*record)
        self._models = [self._fitted(u, y[:, k : k + 1], c) for k, c in enumerate(choices)]

    def __str__(self) -> str:
        return "; ".join(f"degree {d}, {lags} lags, {n} terms" for d, lags, n in self.choices)

    @staticmethod
    def _fitted(u: np.ndarray, y: np.ndarray, choice: tuple[int, int, int]) -> Any:
        degree, lags, terms = choice
        inputs = u.shape[1]
        model = FROLS(
            order_selection=False,
            n_terms=terms,
            ylag=lags,
            xlag=lags if inputs == 1 else [list(range(1, lags + 1))] * inputs,
            estimator=LeastSquares(),
            basis_function=Polynomial(degree=degree),
        )
        model.fit(X=u, y=y)
        return model

    def simulate(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the free run after the first outputs y, (T, O)."""
        inputs, known = self._units.apply(u, y)
        runs = []
        for place, (model, (_, lags, _)) in enumerate(zip(self._models, self.choices)):
            begin = len(y) - lags
            # Only the first `lags` outputs are read.
            desired = np.zeros((len(u) - begin, 1))
            desired[:lags, 0] = known[begin:, place]
            with np.errstate(all="ignore"):
                run = model.predict(X=inputs[begin:], y=desired)
            runs.append(np.concatenate([known[:begin, place], np.ravel(run)]))
        return self._units.y.restore(np.column_stack(runs))


def frols(record: Pair, first: int = 50) -> Frols:
    """Return the polynomials that run freely best, of what `SECONDS` allow to try."""
    whole = tuple(item[:FIT] for item in record)
    record = tuple(item[:STEPS] for item in record)
    part, places = cut(record)
    part = tuple(items[0] for items in part)
    inputs, outputs = record[0].shape[1], record[1].shape[1]
    chosen = []
    for output in range(outputs):
        of_one = (record[0], record[1][:, output : output + 1])
        began, best, least = time.process_time(), None, np.inf
        for degree, lags, terms in (
            (d, lags, n) for d, many in SHAPES for lags in many for n in TERMS
        ):
            count = math.comb(lags * (inputs + 1) + degree, degree)
            late = time.process_time() - began > SECONDS / outputs
            if lags > first or terms > count or count > REGRESSORS or (late and best):
                continue
            choice = [(degree, lags, terms)]
            try:
                model = Frols((part[0], part[1][:, output : output + 1]), choice)
                error = judged(model, of_one, places, None, first)
            except (ValueError, np.linalg.LinAlgError):
                continue
            if error < least:
                best, least = choice[0], error
        if best is None:
            raise ValueError("FROLS: no polynomial fits")
        chosen.append(best)
    return Frols(whole, chosen)


def peers(say: Callable[[str], None]) -> dict[str, Callable[[Pair, int], Any]]:
    """Return what fits a model to a record, by name; what is not installed is said."""
    found = {
        "ARX": lambda record, first: arx(record, None, first),
        "subspace": subspace,
        "innovations (PEM)": innovations,
    }
    if jax_models is None:
        say("jax-sysid is not installed: left out")
    else:
        found["jax-sysid linear"] = jax_sysid_linear
        found["jax-sysid network"] = jax_sysid_network
    if FROLS is None:
        say("sysidentpy is not installed: left out")
    else:
        warnings.filterwarnings("ignore", module="sysidentpy")
        found["sysidentpy FROLS"] = frols
    return found
