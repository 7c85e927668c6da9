"""Forecasts of one call, `backtune.forecast`: the data, the candidates, the choice, bands."""
