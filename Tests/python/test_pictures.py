"""Figures of `bt.plot`: what they show, of what, in which units."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune.display.canvas import clock
from identified_cases import arx, model_of, record, state_space, trial

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


# ---- Traces


def test_training_validation_and_the_best_iteration(problem):
    net, u, y = problem
    trace = bt.Estimator(net, u, y).run(12, progress=False, validation=(u[:20], y[:20] + 0.3))
    best = int(np.argmin(trace.validation))
    ax = bt.plot.traces(trace)
    drawn = curves(ax)
    assert list(drawn) == legend(ax) == ["training", "validation", f"best: iteration {best}"]
    assert np.array_equal(drawn["training"].get_ydata(), trace.nmse)
    assert np.array_equal(drawn["validation"].get_ydata(), trace.validation)
    (mark,) = drawn[f"best: iteration {best}"].get_xydata()
    assert mark.tolist() == [best, trace.validation[best]]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("iteration", "NMSE", "log")
    ax = bt.plot.traces(trace, of="cost")
    assert list(curves(ax)) == ["training", f"best: iteration {best}"]
    assert curves(ax)[f"best: iteration {best}"].get_ydata() == [trace.cost[best]]


def test_decay_and_orders_on_request_only(problem):
    trace = bt.Estimator(*problem).run(20, progress=False)
    drawn = curves(trace.plot())
    assert list(drawn) == ["training", f"best: iteration {int(np.argmin(trace.cost))}"]
    assert np.array_equal(drawn["training"].get_ydata(), trace.cost)
    drawn = curves(trace.plot(decay=True, orders=True))
    (label,) = (label for label in drawn if label.startswith("decay time"))
    time, bias, amplitude = trace.decay
    assert label == f"decay time {time:.3g} iterations, bias {bias:.2g}"
    fitted = amplitude * np.exp(-np.arange(len(trace)) / time) + bias
    np.testing.assert_allclose(drawn[label].get_ydata(), fitted)
    seconds = drawn["second order"].get_xdata()
    assert seconds.tolist() == np.flatnonzero(trace.order == 2).tolist()


def test_several_traces(problem):
    trace = bt.Estimator(*problem).run(3, progress=False)
    ax = bt.plot.traces({"a": trace, "b": trace})
    assert [label for label in legend(ax) if "best" not in label] == ["a", "b"]
    assert "run 2" in legend(bt.plot.traces([trace, trace]))
    same = plt.subplots()[1]
    assert bt.plot.traces(trace, ax=same) is same
    with pytest.raises(bt.ArgumentError, match="none came"):
        bt.plot.traces([])
    with pytest.raises(TypeError, match="run 1 is a int"):
        bt.plot.traces([3])
    with pytest.raises(bt.ArgumentError, match="of: 'nu' came"):
        bt.plot.traces(trace, of="nu")
    with pytest.raises(bt.SizeError, match="ax: 2 Axes came, expected 1"):
        bt.plot.traces(trace, ax=plt.subplots(2)[1])


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
    assert grid.shape == (2, 3) and grid[1, 2].get_title() == "errors of level and sun"
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


# ---- Weights, networks


def test_weights_as_matrices(net):
    net.input_names = ["wind", "sun"]
    axes = bt.plot.weights(net)
    assert [ax.get_title() for ax in axes] == list(net.weights)
    for ax, values in zip(axes, net.weights.values()):
        (image,) = ax.images
        assert np.array_equal(image.get_array(), np.atleast_2d(values))
        assert image.get_clim() == axes[0].images[0].get_clim() and image.cmap.name == "RdBu_r"
    low, high = axes[0].images[0].get_clim()
    assert -low == high == max(np.abs(values).max() for values in net.weights.values())
    # Blue below 0, red above.
    below, above = axes[0].images[0].cmap([0.0, 1.0])
    assert below[2] > below[0] and above[0] > above[2]
    labelled = dict(zip(net.weights, axes))
    square = labelled["lnl.x2.W"]
    assert (square.get_ylabel(), square.get_xlabel()) == ("node of lnl.x2", "lnl.x, lag 1")
    inputs = labelled["lnl.x2.B"]
    assert inputs.get_xlabel() == "input, lag 1"
    assert [t.get_text() for t in inputs.get_xticklabels()] == ["wind", "sun"]
    assert labelled["lnl.x1.g"].get_xlabel() == "node of lnl.x1"
    axes[0].figure.canvas.draw()
    assert len(bt.plot.weights(net.weights, ["lnl.x2.W"])) == 1
    place = plt.subplots()[1]
    assert list(bt.plot.weights(net, ["lnl.x2.W"], ax=place)) == [place]
    with pytest.raises(KeyError):
        bt.plot.weights(net, ["other"])
    with pytest.raises(ValueError, match="none to draw"):
        bt.plot.weights(bt.Network(1))


def test_absent_weights_are_grey():
    net = bt.Network(1)
    net.lnl(3)
    net.weights.constrain("lnl.x2.W", mask=1 - np.eye(3))
    (ax,) = bt.plot.weights(net.randomize(1), ["lnl.x2.W"])
    assert np.array_equal(np.ma.getmaskarray(ax.images[0].get_array()), np.eye(3, dtype=bool))


def test_network_as_a_figure(net):
    ax = bt.plot.network(net)
    words = [text.get_text() for text in ax.texts]
    assert {"lnl.x2", "learnware, 3", "input", "lag 1", "lag 0"} <= set(words)
    boxes = [patch for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    assert len(boxes) == len(net.groups) + 1
    assert [box.get_linewidth() for box in boxes] == [1, 1, 1, 1, 2.5]  # the last is observed
    arrows = net.to_svg().count('class="arrow"')
    assert len(ax.patches) == len(boxes) + 2 * arrows
    place = plt.subplots()[1]
    assert bt.plot.network(net, ax=place) is place
    place.figure.canvas.draw()


def test_labels_of_arrows_hide_nothing():
    from backtune.display.layout import HEIGHT, WIDTH, layout_of

    found = layout_of(bt.lstm_network(3))
    places = [arrow.place for arrow in found.arrows]
    assert len(set(places)) == len(places)
    for x, y in places:
        assert not any(
            box.x < x < box.x + WIDTH and box.y < y - 8 < box.y + HEIGHT for box in found.boxes
        )


# ---- Bands, reports


def test_band_of_an_uncertainty():
    u = bt.random.normal(80)
    net = bt.linear_network(1).randomize(seed=0)
    net.output_names, net.output_units, net.sampling_time = ["speed"], ["m/s"], 2.0
    y = net.simulate(u) + 0.1 * bt.random.normal(80, 1)[:, None]
    est = bt.Estimator(net, u[:50], y[:50])
    est.run(progress=False)
    sure = est.uncertainty()
    (ax,) = bt.plot.band(sure, u[50:], y[50:], level=0.8, noise=True)
    low, high = sure.band(u[50:], 0.8, noise=True)
    drawn = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert drawn.min() == low.min() and drawn.max() == high.max()
    assert legend(ax) == ["measured", "network", "80 % of measured outputs"]
    np.testing.assert_allclose(curves(ax)["network"].get_ydata(), net.simulate(u[50:])[:, 0])
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("speed [m/s]", "time [s]")
    (ax,) = bt.plot.band(sure)
    np.testing.assert_allclose(curves(ax)["network"].get_ydata(), sure.outputs[:, 0])
    (ax,) = bt.plot.band(sure.linear(), u[50:])
    assert len(curves(ax)["network"].get_ydata()) == 30
    with pytest.raises(bt.ArgumentError, match="u: None"):
        bt.plot.band(sure.linear())
    with pytest.raises(bt.SizeError, match="2 sequences"):
        bt.plot.band(sure, [u, u])
    with pytest.raises(TypeError, match="a Network came"):
        bt.plot.band(net)


def test_bands_of_models_and_forecasts():
    u, y, _ = record(100, noise=0.1)
    model = model_of([state_space(), arx(a=0.75)], **NAMED)
    (ax,) = bt.plot.band(model, u, y[:20], level=0.8)
    assert np.array_equal(curves(ax)["free run"].get_ydata(), model.simulate(u, y[:20])[:, 0])
    index = pd.date_range("2026", periods=100, freq="h")
    past = pd.DataFrame({"speed": y[:60, 0]}, index[:60])
    found = model.forecast(pd.DataFrame({"drive": u[:, 0]}, index), past, 30)
    (ax,) = bt.plot.band(found, y=past)
    assert np.array_equal(curves(ax)["forecast"].get_xdata(), index[60:90])
    assert np.array_equal(curves(ax)["measured"].get_xdata(), index[:60])
    found = model.forecast(u, y[:60], 30)
    (ax,) = bt.plot.band(found, y=y[:60])
    assert curves(ax)["forecast"].get_xdata().tolist() == list(range(60, 90))


def test_report():
    report = bt.IdentificationReport(
        [trial(0.2, order=2), trial(0.1, chosen=True, weight=1.0), trial(np.inf)]
    )
    ax = bt.plot.report(report)
    points = [line for line in ax.lines if len(line.get_xydata())]
    assert [line.get_xydata().tolist() for line in points] == [[[1, 0.1]], [[2, 0.2]]]
    assert [line.get_fillstyle() for line in points] == ["full", "none"]
    assert legend(ax) == ["output error, linear"]
    with pytest.raises(TypeError, match="a int came"):
        bt.plot.report(3)


# ---- All of them


def test_text_can_be_read_on_a_dark_page(net):
    u = bt.random.normal(60).reshape(30, 2)
    with plt.style.context("dark_background"):
        (ax, _) = bt.plot.compare(net, u, net.simulate(u))
        assert curves(ax)["measured"].get_color() == "white"
        drawn = bt.plot.network(net)
        labels = [text for text in drawn.texts if text.get_text().startswith("lag")]
        assert {text.get_color() for text in labels} == {"white"}


def test_names_of_earlier_releases(net, problem):
    u = bt.random.normal(40).reshape(20, 2)
    y = net.simulate(u)
    trace = bt.Estimator(*problem).run(3, progress=False)
    with pytest.warns(DeprecationWarning, match=r"bt.plot.plot_prediction is bt.plot.compare now"):
        axes = bt.plot.plot_prediction(net, u, y)
    with pytest.warns(DeprecationWarning) as told:
        assert bt.plot.plot_prediction(net, u, y, axes=axes)[0] is axes[0]
    assert "axes= is ax= now" in str(told[0].message) and told[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="plot_weights is bt.plot.weights now"):
        assert len(bt.plot.plot_weights(net, ["lnl.x2.W"])) == 1
    with pytest.warns(DeprecationWarning, match="plot_trace is bt.plot.traces now"):
        ax = bt.plot.plot_trace(trace)
    assert ax.get_ylabel() == "cost"
    with pytest.warns(DeprecationWarning, match="plot_autocorrelation is bt.plot.residuals now"):
        assert bt.plot.plot_autocorrelation(u[:, 0], 5, ax=ax) is ax
