"""The networks of candidates: how they are made, and how one starts from another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._engine.types import Arrays, Starts
from ..networks.functions import FunctionLike
from ..networks.network import Network

#: Name of the unit, and of the outputs of one without states.
UNIT, OUTPUTS = "state_space", "y"
# What the weights of a layer to states and outputs are drawn with: near zero.
_SMALL = 1e-3


@dataclass(frozen=True)
class Layer:
    """A nonlinear layer: h = function(b + F x + G u)^degree."""

    name: str
    function: FunctionLike = "tanh"
    degree: int = 1


@dataclass(frozen=True)
class Form:
    """What a network is made of.

    Attributes
    ----------
    inputs, outputs : int
    order : int
        States; lags of one without states.
    hidden : int
        Nodes of its layer.
    measured : bool
        Whether it reads measured outputs.
    layer : Layer
    input_lag : int
        Of the states.
    shared : bool
        Whether all sequences start in one learnt state.
    """

    inputs: int
    outputs: int
    order: int
    hidden: int = 0
    measured: bool = False
    layer: Layer = Layer("tanh")
    input_lag: int = 1
    shared: bool = False

    @property
    def weights(self) -> int:
        """How many weights the network has."""
        n, h, m, o = self.order, self.hidden, self.inputs, self.outputs
        states = n * (n + m + h + (o + 1 if self.measured else 0))
        return states + (o + h) * (1 + n + m) + o * h


def make_network(form: Form) -> Network:
    """Make the network of a form, weights at zero."""
    net = Network(form.inputs)
    net.state_space(
        form.order,
        hidden=form.hidden,
        outputs=form.outputs,
        input_lag=form.input_lag,
        feedback="measured" if form.measured else "none",
        activation=form.layer.function,
        degree=form.layer.degree,
        initial="learn" if form.shared else "zero",
    )
    return net


def make_arx(inputs: int, outputs: int, lags: int) -> Network:
    """Make a regression of outputs on inputs and measured outputs of so many lags."""
    net = Network(inputs)
    y = net.linear(outputs, name=OUTPUTS, sources=[])
    y.connect(net.input.lag(0), "B0")
    for lag in range(1, lags + 1):
        y.connect(net.input.lag(lag), f"B{lag}")
        y.connect(y.measured().lag(lag), f"K{lag}")
    return net


def lag_names(lags: int) -> list[list[str]]:
    """Return the names of the weights of a regression, by their lag, 0 first."""
    own = f"{OUTPUTS}.x"
    later = [[f"{own}.B{lag}", f"{own}.K{lag}"] for lag in range(1, lags + 1)]
    return [[f"{own}.B0"], *later]


def reads_measured(net: Network) -> bool:
    """Tell whether a network reads measured outputs."""
    return any(".m" in name for name in net.groups)


def has_states(net: Network) -> bool:
    """Tell whether a network has states; regressions have none."""
    return f"{UNIT}.x.A" in net.weights


def free_matrix(net: Network) -> np.ndarray:
    """Return the matrix of the linear part in free run, (states, states).

    A, or A + K C where measured outputs are read; of a regression the companion matrix.
    """
    weights = net.weights
    if not has_states(net):
        lags = [weights[name] for name in weights if name.startswith(f"{OUTPUTS}.x.K")]
        size = len(lags) * net.outputs
        A = np.eye(size, k=-net.outputs)
        A[: net.outputs] = np.hstack(lags)
        return A
    A = weights[f"{UNIT}.x.A"]
    if f"{UNIT}.x.K" in weights:
        return A + weights[f"{UNIT}.x.K"] @ weights[f"{UNIT}.y.C"]
    return A


def radius(net: Network) -> float:
    """Return the largest modulus of the poles of the linear part in free run."""
    return float(np.abs(np.linalg.eigvals(free_matrix(net))).max())


def filter_radius(net: Network) -> float:
    """Return that of the predictor; 0 for regressions, which remember nothing else."""
    if not has_states(net):
        return 0.0
    return float(np.abs(np.linalg.eigvals(net.weights[f"{UNIT}.x.A"])).max())


def innovations(net: Network, form: Form, gain: float) -> Network:
    """Return the predictor of a linear model, K being `gain` times A C^+.

    With an input lag of 1, or K D = 0, the free run is the same but for the first step.
    """
    more = make_network(replace(form, measured=True))
    w = net.weights
    A, B, C, D = (w[f"{UNIT}.{k}"] for k in ("x.A", "x.B", "y.C", "y.D"))
    K = gain * A @ np.linalg.pinv(C)
    more.weights = {
        f"{UNIT}.x.A": A - K @ C,
        f"{UNIT}.x.B": B - K @ D if form.input_lag == 1 else B,
        f"{UNIT}.x.K": K,
        f"{UNIT}.x.a": -K @ w[f"{UNIT}.y.a"],
        f"{UNIT}.y.C": C,
        f"{UNIT}.y.D": D,
        f"{UNIT}.y.a": w[f"{UNIT}.y.a"],
    }
    return more


def states_of(net: Network, u: Arrays, starts: Starts) -> np.ndarray:
    """Return the states of runs, (T, order), those of one that diverges left out."""
    runs = net.simulate(u, starts, states=True)
    found = np.concatenate([states[f"{UNIT}.x"] for _, states in runs])
    return found[np.isfinite(found).all(axis=1)] if np.isfinite(found).any() else found


def _deviation(states: np.ndarray) -> np.ndarray:
    deviation = states.std(axis=0)
    return np.where(np.isfinite(deviation) & (deviation > 1e-9), deviation, 1.0)


def bent(linear: Network, form: Form, states: np.ndarray, seed: tuple[int, ...]) -> Network:
    """Return a network of a form, whose layer starts as the linear one, its states of deviation 1.

    `states`, (T, order), are those of runs of the linear one; `seed` is that of the weights of the
    layer: those from it to states and outputs are near zero.
    """
    deviation, weights = _deviation(states), linear.weights
    order, inputs, outputs, hidden = form.order, form.inputs, form.outputs, form.hidden
    net = make_network(form)
    random = np.random.default_rng(seed)
    fan = np.sqrt(order + inputs)
    made = {
        f"{UNIT}.x.A": weights[f"{UNIT}.x.A"] * deviation / deviation[:, None],
        f"{UNIT}.x.B": weights[f"{UNIT}.x.B"] / deviation[:, None],
        f"{UNIT}.x.E": _SMALL * random.normal(size=(order, hidden)),
        f"{UNIT}.h2.a": random.normal(size=hidden),
        f"{UNIT}.h2.F": random.normal(size=(hidden, order)) / fan,
        f"{UNIT}.h2.G": random.normal(size=(hidden, inputs)) / fan,
        f"{UNIT}.y.a": weights[f"{UNIT}.y.a"],
        f"{UNIT}.y.C": weights[f"{UNIT}.y.C"] * deviation,
        f"{UNIT}.y.D": weights[f"{UNIT}.y.D"],
        f"{UNIT}.y.H": _SMALL * random.normal(size=(outputs, hidden)),
    }
    if form.measured:
        made[f"{UNIT}.x.K"] = weights[f"{UNIT}.x.K"] / deviation[:, None]
        made[f"{UNIT}.x.a"] = weights[f"{UNIT}.x.a"] / deviation
    net.weights = made
    return net


def widened(net: Network, form: Form, states: np.ndarray, seed: int) -> Network:
    """Return a network with more nodes in its layer, as many as the form has, nearly the same.

    `states` and `seed` as of `bent`, of the nodes that are new.
    """
    old = net.weights
    deviation = _deviation(states)
    random = np.random.default_rng(seed)
    order, inputs, outputs = form.order, form.inputs, form.outputs
    more = form.hidden - old[f"{UNIT}.h2.a"].size
    fan = np.sqrt(order + inputs)
    new = {
        "x.E": _SMALL * deviation[:, None] * random.normal(size=(order, more)),
        "h2.a": random.normal(size=more),
        "h2.F": random.normal(size=(more, order)) / fan / deviation,
        "h2.G": random.normal(size=(more, inputs)) / fan,
        "y.H": _SMALL * random.normal(size=(outputs, more)),
    }
    made = {name: old[name] for name in old}
    for name, part in new.items():
        axis = 0 if name.startswith("h2") else 1
        made[f"{UNIT}.{name}"] = np.concatenate([made[f"{UNIT}.{name}"], part], axis=axis)
    found = make_network(form)
    found.weights = made
    return found
