"""Files of a report: CSV, Markdown, pictures."""

from __future__ import annotations

import csv
import io
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._base import Experiment, Report, Settings, Table
from ._store import write_aside

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

#: Kinds of pictures, in the order of preference for the web.
PICTURES = ("svg", "png")
# Letters of a legend in an inch; the height of a row of it, and of what is around, in inches.
_LETTERS, _ROW, _GAP = 12, 0.19, 0.1
_METADATA: dict[str, dict[str, None]] = {"svg": {"Date": None}, "png": {"Software": None}}


def cell(value: object) -> str:
    """Write a value for people: two digits of what is not a whole number, "-" for nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e5 else f"{value:.2g}"
    return str(value)


def csv_text(table: Table) -> str:
    """Write a table with all digits; nothing where there is no value."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(["" if value is None else value for value in row] for row in table.rows)
    return stream.getvalue()


def markdown_table(table: Table) -> str:
    """Write a table for people, its caption above."""
    lines = [f"{table.caption}\n"] if table.caption else []
    lines.append("| " + " | ".join(map(cell, table.columns)) + " |")
    lines.append("|---" * len(table.columns) + "|")
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in table.rows]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Section:
    """An experiment, what it showed, seconds of its runs, and the file of its picture."""

    experiment: Experiment
    report: Report
    clock: float
    processor: float
    picture: str | None

    def markdown(self) -> str:
        """Write tables, picture, notes and time."""
        parts = [f"## {self.experiment.title}\n", f"{self.experiment.source}\n"]
        parts += [markdown_table(table) for table in self.report.tables]
        if self.picture:
            parts.append(f"![{self.experiment.title}]({self.picture})\n")
        if self.report.notes:
            parts.append("".join(f"- {note}\n" for note in self.report.notes))
        parts.append(
            f"Runs of this section: {_seconds(self.clock)},"
            f" {_seconds(self.processor)} of processor time.\n"
        )
        return "\n".join(parts)


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.2g} s"


_HEAD = """# Results

The experiments of section 4 of the report RR-9100 with this engine, the report's numbers beside
them, and some beyond it: `python -m backtune.experiments`. Costs are half the mean square error of
the observed values unless another criterion is named. The report stops a fit where the cost falls
below 1e-6, or after 100 iterations (it then writes 101). A cost per sample flatters small outputs:
the relative cost (to that of the start) and the NMSE (to the variance of the desired output) stand
beside it. Values of several draws are medians, costs and NMSE the largest. "-": not defined, or not
in the report.
"""


def page_text(sections: Sequence[Section], settings: Settings) -> str:
    """Write all sections with a head."""
    clock = sum(section.clock for section in sections)
    processor = sum(section.processor for section in sections)
    how = f'rule "{settings.stop}", at most {settings.iterations} iterations'
    quick = ", quick: sizes smaller than those of the report" if settings.quick else ""
    made = (
        f"This run: {_seconds(clock)}, {_seconds(processor)} of processor time ({_processor()};"
        f" {how}{quick}).\n"
    )
    return "\n".join([_HEAD, made, *(section.markdown() for section in sections)])


def _processor() -> str:
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def has_matplotlib() -> bool:
    """Tell whether pictures can be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def draw(report: Report, folder: Path, name: str, kinds: Sequence[str] = PICTURES) -> list[Path]:
    """Draw the picture of a report, the same bytes each time; return the files, if any."""
    if report.draw is None or not has_matplotlib():
        return []
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    files = []
    with matplotlib.rc_context(
        {"svg.hashsalt": "backtune", "svg.fonttype": "none", "font.size": 9}
    ):
        engine = ConstrainedLayoutEngine()
        figure = Figure(figsize=(7.2, 3.6), layout=engine)
        FigureCanvasAgg(figure)
        report.draw(figure)
        _legend(figure, engine)
        _settle(figure, engine)
        for kind in kinds:
            stream = io.BytesIO()
            figure.savefig(stream, format=kind, dpi=110, metadata=_METADATA[kind])
            files.append(folder / f"{name}.{kind}")
            write_aside(files[-1], stream.getvalue())
    return files


def _legend(figure: Figure, engine: ConstrainedLayoutEngine) -> None:
    """Put one legend of all axes above them: what has the same label looks the same."""
    found: dict[str, Artist] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels()):
            found.setdefault(label, handle)
    if not found:
        return
    width, height = figure.get_size_inches()
    columns = max(1, min(len(found), int(width * _LETTERS // (max(map(len, found)) + 6))))
    rows = -(-len(found) // columns)
    figure.legend(
        list(found.values()), list(found), loc="upper center", ncol=columns, frameon=False
    )
    engine.set(rect=(0, 0, 1, 1 - (_ROW * rows + _GAP) / height))


def _settle(figure: Figure, engine: ConstrainedLayoutEngine) -> None:
    """Lay a figure out once for all files; write powers of ten plainly, which draws faster."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log":
                axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
                axis.set_minor_formatter(NullFormatter())
        if ax.get_yscale() == "log":
            low, high = np.log10(ax.get_ylim())
            if high - low < 2:
                ax.set_ylim(10 ** np.floor(low), 10 ** np.ceil(high))
    engine.execute(figure)
    figure.set_layout_engine("none")
