"""The command `backtune`."""

import csv
import io
import json
import re
import shlex
import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from backtune.command import main
from backtune.command.tables import read
from conftest import ROOT


def series(steps=120, seed=0):
    """Return inputs (T, 2) and outputs (T, 1) of a plant."""
    u = bt.random.normal(2 * steps, seed=seed).reshape(steps, 2)
    y = np.zeros((steps, 1))
    for t in range(1, steps):
        y[t] = 0.8 * y[t - 1] + np.tanh(u[t - 1, 0] - 0.3 * u[t - 1, 1])
    return u, y


def table(path, names, rows, delimiter=","):
    lines = [
        names,
        *[[repr(x) if x == x else "" for x in row] for row in np.asarray(rows).tolist()],
    ]
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n")
    return str(path)


@pytest.fixture
def data(tmp_path):
    u, y = series()
    return table(tmp_path / "data.csv", ["heat", "wind", "level"], np.hstack([u, y]))


CHANNELS = ["--inputs", "heat,wind", "--outputs", "level"]


def run(capsys, *arguments, status=0):
    """Run the command; return what it printed, and what it said of errors."""
    assert main([str(a) for a in arguments]) == status
    found = capsys.readouterr()
    return found.out, found.err


def refused(capsys, *arguments):
    """Return the message of what is refused."""
    out, err = run(capsys, *arguments, status=1)
    assert out == "" and err.startswith("backtune: error: ") and err.count("\n") == 1
    return err


def columns(text):
    """Return names and values of CSV."""
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], np.array(rows[1:], dtype=float)


# ---- What the commands do


def test_fit(capsys, data, tmp_path, monkeypatch):
    """It does what the package does, with the same progress and the same words."""
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    path = tmp_path / "model.json"
    arguments = ["--unit", "lnl:3,leak=adjust", "--seed", 2, "--iterations", 15, "--out", path]
    out, err = run(capsys, "fit", data, *CHANNELS, *arguments, "--sampling-time", 0.5)
    u, y = series()
    net = bt.Network(["heat", "wind"])
    net.linear(1, "readout", sources=[net.unit("lnl", 3, leak="adjust").lag(0)])
    trace = bt.Estimator(net.randomize(2), [u], [y]).run(15, progress=False)
    assert out == f"{trace}\nwrote {path}\n"
    assert "iteration" in err and "NMSE" in err
    found = bt.Network.load(path)
    assert np.array_equal(found.get_weights(), net.get_weights())
    assert found.input_names == ["heat", "wind"] and found.output_names == ["level"]
    assert found.sampling_time == 0.5
    again, quiet = run(capsys, "fit", data, *CHANNELS, *arguments, "--quiet")
    assert again == out and quiet == ""


def test_fit_with_options(capsys, data, tmp_path):
    kept = table(tmp_path / "kept.csv", ["heat", "wind", "level"], np.hstack(series(60, seed=1)))
    path = tmp_path / "model.json"
    options = ["washout=5", "tolerance=1e-3", "method=gauss-newton", "patience=2"]
    given = [word for option in options for word in ("--option", option)]
    out, _ = run(
        *(capsys, "fit", data, *CHANNELS, "--unit", "lnl:2", "--no-readout", "--out", path),
        *("--validation", kept, "--quiet", *given),
    )
    assert "Trace of" in out
    net = bt.Network.load(path)
    assert net.outputs == 1 and "readout.x" not in net.groups


def test_fit_of_predictions(capsys, data, tmp_path):
    """Groups that read measurements, a horizon of one step, and predictions of the file."""
    path = tmp_path / "model.json"
    unit = ["--unit", "lnl:1,feedback=measured,activation=identity", "--no-readout"]
    run(
        *(capsys, "fit", data, *CHANNELS, *unit, "--horizon", 1, "--iterations", 10),
        *("--out", path, "--quiet"),
    )
    net, (u, y) = bt.Network.load(path), series()
    for horizon in (1, 3):
        out, _ = run(capsys, "predict", path, data, "--horizon", horizon)
        assert columns(out)[0] == ["level"]
        assert np.array_equal(columns(out)[1], net.predict(u, y, horizon))
    out, _ = run(capsys, "predict", path, data, "--horizon", "free")
    assert np.array_equal(columns(out)[1], net.simulate(u))


