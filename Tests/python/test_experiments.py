"""The experiments: a quick run of all, resumption, tables, the report's numbers, errors."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import backtune as bt
import numpy as np
import pytest
from backtune.experiments import (
    EXPERIMENTS,
    Settings,
    _fits,
    _paper,
    find,
    guard,
    long_dependencies,
    prediction,
    run,
)
from backtune.experiments import __main__ as command

QUICK = Settings(quick=True)
GAUSS_NEWTON = Settings(quick=True, methods=("gauss-newton",))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Make a quick run of all experiments: folder, reports, seconds, names of the runs made."""
    if "BACKTUNE_TEST_ALL" not in os.environ:
        pytest.skip("make test-all")
    folder, made = tmp_path_factory.mktemp("experiments"), []
    began = time.monotonic()
    reports = run(
        out=folder, settings=QUICK, progress=False, callback=lambda name, *_: made.append(name)
    )
    return folder, reports, time.monotonic() - began, made


def rows_of(path):
    with open(path, newline="", encoding="utf8") as file:
        return list(csv.DictReader(file))


def markdown_tables(text):
    """Tables of a page: lists of rows of cells, the head first."""
    tables, lines = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append([cell.strip() for cell in line.strip("|").split("|")])
        elif lines:
            tables.append([lines[0], *lines[2:]])
            lines = []
    return tables


def test_quick_run_is_quick_and_whole(everything):
    folder, reports, seconds, made = everything
    assert seconds < 120
    assert list(reports) == list(EXPERIMENTS) and set(made) == set(EXPERIMENTS)
    for name in EXPERIMENTS:
        for kind in ("csv", "md", "svg", "png"):
            assert (folder / f"{name}.{kind}").stat().st_size > 100
    assert not list(folder.glob("**/*.new"))


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_tables_parse(everything, name):
    folder, reports, _, _ = everything
    text = (folder / f"{name}.md").read_text(encoding="utf8")
    tables = markdown_tables(text)
    assert len(tables) == len(reports[name].tables) >= 1
    for table in tables:
        assert len(table) > 1 and {len(row) for row in table} == {len(table[0])}
    assert text in (folder / "results.md").read_text(encoding="utf8")
    rows = rows_of(folder / f"{name}.csv")
    assert len(rows) == len(reports[name].data.rows) > 1
    assert list(rows[0]) == list(reports[name].data.columns)
    assert ElementTree.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")


def test_both_methods_stand_side_by_side(everything):
    folder = everything[0]
    for name in set(EXPERIMENTS) - {"guard", "profiles", "spikes"}:
        rows = rows_of(folder / f"{name}.csv")
        assert {row["method"] for row in rows} == {"gauss-newton", "backward-tuning"}


def test_numbers_of_the_report_are_beside(everything):
    folder = everything[0]

    def row(name, label, place=0):
        text = (folder / f"{name}.md").read_text(encoding="utf8")
        found = [row for table in markdown_tables(text) for row in table if row[0] == label]
        return found[place][1:]

    assert row("convergence", "RR-9100: iterations") == ["36", "101"]
    assert row("convergence", "RR-9100: minimal criterion") == ["9.3e-07", "3e-06"]
    assert row("convergence", "RR-9100: minimal criterion", 1) == ["9.9e-06", "4.7e-06"]
    assert row("convergence", "RR-9100: exponential decay time", 1) == ["8", "36"]
    assert row("variability", "RR-9100: iterations") == "101 4 4 3 4 3 4".split()
    assert row("robustness", "RR-9100: iterations") == "4 3 101 4 15".split()
    assert row("robustness", "RR-9100: minimal criterion", 1)[0] == "0.0021"
    assert row("generation", "RR-9100: sequence length") == ["6", "6"]
    assert "< 0.001" in row("observables", "RR-9100: mean, autocorrelation")


