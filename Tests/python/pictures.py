"""What tests of figures have in common: matplotlib without a screen, and what is drawn in axes."""

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402

NAMED = {"input_names": ["drive"], "output_names": ["speed"], "output_units": ["m/s"]}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def curves(ax):
    """Return the lines that have a label, by it."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]
