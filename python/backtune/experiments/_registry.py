"""All experiments, in the order of the report: a new one is a module and a line here."""

from __future__ import annotations

from . import (
    convergence,
    decay,
    generation,
    guard,
    long_dependencies,
    observed_means,
    other_units,
    prediction,
    profiles,
    robustness,
    spikes,
    variability,
)
from ._base import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        guard,
        convergence,
        decay,
        variability,
        robustness,
        observed_means,
        generation,
        profiles,
        other_units,
        long_dependencies,
        prediction,
        spikes,
    )
}
