"""A network that was chosen for forecasts of a series: its errors, residuals, and bands."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._engine.data.scales import unit_of
from .._engine.errors import ArgumentError, NetworkError, SizeError
from .._engine.random import uniform
from .choice import Race
from .data import estimated_season, held
from .model import Predictor
from .part import ForecastErrors, Part, deviation_of, mean_known

# Largest factor by which residuals are widened to what the errors on the held-out end are.
_WIDEST = 1.5
# What ways to go on may hold in all, and what each value takes at the most: of 3.2 GB for 5e7.
_MOST_VALUES, _BYTES_A_VALUE = 50_000_000, 64


class FittedForecast:
    """A network for a series, and what it was chosen by.

    Parameters
    ----------
    y : array of shape (T, O)
    u : array of shape (T, M)
    steps : int or None
        How many steps ahead candidates are compared; None: a season, or 8.
    season : int or None
        None: estimated.
    held_out : float
        Part of the series that errors are reported on.
    seed : int
    """

    def __init__(
        self,
        y: np.ndarray,
        u: np.ndarray,
        steps: int | None,
        season: int | None,
        held_out: float,
        seed: int,
    ) -> None:
        size = max(1, round(held_out * len(y)))
        end = len(y) - size
        if season is None:
            season = estimated_season(y[:end])
        self.season = season if season <= end // 2 else 1
        if steps is None:
            steps = max(self.season, 8)
        race_part = Part.of(u[:end], y[:end], min(size, end // 3), steps)
        candidate = Race(race_part, self.season, seed, bool(np.nanmin(y) > 0)).choose()
        self.horizon = candidate.horizon
        part = Part.of(u, y, size, steps)
        self.y, self.u, self.seed = y, u, seed
        before = candidate.refitted(u[:end], y[:end])
        self._widening = self._set_errors(before, part)
        candidate.predictor = before
        self.predictor = candidate.refitted(u, y)

    def _set_errors(self, predictor: Predictor, part: Part) -> np.ndarray:
        """Set the errors on the held-out end; return how much larger than before it they are."""
        y, cut = part.y, part.cut
        paths = {"network": predictor.paths(part.u, y, part.origins, part.steps)}
        seasons = {"persistence": 1}
        if self.season > 1:
            seasons["seasonal naive"] = self.season
        all_ends = list(range(cut, len(y)))
        residuals = predictor.residuals(part.u, y)
        predicted = predictor.restored(predictor.one_step(part.u, y))[cut:]
        ones = {"network": predicted}
        for name, season in seasons.items():
            paths[name] = held(y, season, part.origins, part.steps)
            ones[name] = held(y, season, all_ends, 1)[:, 0]
        scale, unit = deviation_of(y[:cut]), unit_of(y)
        errors = ForecastErrors(steps=part.steps, origins=len(part.origins))
        for name, run in paths.items():
            squares = part.errors(run)
            errors.by_step[name] = np.sqrt(squares) * scale
            errors.multi_step[name] = np.sqrt(mean_known(squares)) * scale
            errors.one_step[name] = np.sqrt(mean_known(((ones[name] - y[cut:]) / unit) ** 2)) * unit
        self.errors = errors
        inside = np.sqrt(mean_known(residuals[predictor.skipped : cut] ** 2))
        outside = np.sqrt(mean_known(residuals[cut:] ** 2))
        ratio = np.where((inside > 0) & (outside > inside), outside / np.maximum(inside, 1e-300), 1)
        return np.minimum(np.nan_to_num(ratio, nan=1.0, posinf=1.0), _WIDEST)

    def take(self, y: np.ndarray, u: np.ndarray) -> None:
        """Forecast from the end of another record, (T, O) and (T, M), by the weights as they are.

        Raises
        ------
        SizeError
            Not as many time steps of inputs as of the series.
        ArgumentError
            A value of 0 or less for a network of the logarithm.
        """
        if len(u) != len(y):
            raise SizeError(
                f"X: {len(u)} time steps of inputs came, expected the {len(y)} of the series"
            )
        if self.predictor.shape.log and (y <= 0).any():
            raise ArgumentError(
                "y: a value of 0 or less came, expected more: the network is one of the logarithm"
            )
        self.y, self.u = y, u

    def fitted_values(self) -> np.ndarray:
        """Return the one-step predictions of the record, (T, O), in deviations."""
        return self.predictor.one_step(self.u, self.y)

    def innovations(self, lanes: int, steps: int, seed: int) -> np.ndarray:
        """Draw from the one-step residuals, (lanes, steps, O), in deviations.

        Time steps are drawn whole where enough of them are complete. Residuals are wider by what
        the weights have made of them less.
        """
        predictor = self.predictor
        residuals = predictor.residuals(self.u, self.y)[predictor.skipped :]
        outputs = residuals.shape[1]
        count = int(np.isfinite(residuals).sum())
        weights = predictor.net.get_weights().size
        wider = self._widening * np.sqrt(count / max(count - weights, count / 4, 1))
        draws = uniform(lanes * steps * outputs, seed, "forecast").reshape(-1, outputs)
        whole = residuals[np.isfinite(residuals).all(axis=1)]
        if len(whole) >= min(50, len(residuals) // 2) and len(whole):
            centred = whole - whole.mean(axis=0)
            found = centred[(draws[:, 0] * len(centred)).astype(int)]
        else:
            found = np.empty_like(draws)
            for k in range(outputs):
                found[:, k] = _drawn(residuals[:, k], draws[:, k])
        return (wider * found).reshape(lanes, steps, outputs)

    def path(self, inputs: np.ndarray, naive: bool = False) -> np.ndarray:
        """Return the forecast (steps, O) alone, which nothing is drawn for; see `ahead`."""
        if naive:
            return self._held(len(inputs))
        nothing = np.empty((0, len(inputs), self.y.shape[1]))
        return self.predictor.on(np.concatenate([self.u, inputs]), self.y, nothing)[0]

    def export(
        self,
        path: str | os.PathLike | None,
        format: str | None,
        naive: bool,
        options: Mapping[str, object],
    ) -> Any:
        """Write the network for other programs, in the units of the user: as `Network.export`.

        Raises
        ------
        NetworkError
            What it computes are not the forecasts: those of no model, or logarithms.
        """
        if naive:
            raise NetworkError(
                "export: forecasts are those of no model (fell_back_), expected those of a network;"
                " network_ has an export of its own"
            )
        if self.predictor.shape.log:
            raise NetworkError(
                "export: the network reads and gives the logarithm of y, which scales do not say;"
                " network_ has an export of its own"
            )
        scales: dict[str, object] = {}
        for name, scale in (("input", self.predictor.scale_u), ("output", self.predictor.scale_y)):
            if len(scale.mean):
                scales |= {f"{name}_mean": scale.mean, f"{name}_scale": scale.deviation}
        return self.predictor.net.export(path, format=format, **{**scales, **options})

    def ahead(
        self, inputs: np.ndarray, lanes: int, seed: int, naive: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the forecast (steps, O), and as many ways (lanes, steps, O) it may go.

        Parameters
        ----------
        inputs : array of shape (steps, M)
            Those of the time steps that are forecast.
        naive : bool
            Whether it is that of what does best without any model.

        Raises
        ------
        SizeError
            More steps and lanes than about 3 GB hold.
        """
        if naive:
            return self._naive(len(inputs), lanes, seed)
        values = lanes * len(inputs) * (self.y.shape[1] + inputs.shape[1])
        if values > _MOST_VALUES:
            raise SizeError(
                f"steps: {len(inputs)} ahead, {lanes} times drawn, would take"
                f" {values * _BYTES_A_VALUE / 2**30:.0f} GB: expected fewer steps, or samples"
            )
        innovations = self.innovations(lanes, len(inputs), seed)
        return self.predictor.on(np.concatenate([self.u, inputs]), self.y, innovations)

    @property
    def _repeated(self) -> int:
        """How many time steps are repeated where no model does best: a season, or the last."""
        return 1 if self.errors.best_naive == "persistence" else self.season

    def _held(self, steps: int) -> np.ndarray:
        return held(self.y, self._repeated, [len(self.y)], steps)[0]

    def _naive(self, steps: int, lanes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Repeat the last season; its changes from one to the next are drawn."""
        season, path = self._repeated, self._held(steps)
        changes = self.y[season:] - self.y[:-season]
        added = np.empty((lanes, steps, path.shape[1]))
        draws = uniform(added.size, seed, "forecast").reshape(added.shape)
        for k in range(path.shape[1]):
            added[..., k] = _drawn(changes[:, k], draws[..., k])
        for step in range(season, steps):
            added[:, step] += added[:, step - season]
        return path, path + added

    def report(self) -> str:
        """Return what was chosen, and how it compares, in a few lines."""
        errors = self.errors
        lines = [f"network: {self.predictor.shape}; trained at horizon {self.horizon}"]
        lines.append(f"season: {self.season if self.season > 1 else 'none'}")
        lines.append(
            f"errors on the held-out end, as parts of persistence: 1 step, 1 to {errors.steps}"
            f" steps ({errors.origins} origins)"
        )
        one, many = errors.relative(errors.one_step), errors.relative(errors.multi_step)
        lines += [f"  {name:15s} {one[name]:8.3g} {many[name]:8.3g}" for name in many]
        if not errors.beats_naive:
            lines.append(f"the network does not beat {errors.best_naive}")
        return "\n".join(lines)


def quantiles(lanes: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Return quantiles (levels, steps, O) of ways to go on (lanes, steps, O).

    Ways that diverge do not count; NaN where all do.
    """
    kept = lanes[np.isfinite(lanes).all(axis=(1, 2))]
    if len(kept) == 0:
        return np.full((len(levels), *lanes.shape[1:]), np.nan)
    return np.quantile(kept, levels, axis=0)


def _drawn(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return values by numbers in [0, 1), of those that are known; their mean is taken off."""
    known = values[np.isfinite(values)]
    known = known - known.mean() if known.size else np.zeros(1)
    return known[(draws * len(known)).astype(int)]
