"""Identify measured systems, and print the tables of docs/real-data.md.

python benchmarks/real_data.py [--data DIRECTORY] [--official [DIRECTORY]] [--only SET ...]
    [--seeds 0 1 2] [--peers] [--development]

Training records only take part in `backtune.identify`; the test records give figures afterwards,
their first outputs (5 for the tanks, 20 for EMPS, 50 for the others) set the initial state and are
left out. Sets without an official split: the first half trains, the second tests. `--official`:
the whole official records instead. `--peers` adds a table of other methods, of those that are
installed; `--seeds` without a number leaves the other tables out.

`--development` looks at no test record: two thirds of each training record identify and the last
third is held out; after them the simulated systems of `identification_systems`, drawn anew for
each seed. Constants of the recipe are chosen on these.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from backtune.errors import BacktuneError
from identification_development import development, simulated
from identification_peers import peers
from identification_sets import DATA, MEASURED, Case, errors, held_out, load
from identification_systems import SYSTEMS
from identification_tables import (
    STEPS,
    Identified,
    ahead,
    figures,
    free,
    header,
    identified,
    linear_models,
    row,
)


def title(name: str, test: str) -> str:
    """Name a test record."""
    return f"{name} {test}".strip()


def in_unit(name: str, rmse: float) -> str:
    """Format an RMSE in the unit of the set."""
    about = MEASURED[name]
    return f"{about.factor * rmse:.3g} {about.unit}".strip()


def shape(found: Identified) -> str:
    """Say what the best member is: states, nodes, how it was trained, its clock."""
    trial = found.model.members[0].trial
    layer = f" {trial.layer}" if trial.layer else ""
    clock = "" if trial.factor == 1 else f", every {trial.factor} steps"
    return f"{trial.order}, {trial.hidden}{layer}, {trial.kind}{clock}"


def measured(names: list[str], folders: dict[str, Path], seeds: list[int]) -> None:
    """Print a row a test record and seed: of free runs, then of predictions."""
    header(
        "set",
        "seed",
        "states, nodes, kind",
        "members",
        "RMSE",
        "NMSE",
        "NMSE, best member",
        "NMSE, linear",
        "seconds",
        "CPU seconds",
        "published RMSE",
    )
    predicted: list[list] = []
    try:
        for name in names:
            case = load(name, folders)
            for seed in seeds:
                _of_seed(name, case, seed, predicted)
            for test, (u, y) in case.tests.items():
                beside = [
                    "-" if model is None else f"{figures(ahead(model, u, y, case.first))} ({model})"
                    for model in linear_models(case)
                ]
                for cells in predicted:
                    if cells[0] == title(name, test):
                        cells += beside
    finally:
        print(f"\nNMSE of predictions, {STEPS} ahead")
        header("set", "seed", "backtune", "ARX", "linear innovations")
        for cells in predicted:
            row(*cells)


def _of_seed(name: str, case: Case, seed: int, predicted: list[list]) -> None:
    try:
        found = identified(case, seed)
    except BacktuneError as error:
        row(name, seed, error, *8 * "-")
        return
    for test, (u, y) in case.tests.items():
        (rmse, nmse), *others = free(found.model, u, y, case.first)
        row(
            title(name, test),
            seed,
            shape(found),
            len(found.model.members),
            in_unit(name, rmse),
            *[f"{value:.3g}" for value in (nmse, *[other for _, other in others])],
            f"{found.seconds:.1f}",
            f"{found.busy:.1f}",
            MEASURED[name].published.get(test, ""),
        )
        predicted.append([title(name, test), seed, figures(ahead(found.model, u, y, case.first))])


def compared(names: list[str], folders: dict[str, Path]) -> None:
    """Print a row a test record and other method, of free runs."""
    print()
    makers = peers(print)
    header("set", "method", "choice", "RMSE", "NMSE", "CPU seconds")
    for name in names:
        case = load(name, folders)
        for method, make in makers.items():
            busy = time.process_time()
            try:
                model = make(case.train, case.first)
            except ValueError as error:
                row(name, method, error, "-", "-", "-")
                continue
            busy = time.process_time() - busy
            for test, (u, y) in case.tests.items():
                rmse, nmse = errors(model.simulate(u, y[: case.first]), y, case.first)
                figure = in_unit(name, rmse)
                row(title(name, test), method, model, figure, f"{nmse:.3g}", f"{busy:.1f}")


def present(names: list[str], folders: dict[str, Path]) -> list[str]:
    """Return the sets that are there, and say which are not."""
    missing = [name for name in names if not MEASURED[name].path(name, folders).is_file()]
    for name in missing:
        print(f"{name}: no {MEASURED[name].path(name, folders)}; see --data, --official")
    return [name for name in names if name not in missing]


def developed(names: list[str], folders: dict[str, Path], systems: list[str]) -> Iterator[tuple]:
    """Give measured sets without their test records, then simulated systems."""
    for name in names:
        yield name, held_out(load(name, folders))
    for name in systems:
        yield name, simulated(name)


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA / "real")
    parser.add_argument("--official", type=Path, nargs="?", const=DATA / "official")
    parser.add_argument("--only", nargs="+", choices=[*MEASURED, *SYSTEMS], metavar="SET")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--development", action="store_true")
    arguments = parser.parse_args()
    folders = {"real": arguments.data, "official": arguments.official or DATA / "official"}
    folder = "official" if arguments.official else "real"
    only = arguments.only or [
        *[name for name, about in MEASURED.items() if about.folder == folder],
        *(SYSTEMS if arguments.development else ()),
    ]
    systems = [name for name in only if name in SYSTEMS]
    if systems and not arguments.development:
        parser.error(f"--only {' '.join(systems)}: simulated, for --development alone")
    names = present([name for name in only if name in MEASURED], folders)
    if arguments.development:
        development(developed(names, folders, systems), arguments.seeds)
        return
    if arguments.seeds:
        measured(names, folders, arguments.seeds)
    if arguments.peers:
        compared(names, folders)


if __name__ == "__main__":
    main()
