"""Spiking networks that do spike: their weights from what was measured, one step at a time."""

from __future__ import annotations

import numpy as np

from .._engine.types import Figure
from ..datasets import spiking
from ..estimation.estimator import Estimator
from ..networks.network import Network
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._fits import START

#: What is measured, and what is asked of the fit.
TASKS = {
    "values": "x of all nodes, horizon 1",
    "values, longer": "x of all nodes, horizons 1, 4, 16 in turn",
    "values, Dale": "x of all nodes, horizon 1; the sign of each node is known, none reads itself",
    "half the values": "x of the first half of the nodes, horizon 1",
    "spikes": "s of all nodes, horizon 1",
    "drawn spikes": 's of all nodes, 0 or 1, drawn with that probability; criterion "bernoulli"',
}
#: Those that say nothing of one node.
_OF_SEVERAL = ("values, Dale", "half the values")
_SHARPNESS, _NOISE, _TOUCH = 10.0, 0.01, 1e-9


def root_data(
    task: str, size: int, steps: int, seed: int
) -> tuple[np.ndarray, Network, np.ndarray]:
    """Return the input, the root network and its outputs as they are measured: x, then s."""
    u, x, s, root = spiking(
        size,
        seed,
        steps,
        noise=_NOISE,
        sharpness=_SHARPNESS,
        drawn=task == "drawn spikes",
        dale=task == "values, Dale",
        return_network=True,
    )
    return u, root, np.hstack([x, s])


