"""What is seen of networks, traces and results: figures of matplotlib, drawings, HTML."""

from . import curve, drawing, linear, plots, results, tables

__all__ = ["curve", "drawing", "linear", "plots", "results", "tables"]
