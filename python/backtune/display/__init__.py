"""What is seen of networks and traces: figures of matplotlib, and drawings and tables in HTML."""

from . import curve, drawing, plots, tables

__all__ = ["curve", "drawing", "plots", "tables"]
