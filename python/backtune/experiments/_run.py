"""Runs of experiments: what is not finished yet, then the reports of all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Callable

from .._engine.arrays import as_path
from .._engine.errors import ArgumentError
from .._engine.progress import Progress
from ._base import Experiment, Parameters, Record, Report, Settings
from ._output import Section, csv_text, draw, page_text
from ._registry import EXPERIMENTS
from ._store import Store, make_folder, write_aside

#: Called with the name of the experiment, parameters and measured values of each run made.
Callback = Callable[[str, Parameters, Record], object]


def find(names: Iterable[str] | str | None) -> list[Experiment]:
    """Return the experiments of these names, in their own order; all for none."""
    if names is None:
        return list(EXPERIMENTS.values())
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in EXPERIMENTS:
            raise ArgumentError(
                f"experiment: {name!r} came, expected some of {', '.join(EXPERIMENTS)}"
            )
    return [item for name, item in EXPERIMENTS.items() if name in chosen]


def run(
    names: Iterable[str] | str | None = None,
    *,
    out: str | os.PathLike,
    settings: Settings | None = None,
    page: str | os.PathLike | None = None,
    progress: bool = True,
    callback: Callback | None = None,
) -> dict[str, Report]:
    """Run experiments and write their tables and pictures.

    A run that is finished is kept in the folder at once; started again with the same settings, only
    what is missing is run.

    Parameters
    ----------
    names : str or list of str, optional
        Of `EXPERIMENTS`; all by default.
    out : path
        A folder, made if it is not there: for each experiment ``name.csv``, ``name.md``,
        ``name.svg`` and ``name.png`` (with matplotlib), its finished runs in ``runs/name.jsonl``,
        and ``results.md``, which holds all tables and pictures of this call.
    settings : Settings, optional
    page : path, optional
        A Markdown file that becomes another ``results.md``, its pictures (SVG) in a folder of its
        name beside it.
    progress : bool
        Whether to show a progress bar.
    callback : callable, optional
        Called after each run that was made and kept: name of the experiment, parameters, measured
        values. An exception ends the whole.

    Returns
    -------
    dict of str -> Report

    Raises
    ------
    ArgumentError
        An unknown name, a page without a suffix such as ``.md``.
    FileError
        A folder that cannot be written to.
    """
    chosen, settings = find(names), settings or Settings()
    folder = make_folder(_path(out))
    runs = make_folder(folder / "runs")
    results = None if page is None else _checked_page(_path(page))
    plans = {item.name: item.plan(settings) for item in chosen}
    stores = {item.name: Store(runs / f"{item.name}.jsonl") for item in chosen}
    reports: dict[str, Report] = {}
    sections: list[Section] = []
    with Progress(progress, "run", sum(map(len, plans.values()))) as bar:
        for item in chosen:
            plan, store = plans[item.name], stores[item.name]
            records = [_record(item, store, parameters, bar, callback) for parameters in plan]
            report = reports[item.name] = item.report(records)
            write_aside(folder / f"{item.name}.csv", csv_text(report.data))
            pictures = draw(report, folder, item.name)
            clock, processor = map(sum, zip(*map(store.seconds, plan)))
            picture = pictures[0].name if pictures else None
            section = Section(item, report, clock, processor, picture)
            write_aside(folder / f"{item.name}.md", section.markdown())
            sections.append(section)
    write_aside(folder / "results.md", page_text(sections, settings))
    if results is not None:
        _write_page(results, sections, settings)
    return reports


def _path(path: str | os.PathLike) -> Path:
    return Path(os.fsdecode(as_path(path)))


def _checked_page(page: Path) -> Path:
    """Refuse what cannot be written before anything is run."""
    if not page.suffix:
        raise ArgumentError(f"page: {page} came, expected the name of a file such as results.md")
    make_folder(page.with_suffix(""))
    return page


def _record(
    item: Experiment, store: Store, parameters: Parameters, bar: Progress, callback: Callback | None
) -> Record:
    """Return a finished run, from the store where it is there."""
    bar.show(" ".join(map(str, (item.name, *parameters.values()))))
    found = store.find(parameters)
    if found is None:
        clock, processor = time.perf_counter(), time.process_time()
        measured = item.measure(parameters)
        seconds = time.perf_counter() - clock, time.process_time() - processor
        store.add(parameters, measured, seconds)
        if callback is not None:
            callback(item.name, parameters, measured)
        found = store.record(parameters)
    bar.advance()
    return found


def _write_page(path: Path, sections: list[Section], settings: Settings) -> None:
    """Write the page of all results, and its pictures in a folder of its name beside it."""
    folder = path.with_suffix("")
    moved = []
    for item in sections:
        pictures = draw(item.report, folder, item.experiment.name, kinds=("svg",))
        picture = f"{folder.name}/{pictures[0].name}" if pictures else None
        moved.append(replace(item, picture=picture))
    write_aside(path, page_text(moved, settings))
