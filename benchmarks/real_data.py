"""Identify the measured systems of shared/data/real and print the table of docs/real-data.md.

python benchmarks/real_data.py [--data DIRECTORY] [--only cascaded_tanks ...] [--seeds 0 1 2]

Training records only take part in `backtune.identify`; the test records give figures afterwards,
their first outputs (5 for the tanks, 50 for the others) the initial state. Sets without an official
split: the first half trains, the second tests.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import backtune as bt
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
# Factor to the unit, its name, and published RMSE: GRU, best black box, linear state-space.
OFFICIAL = {
    "cascaded_tanks": (1, "V", "GRU 0.396, best black box 0.306, linear 0.588"),
    "silverbox multisine": (1e3, "mV", "GRU 1.49, best 0.301, linear 6.96"),
    "silverbox arrow": (1e3, "mV", "GRU 0.947, best 0.259, linear 6.58"),
    "wiener_hammerstein": (1e3, "mV", "GRU 3.97, PNLSS 0.42, best 0.241, linear 43.4"),
}
SETS = (
    "cascaded_tanks",
    "silverbox",
    "wiener_hammerstein",
    "hair_dryer",
    "winding",
    "glass_furnace",
    "heat_exchanger",
    "robot_arm",
    "gas_furnace",
    "ph_neutralization",
    "cstr",
)
Pair = tuple[np.ndarray, np.ndarray]


def load(path: Path) -> tuple[Pair, dict[str, Pair]]:
    """Return the training record and the test records by name."""
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf8")
    names = table.dtype.names

    def pair(rows: np.ndarray) -> Pair:
        return tuple(
            np.column_stack([table[name][rows] for name in names if name[0] == kind]).astype(float)
            for kind in "uy"
        )

    if "record" in names:
        record = table["record"]
        tests = {f"{path.stem} multisine": record == 2, f"{path.stem} arrow": record == 3}
        train = record == 1
    else:
        train = np.arange(len(table)) < len(table) // 2
        if "split" in names:
            train = table["split"] == "train"
        tests = {path.stem: ~train}
    return pair(train), {name: pair(rows) for name, rows in tests.items()}


def errors(model: bt.IdentifiedModel, u: np.ndarray, y: np.ndarray, first: int, linear: bool):
    """Return the RMSE, and the mean NMSE of the outputs, of the free run."""
    outputs = model.simulate(u, y[:first], linear=linear)
    square = np.mean((outputs - y)[first:] ** 2, axis=0)
    return np.sqrt(square.mean()), np.mean(square / y[first:].var(axis=0))


def main() -> None:
    """Print a row a test record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "real")
    parser.add_argument("--only", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    missing = [name for name in arguments.only if not (arguments.data / f"{name}.csv").is_file()]
    if missing:
        print(f"no data in {arguments.data}: {', '.join(missing)}; see --data")
    print(
        "| set | seed | states, tanh | RMSE | NMSE | NMSE, linear | CPU seconds | published RMSE |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.only:
        if name in missing:
            continue
        train, tests = load(arguments.data / f"{name}.csv")
        for seed in arguments.seeds:
            began = time.process_time()
            model = bt.identify(*train, seed=seed, progress=False)
            seconds = time.process_time() - began
            for test, (u, y) in tests.items():
                first = 5 if name == "cascaded_tanks" else 50
                factor, unit, published = OFFICIAL.get(test, (1, "", ""))
                rmse, nmse = errors(model, u, y, first, linear=False)
                beside = errors(model, u, y, first, linear=True)[1]
                print(
                    f"| {test} | {seed} | {model.order}, {model.hidden} |"
                    f" {factor * rmse:.3g} {unit} | {nmse:.2g} | {beside:.2g} |"
                    f" {seconds:.0f} | {published} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
