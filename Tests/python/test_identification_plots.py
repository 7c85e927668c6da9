"""Figures of identified models."""

import backtune as bt
import numpy as np
import pytest
from identified_cases import arx, model_of, record, state_space

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402

LABELS = {"input_names": ["drive"], "output_names": ["speed"], "output_units": ["m/s"]}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def two(**labels):
    return model_of([state_space(), arx(a=0.75)], **labels)


def lines(ax):
    """Return the curves that have a label, by it."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_prediction():
    u, y, _ = record(100, noise=0.1)
    model = two(**LABELS)
    (ax,) = model.plot.prediction(u, y[:80])
    drawn = lines(ax)
    fit = model.fit_percent(u, y[:80])[0]
    run = drawn.pop(f"free run, fit {fit:.1f} %")
    assert np.array_equal(run.get_ydata(), model.simulate(u, y[:10])[:, 0])
    assert np.array_equal(drawn["measured"].get_ydata()[:80], y[:80, 0])
    assert ax.get_ylabel() == "speed [m/s]" and ax.get_xlabel() == "time step"
    (ax,) = model.plot.prediction(u, y, 3, first=5)
    (label,) = (label for label in lines(ax) if label.startswith("3 ahead"))
    assert np.array_equal(lines(ax)[label].get_ydata(), model.predict(u, y, 3)[:, 0])
    same = plt.subplots()[1]
    assert model.plot.prediction(u, y, ax=same)[0] is same
    with pytest.raises(bt.SizeError, match="ax: 2 Axes came, expected 1"):
        model.plot.prediction(u, y, ax=plt.subplots(2)[1])
    with pytest.warns(DeprecationWarning, match="axes= is ax= now.* in prediction"):
        assert model.plot.prediction(u, y, axes=[same])[0] is same
    with pytest.warns(DeprecationWarning), pytest.raises(bt.ArgumentError, match="both came"):
        model.plot.prediction(u, y, ax=same, axes=plt.subplots()[1])
    with pytest.raises(bt.SizeError, match="2 sequences came, expected one"):
        model.plot.prediction([u, u], [y, y])


def test_axis_of_time():
    pd = pytest.importorskip("pandas")
    u, y, _ = record(50)
    model = two(**LABELS, sampling_time=0.5)
    (ax,) = model.plot.prediction(u, y)
    assert ax.get_xlabel() == "time [s]" and lines(ax)["measured"].get_xdata()[-1] == 24.5
    index = pd.date_range("2026-01-01", periods=50, freq="500ms", name="when")
    (ax,) = model.plot.prediction(pd.DataFrame({"drive": u[:, 0]}, index), y)
    assert ax.get_xlabel() == "when"
    assert lines(ax)["measured"].get_xdata()[-1] == index[-1].to_datetime64()


def test_residuals():
    u, y, _ = record(200, noise=0.1)
    model = two(**LABELS)
    found = model.residuals(u, y, lags=6, first=3)
    grid = model.plot.residuals(u, y, lags=6, first=3)
    assert grid.shape == (1, 2)
    assert grid[0, 0].get_title() == "errors of speed"
    assert grid[0, 1].get_title() == "errors of speed and drive"
    # That at lag 0 is 1, and left out.
    values = found.autocorrelation[1:, 0], found.cross_correlation[:, 0, 0]
    bounds = found.autocorrelation_bound[1:, 0], found.cross_correlation_bound[:, 0, 0]
    for ax, lags, v, bound in zip(grid[0], (found.lags[1:], found.cross_lags), values, bounds):
        within, beyond = (bars(item) for item in ax.collections[1:])
        assert {**within, **beyond} == dict(zip(lags, v))
        assert set(beyond) == set(lags[np.abs(v) > bound])
        assert ax.get_xlabel() == "lag [time steps]"


def bars(lines):
    """Return the heights of bars by their places."""
    return {segment[1, 0]: segment[1, 1] for segment in lines.get_segments()}


def test_forecast():
    u, y, _ = record(100, noise=0.1)
    model = two(sampling_time=2.0)
    (ax,) = model.plot.forecast(u, y[:60], 30, level=0.8)
    found = model.forecast(u, y[:60], 30)
    assert np.array_equal(lines(ax)["forecast"].get_ydata(), found.mean[:, 0])
    assert list(lines(ax)["forecast"].get_xdata()[[0, -1]]) == [120, 178]
    assert lines(ax)["measured"].get_ydata().size == 60
    assert ax.collections[0].get_label() == "band of 80 %"


def test_band():
    u, y, _ = record(100, noise=0.1)
    model = two()
    (ax,) = model.plot.band(u, y[:20], level=0.8)
    assert np.array_equal(lines(ax)["free run"].get_ydata(), model.simulate(u, y[:20])[:, 0])
    low, high = model.band(u, y[:20], 0.8)
    drawn = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert drawn.min() == low.min() and drawn.max() == high.max()
    assert ax.collections[0].get_label() == "band of 80 %"
    assert np.isfinite(lines(ax)["measured"].get_ydata()).sum() == 20


def test_members():
    u, y, _ = record(100)
    model = two()
    (ax,) = model.plot.members(u)
    assert len(ax.lines) == 3
    median = lines(ax)["median of 2 members"]
    assert np.array_equal(median.get_ydata(), model.simulate(u)[:, 0])
    (ax,) = model.plot.members(u, y[:20])
    assert np.isfinite(lines(ax)["measured"].get_ydata()).sum() == 20


def test_report():
    model = two()
    ax = model.plot.report()
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "order (filled: members of the model)"
    points = [tuple(point) for line in ax.lines for point in line.get_xydata()]
    assert points == [(t.order, t.validation) for t in model.report]
    assert [text.get_text() for text in ax.texts] == ["best member"]
    assert bt.plot.report(model, ax=ax) is ax
    assert sum(len(line.get_xydata()) for line in ax.lines) == 4


def test_linear_part():
    """Figures of steps, frequencies and poles are those of `plots_linear`."""
    pytest.importorskip("backtune.identification.plots_linear")
    model = model_of([state_space()], **LABELS)
    ax = plt.subplots()[1]
    poles = model.plot.poles(ax)
    assert poles is ax or ax in np.ravel(poles)
    drawn = [line for line in ax.lines if np.allclose(line.get_xydata(), [[0.8, 0]])]
    assert len(drawn) == 1
    assert np.size(model.plot.step(steps=5)) >= 1 and np.size(model.plot.bode()) >= 1
