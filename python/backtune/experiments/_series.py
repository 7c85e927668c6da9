"""Time series that reservoirs are tried on: NARMA10 and Mackey-Glass."""

from __future__ import annotations

import numpy as np

from .. import random


def narma10(steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return input, uniform in [0, 0.5), and output of NARMA10, each (T,).

    y(t+1) = 0.3 y(t) + 0.05 y(t) sum_{i<10} y(t-i) + 1.5 u(t-9) u(t) + 0.1

    A. F. Atiya, A. G. Parlos, "New results on recurrent network training", IEEE Transactions on
    Neural Networks 11(3), 2000. Draws that diverge, which there are, are drawn again.
    """
    stream = 0
    while True:
        u = 0.5 * random.uniform(steps, seed, f"narma10 {stream}")
        y = np.zeros(steps)
        for t in range(9, steps - 1):
            past = y[t - 9 : t + 1].sum()
            y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * past + 1.5 * u[t - 9] * u[t] + 0.1
            if y[t + 1] > 10:
                break
        else:
            return u, y
        stream += 1


def mackey_glass(steps: int, seed: int, delay: int = 17) -> np.ndarray:
    """Return the Mackey-Glass series x' = 0.2 x(t - delay)/(1 + x(t - delay)^10) - 0.1 x, (T,).

    One value a unit of time, after 1,000 of transient; Runge-Kutta of fourth order with ten steps a
    unit, the delayed value between two steps interpolated. The seed moves the constant past.
    """
    parts, transient = 10, 1000
    h, back = 1 / parts, delay * parts
    x = np.empty(back + (steps + transient) * parts + 1)
    x[: back + 1] = 1.2 + 0.1 * random.uniform(1, seed, "mackey-glass")[0]

    def slope(value: float, delayed: float) -> float:
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * value

    for k in range(back, len(x) - 1):
        now, before, after = float(x[k]), float(x[k - back]), float(x[k - back + 1])
        middle = (before + after) / 2
        k1 = slope(now, before)
        k2 = slope(now + h / 2 * k1, middle)
        k3 = slope(now + h / 2 * k2, middle)
        k4 = slope(now + h * k3, after)
        x[k + 1] = now + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x[back + transient * parts :: parts][:steps]