def test_all_numbers_of_figure_6():
    assert list(_paper.FIGURE_6) == ["lnl", "aif"]
    for columns in _paper.FIGURE_6.values():
        assert list(columns) == [2, 4, 8, 16, 32, 64]
    assert _paper.FIGURE_6["lnl"][64] == (101, 4.5e-06, 98, 4.5e-06)
    assert _paper.FIGURE_6["aif"][8] == (101, 1.1e-06, 17, 1.1e-06)
    used = [run.iterations for columns in _paper.FIGURE_6.values() for run in columns.values()]
    assert used.count(101) == 9


def test_gauss_newton_reaches_what_the_report_does(everything):
    """And more: the criterion in every run, 1e-12 for linear units, longer sequences."""
    folder = everything[0]
    runs = [row for row in rows_of(folder / "convergence.csv") if row["method"] == "gauss-newton"]
    assert len(runs) > 20
    for row in runs:
        if row["stop"] == "sample":
            assert float(row["cost"]) < 1e-6, row
        if row["stop"] == "precise":
            assert float(row["cost"]) < 1e-12, row
    for row in rows_of(folder / "generation.csv"):
        if row["sequence"] == "sierpinski" and row["method"] == "gauss-newton":
            assert int(row["length"]) >= _paper.FIGURE_10[int(row["size"])][0], row
    for row in rows_of(folder / "observables.csv"):
        if row["method"] == "gauss-newton":
            assert float(row["cost"]) < 1e-3, row


@pytest.mark.slow
def test_figure_6_up_to_16_units(tmp_path):
    settings = Settings(methods=("gauss-newton",), sizes=(2, 4, 8, 16), draws=3)
    run("convergence", out=tmp_path, settings=settings, progress=False)
    rows = [row for row in rows_of(tmp_path / "convergence.csv") if row["stop"] == "sample"]
    assert len(rows) == 5 * 4 * 3
    for row in rows:
        assert float(row["cost"]) < 1e-6, row


def test_finished_runs_are_kept(everything):
    """A second call runs nothing, and writes the same bytes."""
    folder = everything[0]
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".md"]
    before = {path: path.read_bytes() for path in files}
    again = []
    run(out=folder, settings=QUICK, progress=False, callback=lambda *_: again.append(1))
    assert not again
    assert {path: path.read_bytes() for path in files} == before


def test_an_interrupted_run_goes_on(tmp_path):
    total = len(EXPERIMENTS["variability"].plan(GAUSS_NEWTON))
    made = []

    def stop_after_three(name, parameters, measured):
        made.append(json.dumps(parameters))
        if len(made) == 3:
            raise RuntimeError("enough")

    options = {"out": tmp_path, "settings": GAUSS_NEWTON, "progress": False}
    with pytest.raises(RuntimeError, match="enough"):
        run("variability", **options, callback=stop_after_three)
    assert not (tmp_path / "variability.csv").exists()
    run("variability", **options, callback=stop_after_three)
    assert len(made) == len(set(made)) == total
    lines = (tmp_path / "runs" / "variability.jsonl").read_text().splitlines()
    assert len(lines) == total and all(json.loads(line)["measured"] for line in lines)
    fresh = tmp_path / "fresh"
    run("variability", **{**options, "out": fresh})
    for name in ("iterations_used", "cost", "nmse"):
        assert [row[name] for row in rows_of(tmp_path / "variability.csv")] == [
            row[name] for row in rows_of(fresh / "variability.csv")
        ]