def learner(task: str, root: Network) -> Network:
    """Make a network that can equal the root network, fed with what is measured in the task."""
    net, size = Network(1), root.outputs // 2
    if "spikes" in task:
        # x is never seen: w (x - 1/2) is all that counts, and w has to be known.
        net.aif(size, "aif", leak="adjust", sharpness=_SHARPNESS, feedback="spikes")
        return net.observe(net.groups["aif.s"])
    x = net.aif(size, "aif", leak="adjust", sharpness="adjust", feedback="measured")
    if task == "values, Dale":
        signs = np.sign(root.weights["aif.x.W"].sum(axis=0))
        net.weights.constrain("aif.x.W", sign=signs, mask=1 - np.eye(size))
    return net.observe(x, size // 2 if task == "half the values" else size)


def is_chaotic(root: Network, u: np.ndarray) -> bool:
    """Tell whether a change of 1e-9 at the start is one of more than 1e-3 in the second half."""
    size, touched = root.outputs // 2, u.copy()
    touched[0] += _TOUCH
    x, other = (root.simulate(series)[len(u) // 2 :, :size] for series in (u, touched))
    return bool(((x - other) ** 2).mean() > 1e-3 * x.var())


def _plan(settings: Settings) -> list[Parameters]:
    return [
        {
            "task": task,
            "size": size,
            "steps": settings.choose(600, 200),
            "seed": seed,
            "iterations": settings.choose(settings.iterations, min(settings.iterations, 20)),
        }
        for task in TASKS
        for size in settings.sizes or settings.choose((1, 4, 8), (2,))
        if size > 1 or task not in _OF_SEVERAL
        for seed in settings.drawn(20)
    ]


def _measure(parameters: Parameters) -> Record:
    task, size, seed = (parameters[name] for name in ("task", "size", "seed"))
    u, root, measured = root_data(task, size, parameters["steps"], seed)
    net = learner(task, root)
    y = measured[:, size:] if "spikes" in task else measured[:, : net.outputs]
    criterion = "bernoulli" if task == "drawn spikes" else "least-squares"
    horizon: int | list[int] = [1, 4, 16] if task == "values, longer" else 1
    net.randomize(START + seed)
    with Estimator(net, u, y, criterion=criterion, horizon=horizon) as est:
        trace = est.run(parameters["iterations"], progress=False)
        certain = _certain(est, root) if task == "drawn spikes" else None
    if trace.stop == "interrupted":
        raise KeyboardInterrupt
    weights, errors = net.weights, errors_of(net, root)
    # Hidden nodes may be found in another order.
    seen = net.outputs if task == "half the values" else size
    learnt = "aif.q.w" in weights and seen == size
    one_step, free = net.predict(u, y, 1), net.simulate(u)
    at_root = _with_weights_of(root, net).predict(u, y, 1)
    firing = measured[:, size:].mean(axis=0)
    return {
        "least_firing": float(firing.min()),
        "most_firing": float(firing.max()),
        "chaotic": is_chaotic(root, u),
        "weight_error": float(errors["aif.x.W"][:seen, :seen].max()),
        "leak_error": float(errors["aif.x.g"][:seen].max()),
        "sharpness_error": float(errors["aif.q.w"].max() / _SHARPNESS) if learnt else None,
        "certain": certain,
        "one_step": _nmse(one_step, y),
        "one_step_root": _nmse(at_root, y),
        "free": _nmse(free, y),
        "iterations_used": sum(len(part) - 1 for _, part in trace.stages) + len(trace) - 1,
        "stopped": trace.stop,
        "fit_seconds": trace.seconds[-1] + sum(part.seconds[-1] for _, part in trace.stages),
    }


def errors_of(net: Network, root: Network) -> dict[str, np.ndarray]:
    """Return how far weights are from those of the root network, whose sharpness is constant."""
    errors = {name: abs(net.weights[name] - root.weights[name]) for name in root.weights}
    if "aif.q.w" in net.weights:
        errors["aif.q.w"] = abs(net.weights["aif.q.w"] - _SHARPNESS)
    return errors


def _with_weights_of(root: Network, net: Network) -> Network:
    known = net.copy()
    for name in root.weights:
        known.weights[name] = root.weights[name]
    if "aif.q.w" in known.weights:
        known.weights["aif.q.w"] = _SHARPNESS
    return known


def _certain(est: Estimator, root: Network) -> float:
    """Return the part of the weights W that are within two standard errors of the root's."""
    errors = errors_of(est.net, root)["aif.x.W"]
    return float((errors < 2 * est.uncertainty().standard_errors["aif.x.W"]).mean())


def _nmse(x: np.ndarray, y: np.ndarray) -> float:
    return float(((x - y) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum())


def _report(records: list[Record]) -> Report:
    heads = (
        *("measured", "N", "firing", "chaotic", "W", "W, largest", "leak", "sharpness"),
        *("one-step NMSE", "at the root", "free-run NMSE", "iterations", "seconds"),
    )
    rows: list[list[object]] = []
    for group in grouped(records, "task", "size"):
        median = {
            name: float(np.median(group.numbers(name)))
            for name in ("weight_error", "leak_error", "one_step", "one_step_root", "free")
            + ("iterations_used", "fit_seconds")
        }
        known = [value for value in group.column("sharpness_error") if value is not None]
        firing = min(group.numbers("least_firing")), max(group.numbers("most_firing"))
        rows.append(
            [group.values["task"], group.values["size"], f"{firing[0]:.2f} to {firing[1]:.2f}"]
            + [f"{sum(group.column('chaotic'))} of {len(group.records)}"]
            + [median["weight_error"], max(group.numbers("weight_error")), median["leak_error"]]
            + [float(np.median(known)) if known else None, median["one_step"]]
            + [median["one_step_root"], median["free"]]
            + [median["iterations_used"], median["fit_seconds"]]
        )
    drawn = [item["certain"] for item in records if item["certain"] is not None]
    first = records[0]
    notes = [
        *(f"{task}: {what}." for task, what in TASKS.items()),
        f"Root networks of `bt.datasets.spiking`, T = {first['steps']}, sharpness {_SHARPNESS:g},"
        f" {100 * _NOISE:g} % noise on what is measured; learners start from a random draw."
        " Medians over the draws; W, leak: the largest error of a run in any weight; sharpness: the"
        " largest relative error.",
        "The aif root networks of the other sections hardly spike (convergence: z is above 1/2 in"
        " less than 0.015 of the steps from N = 8 on): they say little of spiking. Here biases are"
        " chosen for a firing, the mean of s, of 0.05 to 0.4.",
        "Free-run NMSE is the wrong measure where trajectories part: the weights are right, and it"
        " is that of two unrelated runs. One-step NMSE and errors of the weights tell. Chaotic: a"
        f" change of {_TOUCH:g} at the start is one of more than 1e-3 of the variance later.",
        "At the root: the one-step NMSE with the weights of the root network. Of half the values it"
        " is well above the noise: nodes that nobody sees run by themselves, and chaos makes them"
        " unpredictable whatever the weights. W is compared among the nodes that are seen.",
        "Spikes alone leave the unit of x open: w and W are determined up to a factor a node, and w"
        " is taken as known. Drawn spikes are noise themselves, W is as exact as so many allow:"
        f" {100 * float(np.mean(drawn)) if drawn else 0:.0f} % of its entries are within two of the"
        " standard errors that `Estimator.uncertainty` gives.",
    ]
    return Report(
        [Table(heads, rows)], notes, data_table(records), lambda figure: _draw(figure, records)
    )


def _draw(figure: Figure, records: list[Record]) -> None:
    ax = figure.subplots()
    for place, group in enumerate(grouped(records, "task")):
        sizes = [value * 1.03 ** (place - 2) for value in group.column("size")]
        errors = np.maximum(group.numbers("weight_error"), 1e-6)
        ax.loglog(sizes, errors, ".", color=f"C{place}", label=group.values["task"])
    ticks = sorted({record["size"] for record in records})
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.axhline(0.03, color="0.5", linewidth=1, label="0.03")
    ax.set(xlabel="N", ylabel="largest error of W")


EXPERIMENT = Experiment(
    "spikes",
    "Spiking networks that spike",
    "Beyond RR-9100: random networks of aif units whose nodes fire in 0.05 to 0.4 of the steps, and"
    " their weights from what is measured of them, fed back in place of what the learner does.",
    _plan,
    _measure,
    _report,
)