def test_simulate_and_export(capsys, data, tmp_path):
    net = bt.Network(["wind", "heat"])
    net.lnl(2)
    net.output_names = ["x", "y"]
    path = tmp_path / "net.json"
    net.randomize(1).save(path)
    # Columns are found by their names, not by their places.
    expected = net.simulate(series()[0][:, ::-1])
    out, _ = run(capsys, "simulate", path, data)
    assert columns(out)[0] == ["x", "y"] and np.array_equal(columns(out)[1], expected)
    file = tmp_path / "out.csv"
    assert run(capsys, "simulate", path, data, "--out", file) == ("", "")
    assert file.read_text() == out
    out, _ = run(capsys, "export", path, tmp_path / "net.c", "--option", "prefix=plant")
    assert out == f"wrote {tmp_path / 'net.c'}\n"
    assert "void plant_step(" in (tmp_path / "net.h").read_text()
    run(
        capsys, "export", path, tmp_path / "net.bin", "--format", "fmu", "--option", 'version="2.0"'
    )
    assert b'fmiVersion="2.0"' in (tmp_path / "net.bin").read_bytes()


def test_identify(capsys, data, tmp_path, monkeypatch):
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    path = tmp_path / "model.json"
    arguments = ["--max-order", 1, "--option", "linear=true", "--sampling-time", 2, "--out", path]
    out, err = run(capsys, "identify", data, *CHANNELS, *arguments)
    assert "IdentifiedModel: 2 inputs, 1 outputs" in out and "candidate" in err
    model, (u, y) = bt.IdentifiedModel.load(path), series()
    assert model.names == (["heat", "wind"], ["level"]) and model.sampling_time == 2
    assert model.single.input_names == ["heat", "wind"]
    out, _ = run(capsys, "simulate", path, data)
    assert columns(out)[0] == ["level"] and np.array_equal(columns(out)[1], model.simulate(u))
    out, _ = run(capsys, "predict", path, data, "--horizon", 2)
    assert np.array_equal(columns(out)[1], model.predict(u, y, 2))
    run(capsys, "export", path, tmp_path / "model.c")
    assert "u[0] is heat" in (tmp_path / "model.c").read_text()


