"""NARMA10 and Mackey-Glass: what adjusting the recurrent weights of a reservoir buys."""

from __future__ import annotations

import itertools

import numpy as np

from .._engine.types import Figure
from ..datasets import mackey_glass, narma10
from ..estimation.regularisation import Ridge
from ..networks.network import Network
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._fits import run_fit

#: What is predicted, and from what.
TASKS = {
    "narma10, free run": "y(t+1) from u up to t",
    "narma10, one step": "y(t+1) from u and y up to t",
    "mackey-glass, one step": "x(t+1) from x up to t",
    "mackey-glass, free run": "x(t+84) from x up to t, by 84 steps on its own outputs",
}
RADII, SCALES, RIDGES = (0.5, 0.8, 0.95), (0.1, 0.3, 1.0), (1e-8, 1e-6, 1e-4, 1e-2)
_WASHOUT, _HORIZON, _STARTS = 100, 84, 50
_DENSITY, _TUNING_RIDGE = 0.2, 1e-6


def load(task: str, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs (2T, M) and, of the next step, output (2T, 1); the first half trains.

    Both are standardised by the first half.
    """
    if task.startswith("mackey-glass"):
        table = mackey_glass(2 * steps + 1, seed=seed)
    else:
        table = np.hstack(narma10(2 * steps + 1, seed))
    table = (table - table[:steps].mean(axis=0)) / table[:steps].std(axis=0)
    u = table[:-1, :1] if task == "narma10, free run" else table[:-1]
    return u, table[1:, -1:]


def reservoir(inputs: int, size: int, radius: float, scale: float, seed: int) -> Network:
    """Make a reservoir of tanh nodes that read the present input, and its readout."""
    net = Network(inputs)
    net.reservoir(
        size,
        activation="tanh",
        spectral_radius=radius,
        input_scaling=scale,
        density=_DENSITY,
        input_lag=0,
        seed=seed,
    )
    return net


def error(net: Network, task: str, u: np.ndarray, y: np.ndarray, part: slice) -> float:
    """Return the error of a task on some time steps: the NMSE, or `free_run`."""
    if task == "mackey-glass, free run":
        return free_run(net, u[part])
    outputs = net.simulate(u)
    return float(np.mean((outputs[part] - y[part]) ** 2) / y[part].var())


def set_readout(net: Network, u: np.ndarray, y: np.ndarray, part: slice, ridge: float) -> None:
    """Set the readout by ridge regression on these time steps, the strength per value."""
    states = net.simulate(u, states=True)[1]["reservoir.x"][part]
    phi = np.hstack([np.ones((len(states), 1)), states])
    normal = phi.T @ phi + ridge * len(phi) * np.eye(phi.shape[1])
    weights = np.linalg.solve(normal, phi.T @ y[part])
    net.weights["reservoir.y.a"] = weights[0]
    net.weights["reservoir.y.W"] = weights[1:].T


def best_reservoir(task: str, u: np.ndarray, y: np.ndarray, size: int, seed: int) -> Network:
    """Choose radius, scale and ridge by the last third of the training half; refit to it all."""
    half = len(u) // 2
    fitted, held = slice(_WASHOUT, 2 * half // 3), slice(2 * half // 3, half)
    best, chosen = np.inf, None
    for radius, scale in itertools.product(RADII, SCALES):
        net = reservoir(u.shape[1], size, radius, scale, seed)
        for ridge in RIDGES:
            set_readout(net, u[:half], y[:half], fitted, ridge)
            found = error(net, task, u[:half], y[:half], held)
            if found < best or chosen is None:
                best, chosen = found, (radius, scale, ridge)
    radius, scale, ridge = chosen or (RADII[0], SCALES[0], RIDGES[0])
    net = reservoir(u.shape[1], size, radius, scale, seed)
    set_readout(net, u[:half], y[:half], slice(_WASHOUT, half), ridge)
    return net


def free_run(net: Network, series: np.ndarray) -> float:
    """Return the error after 84 steps on its own outputs, in deviations of the series (T, 1).

    From several starts; each has seen the true values of `_WASHOUT` steps.
    """
    starts = np.linspace(_WASHOUT, len(series) - _HORIZON, _STARTS).astype(int)
    values = [series[start - _WASHOUT : start] for start in starts]
    states = None
    for _ in range(_HORIZON):
        results = net.simulate(values, initial=states, return_state=True)
        values, states = [outputs[-1:] for outputs, _ in results], [state for _, state in results]
    error = np.concatenate(values) - series[starts + _HORIZON - 1]
    return float(np.sqrt(np.mean(error**2)) / series.std())


def _plan(settings: Settings) -> list[Parameters]:
    return [
        {
            "task": task,
            "size": size,
            "steps": settings.choose(1000, 800),
            "seed": seed,
            "method": method,
            "iterations": min(settings.choose(40, 8), settings.iterations),
        }
        for task in TASKS
        for size in settings.sizes or settings.choose((10, 20, 40), (10,))
        for method in settings.methods
        for seed in settings.drawn(3)
    ]


def _measure(parameters: Parameters) -> Record:
    task, steps, seed = (parameters[name] for name in ("task", "steps", "seed"))
    u, y = load(task, steps, seed)
    net = best_reservoir(task, u, y, parameters["size"], seed)
    test = slice(steps, None)
    ridge = error(net, task, u, y, test)
    readout = net.get_weights().size
    for name in ("reservoir.x2.a", "reservoir.x2.W", "reservoir.x2.B"):
        net.weights.constrain(name, fixed=False)
    _, record = run_fit(
        net,
        u[:steps],
        y[:steps],
        parameters,
        washout=_WASHOUT,
        restarts=0,
        regularisation=Ridge(_TUNING_RIDGE),
    )
    return {
        **record,
        "ridge_error": ridge,
        "tuned_error": error(net, task, u, y, test),
        "readout": readout,
        "weights": net.get_weights().size,
    }


def _report(records: list[Record]) -> Report:
    columns = ("task", "N", "weights", "method", "ridge readout", "all adjusted", "ratio")
    rows: list[list[object]] = []
    for group in grouped(records, "task", "size", "method"):
        ridge, tuned = (
            float(np.median(group.numbers(name))) for name in ("ridge_error", "tuned_error")
        )
        first = group.records[0]
        weights = f"{first['readout']} / {first['weights']}"
        rows.append(
            [*(group.values[name] for name in ("task", "size")), weights, group.values["method"]]
            + [ridge, tuned, ridge / tuned]
        )
    first = records[0]
    notes = [
        *(f"{task}: {what}." for task, what in TASKS.items()),
        "Errors are NMSE on the test half; of the free run of Mackey-Glass, the root mean square"
        f" error after {_HORIZON} steps from {_STARTS} starts, in deviations. Medians over the"
        " draws.",
        f"{first['steps']} steps train, as many test. Reservoirs of tanh nodes, density"
        f" {_DENSITY:g}; spectral radius, input scaling and ridge of the readout are those of the"
        " least error of the task on the last third of the training half. From there all weights"
        " that there are go on, on one-step errors (narma10, free run: on its own), with a ridge of"
        f" {_TUNING_RIDGE:g}, at most {first['iterations']} iterations. Weights: of the readout /"
        " of all.",
        "A small error of one step is no promise for the free run: a network of few nodes may leave"
        " the attractor, and its error is then larger than that of a constant, 1.",
    ]
    return Report(
        [Table(columns, rows)], notes, data_table(records), lambda figure: _draw(figure, records)
    )


def _draw(figure: Figure, records: list[Record]) -> None:
    tasks = grouped(records, "task")
    for ax, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks):
        for place, group in enumerate(grouped(task.records, "method")):
            sized = grouped(group.records, "size")
            sizes = [item.values["size"] for item in sized]
            lines = [("tuned_error", f"all weights, {group.values['method']}", f"C{place}")]
            if place == 0:
                lines.insert(0, ("ridge_error", "ridge readout", "k"))
            for name, label, color in lines:
                values = [np.median(item.numbers(name)) for item in sized]
                ax.semilogy(sizes, values, "o-", color=color, markersize=4, label=label)
            ax.set_xticks(sizes)
        ax.set(xlabel="N", title=task.values["task"].replace(", ", ",\n"))
    figure.axes[0].set_ylabel("error, test")


EXPERIMENT = Experiment(
    "prediction",
    "Prediction beside a reservoir",
    "Beyond RR-9100: NARMA10 and Mackey-Glass (delay 17) by a reservoir with a ridge readout, and"
    " by the same network with all its weights adjusted.",
    _plan,
    _measure,
    _report,
)
