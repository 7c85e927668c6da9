"""What peers of `backtune.identify` have in common, and ARX models.

Each is chosen by the last quarter of the training record, and has `predict(u, y, horizon)` and
`simulate(u, y)`, y the first outputs, like an identified model. Records are arrays or lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from identification_sets import Pair, errors

ORDERS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)


class Units:
    """Mean and deviation of each channel of a record."""

    def __init__(self, values: list[np.ndarray]) -> None:
        rows = np.concatenate(values)
        self.mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        self.deviation = np.where(deviation > 0, deviation, 1.0)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return values in deviations."""
        return (values - self.mean) / self.deviation

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Return values in the units of the record."""
        return values * self.deviation + self.mean


def sequences(record: Pair) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return inputs and outputs as lists."""
    return tuple(list(part) if isinstance(part, list) else [part] for part in record)


def shortened(record: Pair, steps: int) -> Pair:
    """Return the first time steps of a record, so many in all."""
    kept: tuple[list, list] = ([], [])
    for u, y in zip(*sequences(record)):
        count = min(steps, len(u))
        if count:
            kept[0].append(u[:count])
            kept[1].append(y[:count])
        steps -= count
    return kept


def cut(record: Pair) -> tuple[Pair, list[int]]:
    """Return a record without the last quarter of each sequence, and where these begin."""
    u, y = sequences(record)
    places = [len(item) - len(item) // 4 for item in u]
    return tuple([v[:c] for v, c in zip(part, places)] for part in (u, y)), places


def judged(model: Any, record: Pair, places: list[int], horizon: int | None, first: int) -> float:
    """Return the NMSE on the last quarters; a free run is started by the outputs before them."""
    told, desired = [], []
    for u, y, place in zip(*sequences(record), places):
        begin = 0 if horizon else max(0, place - first)
        run = model.predict(u, y, horizon) if horizon else None
        if run is None:
            run = model.simulate(u[begin:], y[begin:place])
        told.append(run[place - begin :])
        desired.append(y[place:])
    return errors(np.concatenate(told), np.concatenate(desired), 0)[1]


class Arx:
    """y(t) = c + sum of A_k y(t-k), k = 1 to n, and of B_k u(t-k), k = 0 to n.

    The first n values of a record are those of a shorter model, where there is one.
    """

    def __init__(self, record: Pair, order: int, shorter: Arx | None = None) -> None:
        u, y = sequences(record)
        self.order, self._u, self._y, self._shorter = order, Units(u), Units(y), shorter
        rows, desired = [], []
        for inputs, outputs in zip(u, y):
            if len(inputs) > order:
                inputs, outputs = self._u.apply(inputs), self._y.apply(outputs)
                ends = len(inputs) - order
                lags = [outputs[order - k : order - k + ends] for k in range(1, order + 1)]
                lags += [inputs[order - k : order - k + ends] for k in range(order + 1)]
                rows.append(np.hstack([*lags, np.ones((ends, 1))]))
                desired.append(outputs[order:])
        size = order * y[0].shape[1] + (order + 1) * u[0].shape[1] + 1
        if sum(map(len, rows)) < 2 * size:
            raise ValueError(f"order {order}: too few time steps")
        found = np.linalg.lstsq(np.concatenate(rows), np.concatenate(desired), rcond=1e-12)[0]
        own = order * y[0].shape[1]
        self._a = found[:own].reshape(order, -1, y[0].shape[1])
        self._b = found[own:]

    def __str__(self) -> str:
        return f"ARX order {self.order}"

    def _driven(self, u: np.ndarray) -> np.ndarray:
        """Return what inputs add to each output; before the record they stood still."""
        steps = len(u)
        u = np.pad(self._u.apply(u), ((self.order, 0), (0, 0)), mode="edge")
        lags = [u[self.order - k : self.order - k + steps] for k in range(self.order + 1)]
        return np.hstack([*lags, np.ones((steps, 1))]) @ self._b

    def predict(self, u: np.ndarray, y: np.ndarray, horizon: int) -> np.ndarray:
        """Return outputs predicted so many steps ahead, (T, O)."""
        order, steps = self.order, len(u)
        driven = self._driven(u)
        before = np.pad(self._y.apply(y), ((order, 0), (0, 0)), mode="edge")
        ahead: list[np.ndarray] = []  # by one step, two, ...; each with `order` rows before
        with np.errstate(all="ignore"):
            for step in range(1, horizon + 1):
                values = driven.copy()
                for lag in range(1, order + 1):
                    source = ahead[step - lag - 1] if lag < step else before
                    values += source[order - lag : order - lag + steps] @ self._a[lag - 1]
                ahead.append(np.concatenate([before[:order], values]))
        run = self._y.restore(ahead[-1][order:])
        if self._shorter is not None:
            run[:order] = self._shorter.predict(u[:order], y[:order], horizon)
        return run

    def simulate(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the free run after the first outputs y, (T, O)."""
        order = self.order
        if self._shorter is not None and len(y) < order:
            y = self._shorter.simulate(u[:order], y)
        known = self._y.apply(y)
        driven = self._driven(u)
        if not len(known):
            known = np.zeros((1, driven.shape[1]))
        values = np.concatenate([np.repeat(known[:1], order, axis=0), driven])
        values[order : order + len(known)] = known
        weights = self._a[::-1].reshape(-1, driven.shape[1])
        with np.errstate(all="ignore"):
            for t in range(order + len(y), len(values)):
                values[t] += values[t - order : t].ravel() @ weights
        return self._y.restore(values[order:])


def arx(record: Pair, horizon: int | None = None, first: int = 50) -> Arx:
    """Return the ARX model whose order does best so many steps ahead; None: in free run."""
    part, places = cut(record)
    tried, model = [], None
    for order in ORDERS:
        try:
            model = Arx(part, order, model)
        except ValueError:
            break
        tried.append((judged(model, record, places, horizon, first), order))
    if not tried:
        raise ValueError("ARX: too few time steps")
    best, model = min(tried)[1], None
    for order in ORDERS[: ORDERS.index(best) + 1]:
        model = Arx(record, order, model)
    return model
