"""Exports: of what, where to, with which scales, and what is refused."""

import os
import re

import backtune as bt
import numpy as np
import pytest
from export_cases import Program, deviation
from identified_cases import arx, model_of, state_space
from sklearn_cases import plant, small

CLOSE = 1e-12


def normal(steps, channels, seed):
    return bt.random.normal(steps * channels, seed=seed).reshape(steps, channels)


def lags():
    net = bt.Network(2)
    h = net.lnl(3, sources=[bt.SELF.lag(1), net.input.lag(2)])
    net.linear(2, sources=[h.lag(0), net.input.lag(0)])
    return net.randomize(2)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- Scales


def test_scales_of_inputs_and_outputs(tmp_path):
    net = lags()
    net.rest = [0.5, -0.5]
    u, mean, scale = 1e6 + 3 * normal(40, 2, seed=1), [1e6, 1e6], [3.0, 0.1]
    program = Program(
        net,
        tmp_path,
        input_mean=np.array(mean),
        input_scale=scale,
        output_mean=[100, -2],
        output_scale=np.array([7, 0.5]),
    )
    assert not program.is_measuring
    expected = net.simulate((u - mean) / scale) * [7, 0.5] + [100, -2]
    assert deviation(program(u), expected) < CLOSE


def test_scales_of_what_is_measured(tmp_path):
    """Measured outputs come in the units of the user, too."""
    net = bt.Network(1)
    x = net.lnl(3, feedback="measured")
    net.observe(x, 2)
    net.randomize(1)
    u, y = normal(50, 1, seed=2), 20 + 4 * normal(50, 2, seed=3)
    y[5:9] = np.nan
    scales = {"output_mean": [20, 21], "output_scale": [4, 3]}
    stream = net.stream()
    scaled = (y - [20, 21]) / [4, 3]
    expected = [stream.step(*row) * [4, 3] + [20, 21] for row in zip(u, scaled)]
    found = Program(net, tmp_path / "with", measured=True, **scales)(u, y)
    assert deviation(found, expected) < CLOSE
    free = Program(net, tmp_path / "without", **scales)
    assert free.is_measuring
    assert deviation(free(u), net.simulate(u) * [4, 3] + [20, 21]) < CLOSE


# ---- What else has an export


def test_identified_models(tmp_path):
    u = 2 + 0.5 * normal(60, 1, seed=4)
    model = model_of([state_space(start=0.3)])
    program = Program(model, tmp_path / "states")
    assert deviation(program(u), model.single.simulate(u)) < CLOSE
    predictor = model_of([arx()])
    y = 10 + normal(60, 1, seed=5)
    stream = predictor.single.stream()
    expected = [stream.step(*row) for row in zip(u, y)]
    found = Program(predictor, tmp_path / "arx", measured=True)(u, y)
    assert deviation(found, expected) < CLOSE


def test_identified_records(tmp_path):
    """A model of a record, its dead time and names."""
    u = 5 + normal(300, 1, seed=6)
    y = np.zeros((300, 1))
    for t in range(4, 300):
        y[t] = 0.8 * y[t - 1] + np.tanh(u[t - 3] - 5)
    model = bt.identify(u, y, max_order=2, progress=False)
    program = Program(model, tmp_path)
    assert deviation(program(u), model.single.simulate(u)) < CLOSE


def test_regressors(tmp_path):
    X, y = plant(200)
    regressor = small(random_state=0).fit(X, y)
    found = Program(regressor, tmp_path / "units")(X)
    assert deviation(found[:, 0], regressor.predict(X)) < CLOSE
    classes = np.where(y > np.median(y), "high", "low")
    classifier = bt.RecurrentClassifier(units=2, max_iter=10, restarts=0).fit(X, classes)
    found = Program(classifier, tmp_path / "classes")(X)
    assert deviation(found, classifier.predict_proba(X)) < CLOSE


def test_regressors_of_the_recipe(recipe, tmp_path):
    X, _ = plant()
    found = Program(recipe, tmp_path)(X)
    assert deviation(found, recipe.model_.single.simulate(X)) < CLOSE


def test_a_regressor_that_was_not_fitted():
    with pytest.raises(ValueError, match="not fitted"):
        bt.RecurrentRegressor(units=2).export(format="c")


def test_missing_inputs(tmp_path):
    """Channels that may be missing are given apart."""
    u = normal(80, 2, seed=7)
    u[20:30, 1] = np.nan
    net = lags().with_missing_inputs(bt.InputModel(u))
    assert net.modelled_channels.tolist() == [1]
    stream = net.stream()
    expected = [stream.step(row) for row in u]
    program = Program(net, tmp_path, given={"missing_x": 1})
    found = program(np.nan_to_num(u), given={"missing_x": u[:, 1:]})
    assert deviation(found, expected) < CLOSE


# ---- Where to


