"""Linear state-space models in innovations form: by subspace, then by prediction errors."""

from __future__ import annotations

import warnings

import backtune as bt
import numpy as np
from backtune.errors import BacktuneError
from identification_linear import Units, cut, judged, sequences, shortened
from identification_sets import Pair

ORDERS = (1, 2, 3, 4, 5, 6, 7, 8, 10)
PASTS = (8, 15)
ITERATIONS, STRIDE = 30, 5
# Steps that orders are chosen on, and that the chosen one is fitted to.
CHOICE, FIT = 6000, 30000
UNIT = "state_space"
# What least squares of the free run leaves as the subspace gave it.
OF_SUBSPACE = ("x.A", "x.K", "y.C")


class Innovations:
    """x(t+1) = A x + B u + K e, y = c + C x + D u + e, as `state_space(feedback="measured")`."""

    def __init__(self, record: Pair, order: int, past: int, first: int) -> None:
        u, y = sequences(record)
        self.order, self.past, self.first = order, past, first
        self._u, self._y = Units(u), Units(y)
        self.net = bt.Network(u[0].shape[1])
        self.net.state_space(order, hidden=0, outputs=y[0].shape[1], feedback="measured")
        self.net.weights = self._subspace(*self._scaled(record))

    def __str__(self) -> str:
        return f"order {self.order}, past {self.past}"

    def _scaled(self, record: Pair) -> Pair:
        u, y = sequences(record)
        return [self._u.apply(v) for v in u], [self._y.apply(v) for v in y]

    def _subspace(self, u: list[np.ndarray], y: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Find states in the past by their predictor (PBSID), then weights by least squares."""
        past, outputs = self.past, y[0].shape[1]
        z = [np.hstack(pair) for pair in zip(u, y)]
        long = [k for k, item in enumerate(z) if len(item) > 2 * past]
        if not long:
            raise ValueError(f"past {past}: too few time steps")
        # Rows: the oldest step of the past first.
        width = past * z[0].shape[1]
        lags = [np.lib.stride_tricks.sliding_window_view(z[k], past, axis=0)[:-1] for k in long]
        before = np.concatenate([item.transpose(0, 2, 1).reshape(-1, width) for item in lags])
        now_u, now_y = (np.concatenate([part[k][past:] for k in long]) for part in (u, y))
        one = np.ones((len(before), 1))
        if len(before) < 2 * (width + now_u.shape[1] + 1):
            raise ValueError(f"past {past}: too few time steps")
        markov = np.linalg.lstsq(np.hstack([before, now_u, one]), now_y, rcond=1e-10)[0][:width]
        rows = [np.zeros_like(markov) for _ in range(past)]
        for shift in range(past):
            step = shift * z[0].shape[1]
            rows[shift][step:] = markov[: width - step]
        _, size, right = np.linalg.svd(before @ np.hstack(rows), full_matrices=False)
        if self.order > min(past * outputs, len(size)):
            raise ValueError(f"order {self.order}: too large for a past of {past}")
        x = before @ (np.hstack(rows) @ right[: self.order].T)
        x /= np.where(x.std(axis=0) > 1e-12, x.std(axis=0), 1.0)
        read = np.linalg.lstsq(np.hstack([x, now_u, one]), now_y, rcond=1e-10)[0]
        # No step across the border of two sequences.
        ends = np.cumsum([len(item) for item in lags])[:-1] - 1
        kept = np.setdiff1d(np.arange(len(x) - 1), ends)
        given = np.hstack([x, now_u, now_y, one])
        moved = np.linalg.lstsq(given[kept], x[kept + 1], rcond=1e-10)[0]
        n, m = self.order, now_u.shape[1]
        parts = {
            "x.A": moved[:n],
            "x.B": moved[n : n + m],
            "x.K": moved[n + m : -1],
            "x.a": moved[-1],
            "y.C": read[:n],
            "y.D": read[n : n + m],
            "y.a": read[-1],
        }
        return {f"{UNIT}.{name}": value.T for name, value in parts.items()}

    def fit(self, record: Pair, horizon: int | None, fixed: tuple[str, ...] = ()) -> None:
        """Refine the weights but for some, so many steps ahead, with learnt initial states.

        It ends before the predictor, A - K C, has a pole outside the unit circle.
        """
        u, y = self._scaled(record)
        for name in fixed:
            self.net.weights.constrain(f"{UNIT}.{name}", fixed=True)
        ridge = bt.regularisation.Ridge(1e-7 * sum(item.size for item in y))
        with bt.Estimator(
            self.net,
            u,
            y,
            method="gauss-newton",
            restarts=0,
            initial="learn",
            horizon=horizon,
            regularisation=ridge,
        ) as estimator:
            for _ in range(ITERATIONS // STRIDE):
                before = self.net.get_weights()
                trace = estimator.run(STRIDE, progress=False)
                if horizon and self.pole() >= 1:
                    self.net.set_weights(before)
                    break
                if trace.stop != "iterations":
                    break

    def pole(self) -> float:
        """Return the largest modulus of poles of the predictor."""
        return np.abs(np.linalg.eigvals(self.net.weights[f"{UNIT}.x.A"])).max()

    def _start(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the state that fits the first outputs, (state_size,), in deviations."""
        if not len(y):
            return np.zeros(self.net.state_size)
        with self.net.copy() as copy:
            for name in copy.weights:
                copy.weights.constrain(name, fixed=True)
            with (
                warnings.catch_warnings(),
                bt.Estimator(
                    copy, u[: len(y)], y, method="gauss-newton", restarts=0, initial="learn"
                ) as estimator,
            ):
                # A few steps have another mean than the record.
                warnings.simplefilter("ignore")
                estimator.run(ITERATIONS, progress=False)
                return np.asarray(estimator.initial_states).reshape(-1)

    def predict(self, u: np.ndarray, y: np.ndarray, horizon: int) -> np.ndarray:
        """Return outputs predicted so many steps ahead, (T, O); the first ones set the state."""
        u, y = self._u.apply(u), self._y.apply(y)
        run = self.net.predict(u, y, horizon, initial=self._start(u, y[: self.first]))
        return self._y.restore(run)

    def simulate(self, u: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the free run whose state the first outputs y set, (T, O)."""
        u, y = self._u.apply(u), self._y.apply(y)
        return self._y.restore(self.net.simulate(u, self._start(u, y)))


def _chosen(record: Pair, first: int, horizon: int | None, fixed: tuple[str, ...]) -> Innovations:
    record = shortened(record, FIT)
    choice = shortened(record, CHOICE)
    part, places = cut(choice)
    best, least = None, np.inf
    for order in ORDERS:
        for past in PASTS:
            try:
                model = Innovations(part, order, past, first)
                model.fit(part, horizon, fixed)
                if horizon and model.pole() >= 1:
                    continue
                error = judged(model, choice, places, horizon, first)
            except (ValueError, np.linalg.LinAlgError):
                continue
            if error < least:
                best, least = model, error
    if best is None:
        raise ValueError("state space: no order fits")
    weights = best.net.get_weights()
    model = Innovations(record, best.order, best.past, first)
    if not fixed:
        model.net.set_weights(weights)
    try:
        model.fit(record, horizon, fixed)
    except BacktuneError:
        model.net.set_weights(weights)
    return model


def innovations(record: Pair, first: int = 50) -> Innovations:
    """Return the model that predicts one step best, trained by predictions of one step."""
    return _chosen(record, first, 1, ())


def subspace(record: Pair, first: int = 50) -> Innovations:
    """Return the subspace model that runs freely best; its B and D fit the free run."""
    return _chosen(record, first, None, OF_SUBSPACE)
