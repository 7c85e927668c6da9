"""How far ahead networks fed back with measurements predict, by the horizons of their fits.

python benchmarks/prediction.py [--only lorenz noisy ...] [--sizes 8 16 32] [--seeds 3]

Each network, h = tanh(a + B r), o = b + C h + D r with r the measured outputs and inputs at some
lags (and W h(t-1) inside where it is recurrent), is fitted with each schedule of horizons in as
many iterations. Then it runs freely from `STARTS` times of another record, after a filter was run
up to there: the free horizon is the number of steps until the error, over all outputs in their
deviations, reaches one half (of the noiseless record; in Lyapunov times for chaotic ones). For
reservoirs of reservoirpy, of the same size and of ten times that, see the package: where it is
missing they are left out. Their radius, scaling and ridge are those of twelve that do best on a
third record.

A cell: the median over the draws of the weights of the mean horizon, of the median horizon (of the
NMSE of the free runs, where the system is not chaotic), and of the one-step NMSE on that record.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from dataclasses import dataclass
from typing import Any, Callable

import backtune as bt
import numpy as np

try:
    import reservoirpy
    from reservoirpy.nodes import Reservoir, Ridge
except ImportError:
    reservoirpy = None

STARTS = 40
WARM = 200
#: Horizons one after the other; "then None" goes on in free run whatever that does to the weights.
SCHEDULES: dict[str, list[Any]] = {
    "1": [1],
    "1, 4, 16": [1, 4, 16],
    "(1, 16)": [(1, 16)],
    "1, 4, 16, None": [1, 4, 16, None],
    "1, 4, 16, then None": [1, 4, 16],
    "None": [None],
}
Record = tuple[np.ndarray, np.ndarray, np.ndarray]  # inputs, what is measured, without noise


@dataclass
class System:
    """What is to be predicted."""

    record: Callable[[int, int], Record]  # (steps, seed)
    steps: int
    lags: tuple[int, ...] = (1,)
    input_lags: tuple[int, ...] = ()
    unit: float = 1.0  # steps of the unit that horizons are told in
    name: str = "steps"
    ahead: int = 800  # the longest free run
    iterations: int = 60
    recurrent: bool = False  # whether the hidden nodes read themselves too
    chaotic: bool = True  # otherwise the NMSE of the free run says more than a horizon


def _noisy(y: np.ndarray, noise: float, seed: int) -> Record:
    random = np.random.default_rng(1000 + seed)
    measured = y + noise * y.std(0) * random.normal(size=y.shape)
    return np.zeros((len(y), 0)), measured, y


def lorenz(steps: int, seed: int, noise: float = 0.0) -> Record:
    """Return all three variables."""
    return _noisy(bt.datasets.lorenz(steps, seed=seed), noise, seed)


def mackey_glass(steps: int, seed: int) -> Record:
    """Return the series."""
    return _noisy(bt.datasets.mackey_glass(steps, seed=seed), 0.0, seed)


def narma10(steps: int, seed: int) -> Record:
    """Return inputs about their mean, and outputs."""
    u, y = bt.datasets.narma10(steps, seed=seed)
    return u - 0.25, y, y


def beam(steps: int, seed: int) -> Record:
    """Return angles of a beam and the place of the ball on it, held by a law, 2 % noise."""
    random = np.random.default_rng(seed)
    inner, place, speed, wish = 0.02, 0.0, 0.0, 0.0
    u, y = np.empty((steps, 1)), np.empty((steps, 1))
    for t in range(steps):
        y[t] = place
        wish = 0.9 * wish + 0.3 * random.normal()
        u[t] = np.clip(wish - 0.5 * place - 0.9 * speed, -1.2, 1.2)
        for _ in range(5):
            speed += inner * (2 * np.sin(u[t, 0]) - 0.1 * speed * abs(speed))
            place += inner * speed
    return u, y + 0.02 * y.std() * random.normal(size=y.shape), y


LYAPUNOV_LORENZ = 1 / 0.906 / 0.02
SYSTEMS = {
    "lorenz": System(lorenz, 2000, unit=LYAPUNOV_LORENZ, name="Lyapunov times"),
    "noisy": System(
        lambda steps, seed: lorenz(steps, seed, 0.02),
        2000,
        lags=(1, 2, 3, 4),
        unit=LYAPUNOV_LORENZ,
        name="Lyapunov times",
    ),
    "mackey": System(
        mackey_glass,
        2000,
        lags=(1, 2, 3, 5, 8, 11, 14, 17, 18),
        unit=1 / 0.0052,
        name="Lyapunov times",
        ahead=2000,
    ),
    "narma": System(narma10, 2000, lags=(1, 2, 3, 5, 10), input_lags=(1, 5, 10), chaotic=False),
    "narma_recurrent": System(narma10, 2000, input_lags=(1,), chaotic=False, recurrent=True),
    "beam": System(beam, 1500, lags=(1, 2, 3, 4, 6, 8), input_lags=(1, 2, 3)),
    "long": System(
        lambda steps, seed: lorenz(steps, seed, 0.02),
        10000,
        lags=(1, 2, 3, 4),
        unit=LYAPUNOV_LORENZ,
        name="Lyapunov times",
        iterations=30,
    ),
}


def make(system: System, size: int, seed: int) -> bt.Network:
    """Draw a network of `size` hidden nodes for a system."""
    u, y, _ = system.record(60, 0)
    net = bt.Network(u.shape[1])
    out = net.learnware(y.shape[1], "out", bias=True)
    net.observe(out)
    read = [out.measured().lag(lag) for lag in system.lags]
    read += [net.input.lag(lag) for lag in system.input_lags]
    own = [bt.SELF.lag(1)] if system.recurrent else []
    hidden = net.lnl(size, "h", activation="tanh", sources=[*read, *own])
    for place, source in enumerate([hidden.lag(0), *read]):
        out.connect(source, f"D{place}")
    return net.randomize(seed)


def fit(net: bt.Network, system: System, name: str, data: Record) -> None:
    """Fit with a schedule, all in as many iterations."""
    u, y, _ = data
    # Of the first block nothing was measured beforehand.
    count, washout = system.iterations, max(system.lags) + 16
    left = count // 4 if "then" in name else 0
    for horizon, part in ((SCHEDULES[name], count - left), ([None], left)):
        if part:
            bt.Estimator(net, u, y, horizon=horizon, washout=washout).run(part, progress=False)


class Backtuned:
    """A fitted network, to be run step by step."""

    def __init__(self, net: bt.Network) -> None:
        self._net = net

    def ahead(self, u: np.ndarray, y: np.ndarray, starts: np.ndarray, steps: int) -> np.ndarray:
        """Return the free runs from some times on, (starts, steps, O), after what was measured."""
        runs = []
        for start in starts:
            stream = self._net.stream()
            stream.run(u[start - WARM : start], y[start - WARM : start])
            runs.append(stream.run(u[start : start + steps]))
        return np.array(runs)

    def one_step(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the predictions one step ahead."""
        return self._net.predict(u, y)