def test_ctrl_c_in_the_middle_of_a_fit(tmp_path):
    arguments = [sys.executable, "-m", "backtune.experiments", "convergence", "--no-progress"]
    arguments += ["--out", tmp_path, "--method", "backward-tuning", "--sizes", "2", "40"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    runs = tmp_path / "runs" / "convergence.jsonl"
    limit = time.monotonic() + 60
    while not (runs.exists() and len(runs.read_text().splitlines()) >= 3):
        assert time.monotonic() < limit and process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, problem = process.communicate(timeout=30)
    assert process.returncode == 130 and "what is finished is kept" in problem
    assert "Traceback" not in problem
    kept = runs.read_text().splitlines()
    assert len(kept) >= 3 and all(json.loads(line) for line in kept)


def test_lines_that_cannot_be_read_are_left(tmp_path):
    options = {"out": tmp_path, "settings": GAUSS_NEWTON, "progress": False}
    run("profiles", **options)
    path = tmp_path / "runs" / "profiles.jsonl"
    lines = path.read_text().splitlines()
    other = json.dumps({**json.loads(lines[1]), "version": "0"})
    path.write_text("\n".join([lines[0][:40], other, *lines[2:]]) + "\n")
    again = []
    run("profiles", **options, callback=lambda *_: again.append(1))
    assert len(again) == 2
    assert path.read_text().splitlines()[:2] == [lines[0][:40], other]


def test_methods_sizes_draws_and_seed(tmp_path):
    settings = Settings(methods=("backward-tuning",), sizes=(3,), draws=2, seed=7, iterations=4)
    report = run("convergence", out=tmp_path, settings=settings, progress=False)["convergence"]
    rows = rows_of(tmp_path / "convergence.csv")
    assert {row["method"] for row in rows} == {"backward-tuning"}
    assert {row["size"] for row in rows} == {"3"} and {row["seed"] for row in rows} == {"7", "8"}
    assert max(int(row["iterations_used"]) for row in rows) <= 4
    assert report.tables[0].columns[1:] == (3,)


def test_stop_rules():
    ends = {}
    for stop in ("sample", "relative", "nmse", "precise"):
        trace, record = _fits.reverse_fit("linear", 4, 2, "gauss-newton", stop, 60)
        ends[stop] = record
        assert len(trace) - 1 == record["iterations_used"] > 0
    assert ends["sample"]["cost"] < 1e-6
    assert ends["relative"]["relative"] <= 1e-6 and ends["relative"]["stopped"] == "tolerance"
    assert ends["nmse"]["nmse"] <= 1e-6 and ends["nmse"]["stopped"] == "target"
    assert ends["precise"]["cost"] < 1e-12


def test_a_learner_can_equal_its_root():
    for unit in [*_fits.UNITS, "conv"]:
        u, y = _fits.reverse(unit, 3, 5)
        assert u.shape == y.shape == (24, 1)
        assert _fits.learner(unit, 3).randomize(5).simulate(u).tobytes() == y.tobytes()


def test_page_with_its_pictures(tmp_path):
    page = tmp_path / "docs" / "results.md"
    page.parent.mkdir()
    options = {"settings": GAUSS_NEWTON, "progress": False}
    run(["profiles", "guard"], out=tmp_path / "out", page=page, **options)
    text = page.read_text(encoding="utf8")
    assert "](results/guard.svg)" in text and text.index("guard.svg") < text.index("profiles.svg")
    assert sorted(path.name for path in (tmp_path / "docs" / "results").iterdir()) == [
        "guard.svg",
        "profiles.svg",
    ]


def test_pages_that_cannot_be(tmp_path):
    options = {"out": tmp_path / "out", "settings": QUICK, "progress": False}
    with pytest.raises(bt.ArgumentError, match="page: .*results came"):
        run("profiles", page=tmp_path / "results", **options)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(bt.FileError):
        run("profiles", page=file / "results.md", **options)
    assert not (tmp_path / "out" / "profiles.csv").exists()


def test_a_run_that_diverged_is_told(tmp_path):
    """What JSON cannot hold is kept as nothing, and stands in the tables as infinite."""
    options = {"out": tmp_path, "settings": GAUSS_NEWTON, "progress": False}
    run("convergence", **options)
    path = tmp_path / "runs" / "convergence.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["measured"].update(cost=None, nmse=None, relative=None)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    run("convergence", **options)
    text = (tmp_path / "convergence.md").read_text(encoding="utf8")
    assert "linear 1 of 2" in text


def test_without_matplotlib(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert command.main(["profiles", "--quick", "--no-progress", "--out", str(tmp_path)]) == 0
    assert not list(tmp_path.glob("*.svg")) and (tmp_path / "profiles.csv").exists()
    assert "![" not in (tmp_path / "profiles.md").read_text()
    assert "matplotlib" in capsys.readouterr().err


def test_unknown_names():
    with pytest.raises(bt.ArgumentError, match="'figure 6' came, expected some of guard, conv"):
        find(["guard", "figure 6"])
    assert [item.name for item in find(["decay", "guard"])] == ["guard", "decay"]
    assert [item.name for item in find("decay")] == ["decay"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ()}, "methods: none came"),
        ({"methods": ("newton",)}, "methods: 'newton' came, expected one of gauss-newton"),
        ({"stop": "never"}, "stop: 'never' came, expected one of sample"),
        ({"iterations": 0}, "iterations: 0 came, expected 1 or more"),
        ({"sizes": (2, 0)}, "sizes: 0 came"),
        ({"draws": 0}, "draws: 0 came"),
        ({"seed": -1}, "seed: -1 came"),
    ],
)
def test_wrong_settings(options, message):
    with pytest.raises(bt.ArgumentError, match=message):
        Settings(**options)