def test_files_and_text(tmp_path):
    net = lags()
    assert net.export(tmp_path / "plant.c") is None
    assert names(tmp_path) == ["plant.c", "plant.h"]
    source, header = ((tmp_path / f"plant.{end}").read_text() for end in "ch")
    assert "plant_step" in source and "plant_step" in header
    assert net.export(os.fspath(tmp_path / "other"), format="c") is None
    assert names(tmp_path) == ["other", "other.h", "plant.c", "plant.h"]
    text = net.export(format="c", prefix="plant")
    assert re.sub("^/.*?\n \\*/\n", "", source, flags=re.DOTALL) not in text  # it is included
    assert header.split("#ifndef")[1] in text
    assert net.export(format="c") == net.export(format="c", prefix="model", precision="double")


def test_written_whole_or_not_at_all(tmp_path):
    """A header that cannot be written leaves the old source."""
    net = lags()
    (tmp_path / "plant.c").write_text("old")
    (tmp_path / "plant.h").mkdir()
    with pytest.raises(bt.FileError, match=r"plant\.h"):
        net.export(tmp_path / "plant.c")
    assert (tmp_path / "plant.c").read_text() == "old"
    assert names(tmp_path) == ["plant.c", "plant.h"]
    with pytest.raises(bt.FileError, match="no/such"):
        net.export(tmp_path / "no" / "such.c")


def test_links_to_one_file(tmp_path):
    """Of which the second would be all that is left."""
    (tmp_path / "real.c").write_text("before")
    for name in ("a.c", "a.h"):
        (tmp_path / name).symlink_to("real.c")
    with pytest.raises(bt.FileError, match="another of these files is linked there"):
        lags().export(tmp_path / "a.c")
    assert (tmp_path / "real.c").read_text() == "before"
    assert names(tmp_path) == ["a.c", "a.h", "real.c"]


def test_a_pipe_gets_one_text(tmp_path):
    net = lags()
    read, write = os.pipe()
    net.export(f"/dev/fd/{write}", format="c")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == net.export(format="c", prefix=f"m{write}")


# ---- What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither a path nor a format"),
        ({"path": "model"}, "path 'model': its suffix says no format, expected one of c"),
        ({"path": "model.json"}, "format 'json': unknown, expected one of c"),
        ({"format": "C"}, "format 'C': unknown, expected one of c"),
        ({"path": "model.h", "format": "c"}, "two files would have that name"),
        ({"path": 'a"b.c'}, "holds a quotation mark"),
        ({"path": "a??)b.c"}, "holds a quotation mark"),
        ({"path": "\ud800.c"}, "path: not valid Unicode"),
        (
            {"format": "c", "nosuch": 1},
            "unknown option 'nosuch', expected one of .*precision, prefix",
        ),
        ({"format": "c", "precision": "half"}, "option precision of format c: 'half' came"),
        ({"format": "c", "prefix": "2"}, "option prefix of format c: '2' came, expected a letter"),
        ({"format": "c", "prefix": ""}, "option prefix of format c: '' came, expected a letter"),
        ({"format": "c", "prefix": 3}, "option prefix of format c: 3.0 came, expected a text"),
        ({"format": "c", "prefix": {3}}, "option prefix: .3. came, expected JSON"),
        ({"format": "c", "input_mean": [1]}, "input_mean and input_scale: 1 values, expected 2"),
        (
            {"format": "c", "output_mean": 1},
            "option output_mean of format c: 1.0 came, expected a list",
        ),
        ({"format": "c", "input_scale": [1, 0]}, "option input_scale: 0.0 came, expected numbers"),
        ({"format": "c", "input_scale": [1, np.nan]}, "option input_scale: .* expected JSON"),
    ],
)
def test_refused(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        lags().export(options.pop("path", None), **options)
    assert names(tmp_path) == []


def test_weights_that_nobody_set(tmp_path):
    with pytest.warns(bt.BacktuneWarning, match="neither drawn nor set"):
        bt.lnl_network(2).export(tmp_path / "zero.c")


def test_what_is_no_network_or_holds_too_much():
    with pytest.raises(bt.NetworkError, match="group"):
        bt.Network(1).export(format="c")
    net = lags()
    net.weights["lnl.x2.a"] = 1e39
    assert "1e+39" in net.export(format="c")
    with pytest.raises(bt.NetworkError, match=r"a weight of lnl.x2.a is 1e\+39.*'float'"):
        net.export(format="c", precision="float")


def test_what_float_would_divide_by_zero():
    for kind, options, message in (
        ("lnl", {"activation": bt.softplus(1e-60)}, "eps of lnl.x is 1e-60"),
        ("lnl", {"activation": bt.zeta(1, 1 + 1e-10)}, "b - a of lnl.x is 0"),
        ("lnl", {"activation": bt.zeta(-3e38, 3e38)}, "b - a of lnl.x is inf"),
        ("softmax", {"temperature": 1e-60}, "temperature of softmax.x is 1e-60"),
    ):
        net = bt.Network(1)
        net.unit(kind, 2, **options)
        net.randomize(0)
        assert net.export(format="c")
        with pytest.raises(bt.NetworkError, match=f"{message}.*precision 'float'"):
            net.export(format="c", precision="float")