class Echo:
    """A reservoir of reservoirpy whose readout tells the next outputs from those measured."""

    def __init__(
        self, data: Record, size: int, seed: int, radius: float, scale: float, ridge: float
    ):
        u, y, _ = data
        self._mean, self._deviation = y.mean(0), y.std(0)
        self._reservoir = Reservoir(
            size,
            sr=radius,
            input_scaling=scale,
            bias=scale,
            rc_connectivity=min(1.0, 10 / size),
            input_connectivity=1.0,
            seed=seed,
        )
        self._readout = Ridge(ridge=ridge)
        given = self._given(u, y)
        (self._reservoir >> self._readout).fit(given[:-1], self._standard(y)[1:], warmup=100)

    def _standard(self, y: np.ndarray) -> np.ndarray:
        return (y - self._mean) / self._deviation

    def _given(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.hstack([self._standard(y), u])

    def _states(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        self._reservoir.reset()
        return self._reservoir.run(self._given(u, y))

    def ahead(self, u: np.ndarray, y: np.ndarray, starts: np.ndarray, steps: int) -> np.ndarray:
        """Return the free runs from some times on, (starts, steps, O), after what was measured."""
        reservoir, states = self._reservoir, self._states(u, y)[starts - 1]
        values = []
        for step in range(steps):
            now = self._readout.run(states)
            values.append(now)
            # As the library does it, for all starts at once.
            given = np.hstack([now, u[starts + step]])
            states = np.tanh(
                reservoir.W.dot(states.T).T + reservoir.Win.dot(given.T).T + reservoir.bias
            )
        return np.stack(values, axis=1) * self._deviation + self._mean

    def one_step(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the predictions one step ahead."""
        values = self._readout.run(self._states(u, y))[:-1]
        return np.vstack([self._mean, values * self._deviation + self._mean])


def free(model: Any, system: System, data: Record, starts: int = STARTS) -> np.ndarray:
    """Return the squares of the errors of free runs, in deviations: (starts, steps)."""
    u, y, clean = data
    places = np.linspace(WARM, len(y) - system.ahead - 1, starts).astype(int)
    truth = np.array([clean[place : place + system.ahead] for place in places])
    with np.errstate(over="ignore", invalid="ignore"):
        errors = (model.ahead(u, y, places, system.ahead) - truth) / clean.std(0)
        squares = (errors**2).mean(2)
    return np.where(np.isfinite(squares), squares, np.inf)


def horizons(squares: np.ndarray, system: System) -> np.ndarray:
    """Return the free horizons, in the unit of the system."""
    is_far = squares >= 0.25
    return np.where(is_far.any(1), is_far.argmax(1), system.ahead) / system.unit


def judged(model: Any, system: System, data: Record) -> tuple[float, ...]:
    """Return mean and median horizon, or the NMSE of the free run; then the one-step NMSE."""
    u, y, _ = data
    squares = free(model, system, data)
    values = horizons(squares, system)
    errors = ((model.one_step(u, y) - y) / y.std(0))[WARM:]
    told = (values.mean(), np.median(values)) if system.chaotic else (squares.mean(),)
    return (*told, (errors**2).mean())


def cell(results: list[tuple[float, ...]]) -> str:
    """Format medians over draws."""
    *told, error = np.median(results, axis=0)
    return f"{' / '.join(f'{value:.3g}' for value in told)} ({error:.1e})"


def reservoirs(system: System, train: Record, kept: Record, test: Record, size: int, seeds: int):
    """Choose radius, scaling and ridge on the kept record, then judge several draws."""

    def score(choice: tuple[float, ...]) -> float:
        squares = free(Echo(train, size, 0, *choice), system, kept, 10)
        return horizons(squares, system).mean() if system.chaotic else -squares.mean()

    best = max(itertools.product((0.5, 0.9, 1.2), (0.1, 0.5), (1e-8, 1e-5)), key=score)
    return [judged(Echo(train, size, seed, *best), system, test) for seed in range(1, 1 + seeds)]


def table(name: str, sizes: list[int], seeds: int, names: list[str], record: int) -> None:
    """Print the table of a system."""
    system = SYSTEMS[name]
    train = system.record(system.steps, 1)
    kept, test = (system.record(max(3000, 2 * system.ahead), seed) for seed in (3, record))
    told = f"horizons in {system.name}" if system.chaotic else "NMSE of the free run"
    print(f"\n{name}, {system.steps} steps, {told}\n")
    columns = [*names, *(["reservoir", "reservoir x 10"] if reservoirpy else [])]
    print("| N | " + " | ".join(columns) + " |\n" + "|---" * (len(columns) + 1) + "|")
    for size in sizes:
        cells, times = [], []
        for schedule in names:
            results, begin = [], time.process_time()
            for seed in range(seeds):
                net = make(system, size, seed)
                fit(net, system, schedule, train)
                times.append(time.process_time() - begin)
                results.append(judged(Backtuned(net), system, test))
                begin = time.process_time()
            cells.append(cell(results))
        if reservoirpy:
            for factor in (1, 10):
                cells.append(cell(reservoirs(system, train, kept, test, factor * size, seeds)))
        print(f"| {size} | " + " | ".join(cells) + " |", flush=True)
        print(f"<!-- {np.median(times):.1f} s of processor time a fit -->", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[8, 16, 32])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--schedules", nargs="+", default=list(SCHEDULES), choices=list(SCHEDULES))
    # Lags of the networks were chosen with record 2 in sight.
    parser.add_argument("--record", type=int, default=4, help="seed of the test record")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if reservoirpy is None:
        print("reservoirpy is not installed: without its columns")
    for system_name in arguments.only:
        table(system_name, arguments.sizes, arguments.seeds, arguments.schedules, arguments.record)
