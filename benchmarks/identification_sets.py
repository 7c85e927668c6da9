"""Records of measured systems: which there are, where they lie, and what was published of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

#: Inputs (T, M) and outputs (T, O); a list of each for several sequences.
Pair = tuple
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass
class Case:
    """A training record and test records by name; the first `first` test outputs set the state."""

    train: Pair
    tests: dict[str, Pair]
    first: int


@dataclass(frozen=True)
class MeasuredSet:
    """Where a set lies: a table (`real`) or the whole record (`official`), and its unit."""

    folder: str
    first: int = 50
    factor: float = 1.0
    unit: str = ""
    published: dict[str, str] = field(default_factory=dict)

    def path(self, name: str, folders: dict[str, Path]) -> Path:
        """Return the file of the set of this name."""
        official = self.folder == "official"
        stem = name.removesuffix("_full") if official else name
        return folders[self.folder] / f"{stem}.{'npz' if official else 'csv'}"


_SILVERBOX = {
    "multisine": "GRU 1.49, SUBNET 0.36, GP NARX 0.301, linear 6.96",
    "arrow": "GRU 0.947, SUBNET 0.32, GP NARX 0.259, linear 6.58",
    "arrow_full": "GRU 2.80, SUBNET 1.4, GP NARX 0.60, PNLSS 0.26, linear 14.4",
}
_WIENER_HAMMERSTEIN = {"": "GRU 3.97, PNLSS 0.42, SUBNET 0.241, linear 43.4"}
# Figures: RMSE, of models trained on the whole official records.
MEASURED = {
    "cascaded_tanks": MeasuredSet(
        "real", 5, 1, "V", {"": "GRU 0.396, best black box 0.306, linear 0.588"}
    ),
    "silverbox": MeasuredSet("real", 50, 1e3, "mV", _SILVERBOX),
    "wiener_hammerstein": MeasuredSet("real", 50, 1e3, "mV", _WIENER_HAMMERSTEIN),
    **{
        name: MeasuredSet("real")
        for name in (
            "hair_dryer",
            "winding",
            "glass_furnace",
            "heat_exchanger",
            "robot_arm",
            "gas_furnace",
            "ph_neutralization",
            "cstr",
        )
    },
    "silverbox_full": MeasuredSet("official", 50, 1e3, "mV", _SILVERBOX),
    "wiener_hammerstein_full": MeasuredSet("official", 50, 1e3, "mV", _WIENER_HAMMERSTEIN),
    "bouc_wen": MeasuredSet("official", 50, 1, "m", {"": "dynoNet 4.52e-5, PNLSS 1.87e-5"}),
    "emps": MeasuredSet("official", 20, 1e3, "mm", {"": "dynoNet 2.64"}),
}


def load(name: str, folders: dict[str, Path]) -> Case:
    """Return a set; where it has no official split, the first half trains and the second tests."""
    about = MEASURED[name]
    path = about.path(name, folders)
    train, tests = (_arrays if about.folder == "official" else _table)(path)
    return Case(train, tests, about.first)


def _arrays(path: Path) -> tuple[Pair, dict[str, Pair]]:
    with np.load(path) as kept:
        names = [name[2:] for name in kept.files if name.startswith("u_test")]
        pairs = {name: (kept[f"u_{name}"], kept[f"y_{name}"]) for name in ("train", *names)}
    train = pairs.pop("train")
    return train, {name[len("test_") :]: pair for name, pair in pairs.items()}


def _table(path: Path) -> tuple[Pair, dict[str, Pair]]:
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf8")
    names = table.dtype.names

    def pair(rows: np.ndarray) -> Pair:
        return tuple(
            np.column_stack([table[name][rows] for name in names if name[0] == kind]).astype(float)
            for kind in "uy"
        )

    if "record" in names:
        record = table["record"]
        return pair(record == 1), {"multisine": pair(record == 2), "arrow": pair(record == 3)}
    train = np.arange(len(table)) < len(table) // 2
    if "split" in names:
        train = table["split"] == "train"
    return pair(train), {"": pair(~train)}


def held_out(case: Case) -> Case:
    """Return the training record alone: two thirds to identify, the last third to test."""
    u, y = case.train
    cut = 2 * len(u) // 3
    first = min(case.first, (len(u) - cut) // 4)
    return Case((u[:cut], y[:cut]), {"": (u[cut:], y[cut:])}, first)


def errors(outputs: np.ndarray, y: np.ndarray, first: int) -> tuple[float, float]:
    """Return the RMSE, and the mean NMSE of the outputs; inf for a run that diverges."""
    with np.errstate(all="ignore"):
        square = np.mean((outputs - y)[first:] ** 2, axis=0)
        found = np.sqrt(square.mean()), np.mean(square / y[first:].var(axis=0))
    return tuple(float(value) if np.isfinite(value) else np.inf for value in found)
