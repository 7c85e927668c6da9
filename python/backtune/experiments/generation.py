"""Figure 10: the longest binary sequence that N units generate without error."""

from __future__ import annotations

import numpy as np

from .._engine import random
from .._engine.types import Figure
from ..datasets import sierpinski
from ..estimation.estimator import Estimator
from ..estimation.trace import Report as Iteration
from ..networks.network import Network
from ._base import Experiment, Parameters, Record, Report, Settings, Table, data_table, grouped
from ._paper import FIGURE_10

_LONGEST = 400


def desired(kind: str, length: int, seed: int) -> np.ndarray:
    """Return the first values, 0 or 1, of a sequence: shape (T, 1)."""
    if kind == "sierpinski":
        bits = sierpinski(length) > 0
    else:
        bits = random.uniform(_LONGEST, seed, "binary sequence")[:length] < 0.5
    return bits.astype(float).reshape(-1, 1)


def generator(unit: str, size: int, seed: int) -> Network:
    """Make a network without input, whose biases let it be active; its first node is observed."""
    net = Network(0)
    options = {"leak": "adjust", **({"sharpness": "adjust"} if unit == "aif" else {})}
    return net.observe(net.unit(unit, size, **options), 1).randomize(seed)


def errors(net: Network, wanted: np.ndarray) -> int:
    """Return how many values, run freely, are on the wrong side of 1/2."""
    return int(((net.simulate(len(wanted)) > 0.5) != (wanted > 0.5)).sum())


def attempt(
    unit: str, size: int, wanted: np.ndarray, method: str, draws: int, iterations: int
) -> tuple[int, int] | None:
    """Look for weights that generate a sequence: return the draw and its iterations, or None."""
    for draw in range(draws):
        net = generator(unit, size, draw)

        def done(report: Iteration, net: Network = net) -> bool:
            return errors(net, wanted) == 0

        with Estimator(net, None, wanted, criterion="boolean", method=method, restarts=0) as est:
            trace = est.run(iterations, progress=False, callback=done)
        if trace.stop == "interrupted":
            raise KeyboardInterrupt
        if errors(net, wanted) == 0:
            return draw, len(trace) - 1
    return None


def _plan(settings: Settings) -> list[Parameters]:
    return [
        {
            "unit": unit,
            "sequence": sequence,
            "size": size,
            "seed": settings.seed,
            "method": method,
            "draws": settings.draws or settings.choose(12, 3),
            "iterations": settings.choose(settings.iterations, 40),
        }
        for unit in ("lnl", "aif")
        for sequence in ("sierpinski", "random")
        for method in settings.methods
        for size in settings.sizes or settings.choose(tuple(FIGURE_10), (2, 4))
    ]


def _measure(parameters: Parameters) -> Record:
    """Double the length until no draw generates it, then bisect."""
    names = ("unit", "size", "method", "draws", "iterations")
    unit, size, method, draws, iterations = (parameters[name] for name in names)

    def found(length: int) -> tuple[int, int] | None:
        wanted = desired(parameters["sequence"], length, parameters["seed"])
        return attempt(unit, size, wanted, method, draws, iterations)

    good, best, bad = 0, (0, 0), size
    while (result := found(bad)) is not None:
        good, best, bad = bad, result, 2 * bad
        if good >= _LONGEST:
            break
    while bad - good > 1:
        length = (good + bad) // 2
        result = found(length)
        if result is None:
            bad = length
        else:
            good, best = length, result
    return {"length": good, "draw": best[0], "iterations_used": best[1]}


def _report(records: list[Record]) -> Report:
    tables, notes = [], []
    sizes = [item.values["size"] for item in grouped(records, "size")]
    paper = {size: FIGURE_10.get(size, (None, None)) for size in sizes}
    for group in grouped(records, "unit", "sequence"):
        rows: list[list[object]] = []
        for runs in grouped(group.records, "method"):
            method = runs.values["method"]
            lengths = runs.column("length")
            rows.append([f"{method}: sequence length", *lengths])
            rows.append([f"{method}: iterations", *runs.column("iterations_used")])
            if group.values["sequence"] == "sierpinski":
                known = [(a, paper[n][0]) for n, a in zip(sizes, lengths) if paper[n][0]]
                met = sum(a >= b for a, b in known)
                notes.append(
                    f"{group.values['unit']}, sierpinski, {method}: {met} of {len(known)} lengths"
                    " are at least the report's."
                )
        if group.values["sequence"] == "sierpinski":
            for place, label in enumerate(("sequence length", "iterations")):
                rows.append([f"RR-9100: {label}", *(paper[size][place] for size in sizes)])
        caption = f"{group.values['unit']} units, {group.values['sequence']} sequence."
        tables.append(Table(("number of units", *sizes), rows, caption))
    draws, limit = records[0]["draws"], records[0]["iterations"]
    notes += [
        f"Longest length found by doubling and bisection, {draws} starts of at most {limit}"
        " iterations each: a lower bound of what N units can generate. Iterations are those of the"
        " start that succeeded.",
        "The units have no input; biases, leaks and, of aif units, sharpness are adjusted. The"
        " report does not say how many starts it tried, nor at which length it gave up.",
        "The caption of the report's table says aif units, its head lnl: both stand beside it.",
    ]
    return Report(tables, notes, data_table(records), lambda figure: _draw(figure, records))


def _draw(figure: Figure, records: list[Record]) -> None:
    groups = grouped(records, "unit", "sequence")
    axes = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for ax, group in zip(axes, groups):
        for runs in grouped(group.records, "method"):
            label = runs.values["method"]
            ax.plot(runs.column("size"), runs.column("length"), "o-", markersize=4, label=label)
        if group.values["sequence"] == "sierpinski":
            lengths = [run[0] for run in FIGURE_10.values()]
            ax.plot(list(FIGURE_10), lengths, "kx", markersize=5, label="RR-9100")
        ax.set(xlabel="N", title=f"{group.values['unit']}, {group.values['sequence']}")
    axes[0].set_ylabel("longest sequence without error")


EXPERIMENT = Experiment(
    "generation",
    "Generation of sequences",
    "Figure 10 of RR-9100, page 24: networks without input that generate a binary sequence in free"
    " run, boolean criterion.",
    _plan,
    _measure,
    _report,
)
