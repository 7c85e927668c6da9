"""Forecasts of series beside what asks for no model, and beside ETS and ARIMA of statsmodels.

python benchmarks/forecast.py [--series sunspots ar2 ...] [--ends 6] [--plot docs/forecast.svg]

Each series is cut at several ends; each method has what is before, and forecasts what follows.
Columns are root mean square errors over all steps and ends, as parts of that of repeating the last
value; how much of what followed was in the 90 % band; seconds of a forecast. Methods of statsmodels
are left out where it is not installed: ETS is the best by AIC of models with and without trend and
season, ARIMA the best by AIC of p up to 3, d and q up to 1, with (0, 1, 1) of the season.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from collections.abc import Callable, Iterator

import backtune as bt
import numpy as np

Cut = tuple[np.ndarray, np.ndarray]  # what is known, what follows


def sunspots(ends: int) -> Iterator[Cut]:
    """Yearly sunspot numbers, 11 years ahead, each end 11 years before the next."""
    y = bt.datasets.sunspots()[1]
    for k in range(ends):
        end = len(y) - 11 * (k + 1)
        yield y[:end], y[end : end + 11]


def passengers(ends: int) -> Iterator[Cut]:
    """Months of growth and swings in proportion to it, 144 known, 24 ahead."""
    for seed in range(ends):
        t = np.arange(168)
        swing = 0.2 * np.sin(2 * np.pi * t / 12) + 0.1 * np.cos(4 * np.pi * t / 12)
        noise = (
            0.03 * bt.random.normal(168, seed) + np.cumsum(bt.random.normal(168, seed, "w")) / 100
        )
        y = 100 * np.exp(0.01 * t + swing + noise)
        yield y[:144], y[144:]


def ar2(ends: int) -> Iterator[Cut]:
    """y(t) = 1.3 y(t-1) - 0.5 y(t-2) + noise, 400 known, 10 ahead."""
    for seed in range(ends):
        e, y = bt.random.normal(510, seed), np.zeros(510)
        for t in range(2, 510):
            y[t] = 1.3 * y[t - 1] - 0.5 * y[t - 2] + e[t]
        yield y[100:500], y[500:]


def noisy_map(ends: int) -> Iterator[Cut]:
    """y(t) = 3.2 y(t-1) exp(-y(t-1)) + 0.15 y(t-1) + noise of 0.1, 400 known, 5 ahead."""
    for seed in range(ends):
        e, y = 0.1 * bt.random.normal(455, seed), np.ones(455)
        for t in range(1, 455):
            y[t] = 3.2 * y[t - 1] * np.exp(-y[t - 1]) + 0.15 * y[t - 1] + e[t]
        yield y[50:450], y[450:]


def mackey_glass(ends: int) -> Iterator[Cut]:
    """Mackey-Glass, chaotic, 1,000 known, 50 ahead."""
    for seed in range(ends):
        y = bt.datasets.mackey_glass(1050, seed=seed)[:, 0]
        yield y[:1000], y[1000:]


SERIES: dict[str, Callable[[int], Iterator[Cut]]] = {
    "sunspots": sunspots,
    "passengers": passengers,
    "ar2": ar2,
    "map": noisy_map,
    "mackey-glass": mackey_glass,
}

Found = tuple[np.ndarray, float]  # forecast, part of what followed in the band or NaN


def best_by_criterion(fits: Iterator[Callable[[], object]]) -> object:
    """Return the fit of the least AIC among those that succeed."""
    done = []
    for fit in fits:
        try:
            done.append(fit())
        except (ValueError, np.linalg.LinAlgError):
            continue
    return min(done, key=lambda result: result.aic)


def ets(y: np.ndarray, truth: np.ndarray, season: int) -> Found:
    """Forecast by exponential smoothing."""
    from pandas import Series
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    kinds = ["add", "mul"] if y.min() > 0 else ["add"]
    seasons = [None, *kinds] if 1 < season <= 24 else [None]
    fits = (
        lambda e=e, t=t, s=s: ETSModel(
            Series(y), error=e, trend=t, damped_trend=t is not None, seasonal=s,
            seasonal_periods=season if s else None,
        ).fit(disp=False)
        for e, t, s in itertools.product(kinds, (None, "add"), seasons)
    )  # fmt: skip
    result = best_by_criterion(fits)
    steps = len(truth)
    frame = result.get_prediction(len(y), len(y) + steps - 1).summary_frame(alpha=0.1)
    lower, upper = frame["pi_lower"].to_numpy(), frame["pi_upper"].to_numpy()
    return frame["mean"].to_numpy(), float(((lower <= truth) & (truth <= upper)).mean())


def arima(y: np.ndarray, truth: np.ndarray, season: int) -> Found:
    """Forecast by ARIMA."""
    from statsmodels.tsa.arima.model import ARIMA

    ends = [(0, 0, 0, 0)]
    if 1 < season <= 12:
        ends.append((0, 1, 1, season))
    fits = (
        lambda p=p, d=d, q=q, s=s: ARIMA(
            y, order=(p, d, q), seasonal_order=s, trend="c" if d + s[1] == 0 else "n"
        ).fit()
        for p, d, q, s in itertools.product((1, 2, 3), (0, 1), (0, 1), ends)
    )
    found = best_by_criterion(fits).get_forecast(len(truth))
    lower, upper = np.asarray(found.conf_int(alpha=0.1)).T
    return np.asarray(found.predicted_mean), float(((lower <= truth) & (truth <= upper)).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", nargs="*", default=list(SERIES), choices=list(SERIES))
    parser.add_argument("--ends", type=int, default=6)
    parser.add_argument("--plot", help="file for a drawing of the last forecast of each")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    methods: dict[str, Callable[[np.ndarray, np.ndarray, int], Found]] = {}
    try:
        import statsmodels  # noqa: F401

        methods = {"ets": ets, "arima": arima}
    except ImportError:
        print("statsmodels is not installed: no ETS, no ARIMA")
    drawn = []
    names = ["network", "seasonal naive", *methods]
    print(f"{'':14s}" + "".join(f"{name:>24s}" for name in names) + "   not beaten by it")
    for name in options.series:
        squares: dict[str, list[float]] = {key: [] for key in ["persistence", *names]}
        inside: dict[str, list[float]] = {key: [] for key in names}
        seconds = dict.fromkeys(names, 0.0)
        flagged = 0
        for y, truth in SERIES[name](options.ends):
            began = time.perf_counter()
            found = bt.forecast(y, len(truth))
            seconds["network"] += time.perf_counter() - began
            flagged += not found.beats_naive
            inside["network"].append(((found.lower <= truth) & (truth <= found.upper)).mean())
            squares["network"].append(np.mean((found.mean - truth) ** 2))
            squares["persistence"].append(np.mean((y[-1] - truth) ** 2))
            rows = len(y) - found.season + np.arange(len(truth)) % found.season
            squares["seasonal naive"].append(np.mean((y[rows] - truth) ** 2))
            for key, method in methods.items():
                began = time.perf_counter()
                mean, part = method(y, truth, found.season)
                seconds[key] += time.perf_counter() - began
                squares[key].append(np.mean((mean - truth) ** 2))
                inside[key].append(part)
        drawn.append((name, y, truth, found))
        base = np.mean(squares["persistence"])
        cells = ""
        for key in names:
            error = np.sqrt(np.mean(squares[key]) / base)
            part = f"{np.mean(inside[key]):6.2f}" if inside[key] else 6 * " "
            spent = f"{seconds[key] / options.ends:6.1f} s" if seconds[key] else 8 * " "
            cells += f"{error:10.3f}{part}{spent}"
        print(f"{name:14s}{cells}   {flagged} of {options.ends}", flush=True)
    if options.plot:
        draw(options.plot, drawn)


def draw(path: str, drawn: list[tuple[str, np.ndarray, np.ndarray, bt.Forecast]]) -> None:
    """Draw what was known last, the forecast with its band, and what followed."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "backtune"
    size = (7, 1.9 * len(drawn) + 0.4)
    figure, axes = plt.subplots(len(drawn), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, y, truth, found) in zip(axes[:, 0], drawn):
        past, ahead = min(len(y), 3 * len(truth) + 20), np.arange(len(truth))
        axis.plot(np.arange(-past, 0), y[-past:], "k", linewidth=1, label="known")
        axis.plot(ahead, truth, "k:", linewidth=1, label="what followed")
        axis.plot(ahead, found.mean, "C0", linewidth=1.5, label="forecast")
        shade = {"color": "C0", "alpha": 0.2, "linewidth": 0}
        label = f"band of {100 * found.level:g} %"
        axis.fill_between(ahead, found.lower, found.upper, label=label, **shade)
        axis.set_ylabel(name)
    axes[-1, 0].set_xlabel("time steps after the last known value")
    axes[0, 0].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=4, frameon=False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
