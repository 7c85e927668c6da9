"""The experiments of section 4 of RR-9100, and some beyond it, with this engine.

``python -m backtune.experiments --out DIR`` reruns all of them; `run` does it from Python. Each
writes a CSV file, a Markdown table with the report's numbers beside, and a picture (with
matplotlib). Finished runs are kept: an interrupted call goes on where it was.

Examples
--------
>>> sorted(bt.experiments.EXPERIMENTS)[:3]
['convergence', 'decay', 'generation']
>>> bt.experiments.Settings(quick=True, methods=("gauss-newton",)).stop
'sample'
"""

from ._base import METHODS, STOPS, Experiment, Report, Settings, Table
from ._registry import EXPERIMENTS
from ._run import find, run

__all__ = [
    "EXPERIMENTS",
    "METHODS",
    "STOPS",
    "Experiment",
    "Report",
    "Settings",
    "Table",
    "find",
    "run",
]