def test_several_recordings(capsys, tmp_path):
    """Several files, or parts of one that a column tells apart, are the same."""
    parts = [np.hstack(series(40 + 10 * k, seed=k)) for k in range(3)]
    names = ["heat", "wind", "level"]
    files = [table(tmp_path / f"{k}.csv", names, part) for k, part in enumerate(parts)]
    rows = np.vstack(
        [np.hstack([part, np.full((len(part), 1), k)]) for k, part in enumerate(parts)]
    )
    joined = table(tmp_path / "all.csv", [*names, "day"], rows)
    common = [*CHANNELS, "--unit", "linear:1,range=2", "--no-readout", "--quiet", "--out"]
    run(capsys, "fit", *files, *common, tmp_path / "a.json")
    run(capsys, "fit", joined, "--sequence", "day", *common, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    net = bt.Network.load(tmp_path / "a.json")
    out, _ = run(capsys, "simulate", tmp_path / "a.json", joined, "--sequence", "day")
    names, found = columns(out)
    assert names == ["sequence", "level"]
    assert np.array_equal(found[:, 0], rows[:, 3])
    expected = net.simulate([part[:, :2] for part in parts])
    assert np.array_equal(found[:, 1:], np.vstack(expected))


def test_what_comes_in(capsys, data, tmp_path, monkeypatch):
    net = bt.Network(["heat"])
    net.lnl(1)
    net.output_names = ["x"]
    net.randomize(1).save(tmp_path / "net.json")
    with open(data) as file:
        monkeypatch.setattr(sys, "stdin", io.StringIO(file.read()))
    out, _ = run(capsys, "simulate", tmp_path / "net.json", "-")
    assert np.array_equal(columns(out)[1], net.simulate(series()[0][:, :1]))


def test_as_a_program(data, tmp_path):
    command = [sys.executable, "-m", "backtune"]
    for arguments in (["--version"], ["--help"], ["fit", "--help"]):
        result = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert result.returncode == 0 and "backtune" in result.stdout
    result = subprocess.run(
        [*command, "fit", data, *CHANNELS, "--unit", "lnl:1", "--out", tmp_path / "net.json"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0 and "Trace of" in result.stdout
    # A reader that goes away early is no error to speak of.
    reader = subprocess.run(
        f"{sys.executable} -m backtune simulate {tmp_path / 'net.json'} {data} {data} | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert reader.stdout == "sequence,level\n" and "Traceback" not in reader.stderr


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in the source tree")
def test_the_page(capsys, data, tmp_path, monkeypatch):
    """What docs/command.md shows runs."""
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "command.md").read_text()
    (block,) = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    for line in block.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "backtune"
        run(capsys, *arguments)
    made = {"model.c", "model.h", "plant.fmu", "plant.json", "predicted.csv", "simulated.csv"}
    assert made <= {path.name for path in tmp_path.iterdir()}
    assert b'fmiVersion="2.0"' in (tmp_path / "plant.fmu").read_bytes()


# ---- Tables


def test_tables(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffa; b ;c\r\n1;;x\r\n2.5;NaN;-1e3\r\n\r\n".encode())
    found = read(str(path))
    assert found.names == ["a", "b", "c"] and len(found.rows) == 2
    assert np.array_equal(found.values(["b", "a"]), [[np.nan, 1], [np.nan, 2.5]], equal_nan=True)
    with pytest.raises(bt.ArgumentError, match="line 2, column c: 'x' came, expected a number"):
        found.values(["c"])
    path.write_text("1\t2\n3\t4\n5\n")
    found = read(str(path))
    assert found.names == ["1", "2"]
    assert np.array_equal(found.values(["2"])[:, 0], [2, 4, np.nan], equal_nan=True)


def test_missing_values(capsys, tmp_path):
    """Of outputs they are left out; of inputs the engine says what there is to do."""
    u, y = series()
    y[20:40] = np.nan
    path = table(tmp_path / "data.csv", ["heat", "wind", "level"], np.hstack([u, y]))
    common = [*CHANNELS, "--unit", "lnl:2", "--iterations", 5, "--quiet", "--out"]
    run(capsys, "fit", path, *common, tmp_path / "net.json")
    u[5, 0] = np.nan
    path = table(tmp_path / "data.csv", ["heat", "wind", "level"], np.hstack([u, y]))
    _, err = run(capsys, "fit", path, *common, tmp_path / "net.json")
    assert "warning: inputs: values are missing (NaN): 1 of channel 'heat'" in err
    refusing = ["fit", path, *common, tmp_path / "other.json", "--option", "missing=error"]
    assert "values are missing (NaN): 1 of channel 'heat'" in refused(capsys, *refusing)
    assert not (tmp_path / "other.json").exists()


# ---- What is refused


def test_refused(capsys, data, tmp_path):
    out = ["--out", tmp_path / "net.json"]
    fit = ["fit", data, *CHANNELS, *out, "--quiet", "--unit"]
    assert "expected KIND:SIZE" in refused(capsys, *fit, "lnl")
    for unit in ("lnl:2,leak", "lnl:²", "lnl:" + "9" * 5000):
        assert "expected KIND:SIZE" in refused(capsys, *fit, unit)
    assert "option leak" in refused(capsys, *fit, "lnl:2,leak=" + "[" * 100_000)
    assert "nosuch" in refused(capsys, *fit, "nosuch:2")
    assert "leek" in refused(capsys, *fit, "lnl:2,leek=1")
    message = refused(capsys, *fit, "lnl:2", "--option", "washin=3")
    assert "option 'washin': unknown" in message and "washout" in message
    assert "washout" in refused(capsys, *fit, "lnl:2", "--option", "washout=-3")
    wrong = ["fit", data, "--inputs", "heat", "--outputs", "flow", *out, "--unit", "lnl:2"]
    assert "no column 'flow', there are heat, wind, level" in refused(capsys, *wrong)
    assert "nowhere.csv" in refused(
        capsys, "fit", "nowhere.csv", *CHANNELS, *out, "--unit", "lnl:2"
    )
    assert not (tmp_path / "net.json").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n1,2\n", "its first line is empty, expected names or numbers"),
        ("a,b\n1," + "2" * 200_000, "no table, field larger than field limit (131072)"),
    ],
)
def test_tables_that_are_none(capsys, tmp_path, content, message):
    path = tmp_path / "data.csv"
    path.write_text(content)
    fit = ("--unit", "lnl:2", "--inputs", "a", "--outputs", "b", "--out", tmp_path / "n.json")
    assert refused(capsys, "fit", path, *fit) == f"backtune: error: {path}: {message}\n"


def test_models_that_are_refused(capsys, data, tmp_path):
    path = tmp_path / "net.json"
    assert "net.json" in refused(capsys, "simulate", path, data)
    path.write_text("no JSON")
    assert "not valid JSON" in refused(capsys, "simulate", path, data)
    path.write_text("[" * 100_000)
    assert "nested deeper than 32" in refused(capsys, "simulate", path, data)
    path.write_text(json.dumps({"format": "backtune-model", "version": 1}))
    assert refused(capsys, "simulate", path, data)
    net = bt.Network(2)
    net.lnl(1)
    net.randomize(0).save(path)
    assert "give --inputs" in refused(capsys, "simulate", path, data)
    assert "give --outputs" in refused(capsys, "simulate", path, data, "--inputs", "heat,wind")
    found = run(capsys, "simulate", path, data, "--inputs", "heat,wind", "--outputs", "x")[0]
    assert np.array_equal(columns(found)[1], net.simulate(series()[0]))
    one = ["--inputs", "heat", "--outputs", "x"]
    assert "2" in refused(capsys, "simulate", path, data, *one)
    assert "format 'xyz'" in refused(capsys, "export", path, tmp_path / "model.xyz")
    named = ["--inputs", "heat,wind", "--outputs", "level"]
    assert "no measured group" in refused(capsys, "predict", path, data, *named)


def test_files_stay_whole(capsys, data, tmp_path):
    net = bt.Network(["heat"])
    net.lnl(1)
    net.output_names = ["x"]
    net.randomize(0).save(tmp_path / "net.json")
    assert "out.csv" in refused(
        capsys, "simulate", tmp_path / "net.json", data, "--out", tmp_path / "no" / "out.csv"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "net.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuch"],
        ["fit", "x.csv"],
        ["predict", "m", "d", "--horizon", "soon"],
        ["fit", "--unit"],
    ]
    + [["fit", "d", "--inputs", "a,,b", "--outputs", "y", "--unit", "lnl:1", "--out", "o"]],
)
def test_arguments_that_make_no_sense(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage: backtune" in capsys.readouterr().err


def test_warnings_and_interruption(capsys, data, tmp_path, monkeypatch):
    net = bt.Network(["heat"])
    net.lnl(1)
    net.output_names = ["x"]
    net.save(tmp_path / "net.json")
    _, err = run(capsys, "simulate", tmp_path / "net.json", data)
    assert err.startswith("backtune: warning: ") and "randomize" in err

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(bt.Network, "simulate", interrupted)
    _, err = run(capsys, "simulate", tmp_path / "net.json", data, status=130)
    assert "interrupted" in err