def test_folders_that_cannot_be(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for out in (file, file / "below"):
        with pytest.raises(bt.FileError, match="file.*no folder to write to"):
            run("profiles", out=out, settings=QUICK, progress=False)
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(bt.FileError, match="no folder to write to"):
            run("profiles", out=tmp_path / "new", settings=QUICK, progress=False)


def test_command_line(tmp_path, capsys):
    options = ["--out", str(tmp_path), "--no-progress"]
    assert command.main(["unheard-of", *options]) == 2
    assert "'unheard-of' came" in capsys.readouterr().err
    assert command.main(["guard", *options, "--draws", "0"]) == 2
    assert "draws: 0 came" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["guard", *options, "--method", "newton"])
    with pytest.raises(SystemExit):
        command.main(["--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in EXPERIMENTS)


def test_progress_line(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("backtune._engine.progress.is_watched", lambda: True)
    run("profiles", out=tmp_path, settings=QUICK)
    assert "8/8" in capfd.readouterr().err


def test_guard_is_the_engines(golden):
    for case in golden("guard.json")["grid"]:
        u, expected = np.array(case["u"]), np.array(case["g"])
        assert guard.profile(u, case["r"]) == pytest.approx(expected, rel=1e-12, abs=0)


def test_long_dependencies_are_what_they_are():
    rng = np.random.default_rng(0)
    for product in (False, True):
        for _ in range(50):
            u, target = long_dependencies.draw_marked(rng, 100, product)
            marked = np.flatnonzero(u[:, 1] == 1)
            assert 100 <= len(u) <= 110 and len(marked) == 2
            assert marked[0] < 10 and marked[1] < 49 and u[-1, 1] == -1
            one, other = u[marked, 0]
            assert target == (one * other if product else 0.5 + (one + other) / 4)
    for _ in range(50):
        u, target = long_dependencies.draw_order(rng, 100)
        symbols = u.argmax(axis=1)
        relevant = np.flatnonzero((symbols == 4) | (symbols == 5))
        assert (u.sum(axis=1) == 1).all() and symbols[0] == 6 and symbols[-1] == 7
        assert 10 <= relevant[0] <= 20 and 50 <= relevant[1] <= 60 and len(relevant) == 2
        assert target.argmax() == 2 * (symbols[relevant[0]] == 5) + (symbols[relevant[1]] == 5)


def test_adjusting_the_recurrent_weights_pays():
    parameters = {"size": 12, "steps": 400, "seed": 0, "method": "gauss-newton", "iterations": 30}
    for task in ("narma10, free run", "mackey-glass, one step"):
        found = EXPERIMENTS["prediction"].measure({"task": task, **parameters})
        assert found["tuned_error"] < 0.7 * found["ridge_error"], (task, found)
        assert found["weights"] > found["readout"] == 13


def test_free_run_of_a_network_that_is_right():
    """A delay line of length one predicts a constant series for ever."""
    net = prediction.reservoir(1, 2, 0.5, 0.1, 0)
    u = np.ones((400, 1))
    prediction.set_readout(net, u, u, slice(100, 400), 1e-12)
    series = u + 1e-3 * np.sin(np.arange(400))[:, None]
    assert prediction.free_run(net, series) * series.std() < 1e-2
