"""Figures of `bt.plot`: what they show, of what, in which units."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from identified_cases import arx, model_of, record, state_space, trial
from pictures import NAMED, closed, curves, legend, plt

__all__ = ["closed"]  # a fixture


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


def test_weights_of_several_networks(net):
    other = net.copy()
    other.weights = {"lnl.x2.W": 7 * net.weights["lnl.x2.W"]}
    names = ["lnl.x2.W", "lnl.x1.g"]
    axes = bt.plot.weights({"before": net, "after": other.weights}, names)
    assert [" ".join(ax.get_title().split()) for ax in axes] == [
        *("before: lnl.x2.W", "after: lnl.x2.W", "before: lnl.x1.g", "after: lnl.x1.g")
    ]
    assert np.array_equal(axes[1].images[0].get_array(), other.weights["lnl.x2.W"])
    assert len({ax.images[0].get_clim() for ax in axes}) == 1
    assert axes[0].images[0].get_clim()[1] == np.abs(other.weights["lnl.x2.W"]).max()
    rows = [ax.get_subplotspec().rowspan.start for ax in axes]
    assert rows == [0, 0, 1, 1]
    assert len(bt.plot.weights({"a": net, "b": other})) == 2 * len(net.weights)
    with pytest.raises(bt.ArgumentError, match="none to draw"):
        bt.plot.weights({})


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
    # Drawn twice in one place, what is the same stands in the legend once.
    bt.plot.band(sure, u[50:], level=0.8, ax=ax)
    assert legend(ax) == ["measured", "network", "80 % of measured outputs", "80 % of outputs"]
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
