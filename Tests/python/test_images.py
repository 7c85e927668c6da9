"""Figures beside pictures that were looked at: Tests/data/pictures, without letters.

`python Tests/python/test_images.py` draws them anew, for those who have looked at them.
"""

import sys

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT
from identified_cases import trial

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402

FOLDER = ROOT / "Tests" / "data" / "pictures"
# Of the mean difference, of 1 between black and white; one line that is missing makes 0.0027.
TOLERANCE = 0.0015
_BLOCK = 4


def waves(steps):
    t = np.arange(steps)
    return np.stack([np.sin(t / 9), np.sin(t / 9) + 0.2 * np.cos(t / 2)], axis=1)


def traces():
    iterations = np.arange(30)
    names = ("cost", "nmse", "penalty", "nu", "first_cost", "order", "variant", "step", "raised")
    columns = {name: 0 * iterations for name in (*names, "saturated", "simulations", "seconds")}
    columns["nmse"] = np.exp(-iterations / 5) + 1e-3
    validation = columns["nmse"] + 1e-3 * (1 + iterations**2 / 40)
    bt.plot.traces(bt.Trace(columns, "", validation=validation))


def compare():
    y = waves(200)
    models = {"a": y * [0.8, 1.0], "b": np.roll(y, 5, axis=0)}
    bt.plot.compare(models, np.zeros(200), y, zoom=(60, 90))


def residuals():
    e = np.sin(np.arange(300.0) ** 2)
    bt.plot.residuals(e + np.roll(e, 2), np.cos(np.arange(300.0) ** 2 / 2) + e, lags=12)


def weights():
    net = bt.Network(2)
    net.lnl(5)
    for k, (name, values) in enumerate(net.weights.items()):
        net.weights[name] = np.sin(k + np.arange(values.size)).reshape(values.shape)
    bt.plot.weights(net)


def network():
    bt.plot.network(bt.lstm_network(3))


def report():
    kinds = ("output error", "prediction", "arx", "free arx")
    trials = [
        trial(0.4 / (o + 1) + 0.07 * k, order=o, kind=kind, hidden=2 * (k % 2), weight=float(k < 2))
        for o in range(4)
        for k, kind in enumerate(kinds)
    ]
    bt.plot.report(bt.IdentificationReport(trials))


def band():
    class Forecast:
        mean, lower, upper, level = waves(40), waves(40) - 0.3, waves(40) + 0.5, 0.9

    bt.plot.band(Forecast, y=waves(60))


CASES = [traces, compare, residuals, weights, network, report, band]


def rendered(case):
    """Return a figure without letters, whatever the fonts, in squares of mean brightness: bytes."""
    with plt.style.context("default"):
        case()
        figure = plt.gcf()
        figure.set_dpi(80)
        # Whole pixels, however they are rounded.
        figure.set_size_inches(np.rint(80 * figure.get_size_inches()) / 80 + 1e-6)
        for ax in figure.axes:
            ax.set_title("")
            ax.set(xlabel="", ylabel="")
            ax.tick_params(which="both", **dict.fromkeys(SIDES, False))
            for text in ax.texts:
                text.set_visible(False)
            if ax.get_legend() is not None:
                ax.get_legend().remove()
                ax.child_axes[0].remove()
        figure.canvas.draw()
        image = np.asarray(figure.canvas.buffer_rgba())[..., :3].mean(axis=2) / 255
        plt.close("all")
    rows, columns = (size // _BLOCK * _BLOCK for size in image.shape)
    blocks = image[:rows, :columns].reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK)
    return np.rint(255 * blocks.mean(axis=(1, 3))).astype(np.uint8)


def difference(a, b):
    """Return the mean difference of two pictures, 1 between black and white."""
    return np.abs(a.astype(float) - b).mean() / 255


SIDES = ("labelleft", "labelright", "labeltop", "labelbottom")


@pytest.mark.skipif(matplotlib.__version_info__ < (3, 7), reason="its colour bars are others")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_figures_look_as_they_did(case):
    path = FOLDER / f"{case.__name__}.png"
    expected = np.rint(255 * plt.imread(path)[..., 0])
    found = rendered(case)
    assert found.shape == expected.shape
    assert difference(found, expected) < TOLERANCE


def test_a_missing_line_is_seen():
    def without():
        compare()
        plt.gcf().axes[0].lines[1].remove()

    assert difference(rendered(without), rendered(compare)) > 1.5 * TOLERANCE


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for one in CASES:
        image = np.repeat(rendered(one)[..., None], 3, axis=2)
        plt.imsave(FOLDER / f"{one.__name__}.png", image)
    sys.exit(0)
