"""Figures of models over a record, and of what they leave."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune.display.canvas import clock
from identified_cases import arx, model_of, record, state_space
from pictures import NAMED, closed, curves, legend, plt

__all__ = ["closed"]  # a fixture


# ---- Models over a record


def test_models_over_one_record(net):
    u = pd.DataFrame(bt.random.normal(40).reshape(20, 2), pd.date_range("2020", periods=20))
    y = net.simulate(u).to_numpy() + [0.1, 0.0]
    y[3] = np.nan
    other = net.copy().randomize(4)
    axes = bt.plot.compare({"net": net, "other": other, "values": y * 0}, u, y)
    assert [ax.get_ylabel() for ax in axes] == ["y0", "y1"] and axes[1].get_xlabel() == "time"
    drawn = curves(axes[1])
    assert list(drawn)[1] == "net, fit 100.0 %" and len(drawn) == 4
    assert np.array_equal(drawn["net, fit 100.0 %"].get_ydata(), net.simulate(u).iloc[:, 1])
    assert np.array_equal(drawn["measured"].get_ydata(), y[:, 1], equal_nan=True)
    assert np.array_equal(drawn["measured"].get_xdata(), u.index)
    known = np.isfinite(y[:, 0])
    error = np.sqrt(np.sum(0.1**2 * known) / np.sum((y[known, 0] - y[known, 0].mean()) ** 2))
    assert f"net, fit {100 * (1 - error):.1f} %" in curves(axes[0])
    axes[0].figure.canvas.draw()
    assert list(bt.plot.compare(net, u, y, ax=list(axes))) == list(axes)
    with pytest.raises(ValueError, match="20 time steps of u, 21"):
        bt.plot.compare(net, u.to_numpy(), np.vstack([y, y[:1]]))
    with pytest.raises(bt.SizeError, match="ax: 1 Axes came, expected 2"):
        bt.plot.compare(net, u, y, ax=axes[:1])
    with pytest.raises(bt.SizeError, match=r"Network: outputs of shape \(20, 2\) came"):
        bt.plot.compare(net, u, y[:, 0])
    (one, _) = bt.plot.compare(net, [u], [y])
    assert np.array_equal(one.lines[1].get_ydata(), axes[0].lines[1].get_ydata())
    with pytest.raises(bt.SizeError, match="2 sequences came"):
        bt.plot.compare(net, [u, u], [y, y])
    far = bt.plot.compare({"far": np.full((20, 2), np.inf)}, u, y)[0]
    assert legend(far) == ["measured", "far, diverges"]
    with pytest.raises(TypeError, match="outputs of a model"):
        bt.plot.compare("net", u, y)
    with pytest.raises(bt.ArgumentError, match="models: none"):
        bt.plot.compare([], u, y)


def test_names_units_and_seconds():
    net = bt.lnl_network(2).randomize(1)
    net.output_names, net.output_units, net.sampling_time = ["speed"], ["m/s"], 0.5
    u = bt.random.normal(30)
    (ax,) = bt.plot.compare([net, net.copy()], u, net.simulate(u))
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("speed [m/s]", "time [s]")
    assert legend(ax) == ["measured", "Network 1, fit 100.0 %", "Network 2, fit 100.0 %"]
    assert ax.lines[1].get_xdata()[-1] == 14.5
    (ax,) = bt.plot.compare(net, u, pd.DataFrame({"speed": net.simulate(u)[:, 0] * 0}))
    assert "Network" in legend(ax)  # no fit of what does not vary
    (ax,) = bt.plot.compare(net.simulate(u), u, pd.Series(u, name="level"))
    assert ax.get_ylabel() == "level" and ax.get_xlabel() == "time step"


def test_legends_are_outside_of_the_data(net):
    u = bt.random.normal(60).reshape(30, 2)
    models = {name: net.copy().randomize(k) for k, name in enumerate("abcdefg")}
    axes = bt.plot.compare(models, u, net.simulate(u))
    axes[0].figure.canvas.draw()
    for ax in axes:
        box, data = ax.get_legend().get_window_extent(), ax.get_window_extent()
        assert box.y0 >= data.y1 and box.x1 <= ax.figure.bbox.x1
    # Titles that come later stand above them.
    axes[1].set_title("title")
    axes[0].figure.canvas.draw()
    assert axes[1].title.get_window_extent().y0 >= axes[1].get_legend().get_window_extent().y1 - 2


def test_a_stretch_is_drawn_again():
    net = bt.lnl_network(2).randomize(1)
    u = bt.random.normal(700)
    y = net.simulate(u)
    y[300:320] += 5 * bt.random.normal(20)[:, None]
    (ax,) = bt.plot.compare(net, u, y)
    main, beside = ax.figure.axes
    assert main is ax
    times = beside.lines[1].get_xdata()
    assert len(times) == 700 // 12 and times[0] <= 305 and times[-1] >= 315
    assert beside.lines[1].get_ydata().tolist() == net.simulate(u)[times, 0].tolist()
    # Thousands of points are lines; a stretch has its points.
    assert (ax.lines[0].get_marker(), beside.lines[0].get_marker()) == ("None", ".")
    (ax,) = bt.plot.compare(net, u[:600], y[:600])
    assert len(ax.figure.axes) == 1
    (ax,) = bt.plot.compare(net, u[:99], y[:99], zoom=(10, 19))
    assert ax.figure.axes[1].lines[1].get_xdata().tolist() == list(range(10, 20))
    given = plt.subplots()[1]
    bt.plot.compare(net, u, y, ax=given)
    assert [inset.get_label() for inset in given.child_axes] == ["_legend"]
    bt.plot.compare(net, u, y, ax=given, zoom=(10, 19))
    inset = given.child_axes[-1]
    top = given.transData.transform((0, np.nanmax(y)))[1]
    given.figure.canvas.draw()
    assert inset.get_window_extent().y0 > top
    index = pd.date_range("2026", periods=99, freq="D")
    bt.plot.compare(net, pd.Series(u[:99], index), y[:99], zoom=("2026-01-05", "2026-01-09"))
    assert len(plt.gcf().axes[1].lines[1].get_xdata()) == 5
    with pytest.raises(bt.ArgumentError, match="holds 0 time steps from 0 to 98"):
        bt.plot.compare(net, u[:99], y[:99], zoom=(200, 300))


def test_inputs_below_outputs(net):
    net.input_names, net.input_units = ["wind", "sun"], ["m/s", "W"]
    u = bt.random.normal(80).reshape(40, 2)
    y = net.simulate(u)
    axes = bt.plot.compare(net, u, y, inputs=True, label="wanted")
    assert [ax.get_ylabel() for ax in axes] == ["y0", "y1", "wind [m/s]", "sun [W]"]
    assert [ax.get_xlabel() for ax in axes] == ["", "", "", "time step"]
    assert legend(axes[0]) == ["wanted", "Network, fit 100.0 %"] and axes[2].get_legend() is None
    (line,) = axes[3].lines
    assert np.array_equal(line.get_ydata(), u[:, 1]) and line.get_drawstyle() == "steps-post"
    axes[0].figure.canvas.draw()
    heights = [ax.get_window_extent().height for ax in axes]
    assert heights[0] == pytest.approx(2 * heights[3])
    given = plt.subplots(4)[1]
    assert list(bt.plot.compare(net, u, y, inputs=True, ax=given)) == list(given)
    # A stretch is one of the inputs too where it stands beside; above data there are outputs only.
    beside = bt.plot.compare(net, u, y, inputs=True, zoom=(5, 9))[0].figure.axes[1::2]
    assert [ax.lines[0].get_xdata().tolist() for ax in beside] == [[5, 6, 7, 8, 9]] * 4
    axes = bt.plot.compare(net, u, y, inputs=True, zoom=(5, 9), ax=plt.subplots(4)[1])
    insets = [[i for i in ax.child_axes if i.get_label() != "_legend"] for ax in axes]
    assert [len(found) for found in insets] == [1, 1, 0, 0]
    with pytest.raises(bt.SizeError, match="ax: 2 Axes came, expected 4"):
        bt.plot.compare(net, u, y, inputs=True, ax=given[:2])
    tables = (pd.Series(u[:, 0], name="drive"), pd.Series(u[:, 1], name="speed"))
    axes = bt.plot.compare({"none": 0 * u[:, 1]}, *tables, inputs=True)
    assert [ax.get_ylabel() for ax in axes] == ["speed", "drive"]


def test_identified_models_beside_networks():
    u, y, _ = record(120, noise=0.1)
    model = model_of([state_space(), arx(a=0.75)], **NAMED)
    shown = bt.plot.CompareDisplay.from_models({"m": model, "zero": 0 * y + 10}, u, y)
    assert shown.fits["m"] == pytest.approx(model.fit_percent(u, y))
    # Rows that set its state do not count for the others either.
    counted = y[12:]
    left = np.sqrt(((counted - 10) ** 2).sum() / ((counted - counted.mean()) ** 2).sum())
    assert shown.fits["zero"] == pytest.approx(100 * (1 - left))
    assert shown.channels == ["speed [m/s]"]
    ahead = bt.plot.CompareDisplay.from_models(model, u, y, horizon=2, first=5)
    assert np.array_equal(ahead.outputs["IdentifiedModel"], model.predict(u, y, 2))
    assert shown.plot() is shown and shown.ax_.shape == (1,)


def test_networks_without_inputs_and_with_a_start():
    net = bt.Network(0)
    net.learnware(1, "x").connect(net.groups["x"].lag(1), "W")
    net.weights = {"x.W": 0.5}
    y = np.array([[4.0], [2.0], [1.0]])
    for u in (None, 3):
        shown = bt.plot.CompareDisplay.from_models(net, u, y, initial=[8.0])
        assert np.array_equal(shown.outputs["Network"], y)
    with pytest.raises(bt.ArgumentError, match="u: -1 came, expected 0 or more"):
        bt.plot.compare(net, -1, y)


def test_axes_of_a_part_of_a_figure():
    net = bt.lnl_network(2).randomize(0)
    u = bt.random.normal(50)
    whole, part = plt.figure(figsize=(8, 4)), plt.figure(figsize=(8, 4))
    given = whole.subplots(), part.subfigures(1, 4)[0].subplots()
    wide, narrow = (bt.plot.compare(net, u, net.simulate(u), ax=ax)[0] for ax in given)
    assert (wide, narrow) == given
    # The legend has the room that there is: a quarter.
    assert wide.get_legend()._ncols == 2 and narrow.get_legend()._ncols == 1


def test_what_predicts_is_drawn_too(recipe):
    from sklearn_cases import plant

    u, y = plant()
    shown = bt.plot.CompareDisplay.from_models(recipe, u, y)
    (outputs,) = shown.outputs.values()
    assert np.array_equal(outputs[:, 0], np.ravel(recipe.predict(u)))


@pytest.mark.parametrize(
    ("index", "axis", "last"),
    [
        (pd.RangeIndex(3), "time step", 2),
        (pd.RangeIndex(5, 8, name="row"), "row", 7),
        (pd.Index([0.0, 0.5, 1.0], name="t [ms]"), "t [ms]", 1.0),
        (pd.timedelta_range("0s", periods=3, freq="500ms"), "time [s]", 1.0),
        (pd.period_range("2020", periods=3, freq="M"), "time", np.datetime64("2020-03-01")),
        (
            pd.date_range("2020", periods=3, tz="Europe/Paris", name="when"),
            "when [Europe/Paris]",
            np.datetime64("2020-01-03"),
        ),
        (pd.Index(["a", "b", "c"]), "time step", 2),
    ],
    ids=["range", "named range", "numbers", "durations", "periods", "zone", "names"],
)
def test_axis_of_time(index, axis, last):
    (ax,) = bt.plot.compare(np.zeros((3, 1)), pd.Series(np.arange(3.0), index), np.arange(3.0))
    assert ax.get_xlabel() == axis and ax.lines[0].get_xdata()[-1] == last
    ax.figure.canvas.draw()


def test_seconds_where_nothing_else_is_known():
    times, axis = clock(None, 3, 0.25)
    assert times.tolist() == [0, 0.25, 0.5] and axis == "time [s]"
    assert clock(None, 2, None)[1] == "time step"


# ---- Residuals


def heights(ax):
    """Return the heights of bars by their places, those within bounds and those beyond."""
    return [{s[1, 0]: s[1, 1] for s in item.get_segments()} for item in ax.collections[1:]]


def test_correlations_of_errors():
    noise = bt.random.normal(400, seed=1)
    u = bt.random.normal(400, seed=2)
    errors = noise + np.roll(u, 3)
    grid = bt.plot.residuals(errors, u, lags=8)
    assert grid.shape == (1, 2)
    assert [ax.get_title() for ax in grid[0]] == ["errors of y0", "errors of y0 and u0"]
    within, beyond = heights(grid[0, 1])
    assert 3 in beyond and beyond[3] == pytest.approx(0.7, abs=0.08)
    assert sorted([*within, *beyond]) == list(range(-8, 9)) and len(beyond) < 4
    within, beyond = heights(grid[0, 0])
    assert sorted([*within, *beyond]) == list(range(1, 9))  # that at lag 0 is 1
    values = bt.plot.autocorrelation(errors, 8)
    assert {**within, **beyond} == dict(zip(range(1, 9), values[1:]))
    assert grid[0, 0].get_xlabel() == "lag [time steps]" and "99 %" in grid[0, 0].get_ylabel()


def test_errors_of_models(net):
    net.input_names, net.output_names = ["wind", "sun"], ["speed", "level"]
    u = bt.random.normal(200).reshape(100, 2)
    y = net.simulate(u) + 0.1 * bt.random.normal(200, seed=4).reshape(100, 2)
    grid = bt.plot.residuals(net, u, y, lags=5)
    assert grid.shape == (2, 3) and grid[1, 2].get_title() == "errors of level and\nsun"
    errors = y - net.simulate(u)
    assert np.isclose(
        {k: v for part in heights(grid[1, 0]) for k, v in part.items()}[2],
        bt.plot.autocorrelation(errors[:, 1], 2)[2],
    )
    model = model_of([state_space(), arx(a=0.75)], **NAMED)
    u, y, _ = record(200, noise=0.1)
    found = model.residuals(u, y, None, lags=6)
    own = [bt.plot.residuals(model, u, y, lags=6), bt.plot.residuals(found)]
    assert heights(own[0][0, 1]) == heights(own[1][0, 1])
    with pytest.raises(bt.SizeError, match="ax: 1 Axes came, expected 2"):
        bt.plot.residuals(found, ax=plt.subplots()[1])
    with pytest.raises(bt.SizeError, match="u: 5 time steps came, expected 9"):
        bt.plot.residuals(np.arange(9.0), np.arange(5.0))
    with pytest.raises(bt.SizeError, match="lags: 9 came for 9"):
        bt.plot.residuals(np.arange(9.0), lags=9)


def test_autocorrelation():
    noise = bt.random.normal(500)
    values = bt.plot.autocorrelation(noise, 20)
    assert values[0] == 1 and (np.abs(values[1:]) < 0.15).all()
    centred = noise - noise.mean()
    assert values[3] == pytest.approx((centred[3:] @ centred[:-3]) / (centred @ centred))
    wave = bt.plot.autocorrelation(np.sin(np.arange(400) * 2 * np.pi / 20).reshape(-1, 1), 20)
    assert wave[10] < -0.9 and wave[20] > 0.9
    noise[::7] = np.nan
    assert np.isfinite(bt.plot.autocorrelation(noise, 20)).all()
    assert np.isnan(bt.plot.autocorrelation(np.ones(5), 2)).all()
    assert np.isnan(bt.plot.autocorrelation(np.full(5, np.nan), 2)).all()
    with pytest.raises(ValueError, match="lags"):
        bt.plot.autocorrelation(np.ones(5), 5)
    with pytest.raises(ValueError, match="one output"):
        bt.plot.autocorrelation(np.ones((5, 2)), 2)
