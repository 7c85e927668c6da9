"""Forecasts of one call, `backtune.forecast`: the data, the candidates, the choice, bands."""

from . import shown as _shown  # noqa: F401  (it shows forecasts)
