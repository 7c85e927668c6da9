"""What the command reads: CSV, files of networks and of identified models, arguments.

A byte says which reader, the rest is what it reads; all that may come of it is a BacktuneError, or
SystemExit of arguments. With atheris mutations are led by the lines that they reach, without it
they are blind.

usage: tables.py [-max_total_time=SECONDS] [-seed=NUMBER] [FOLDER ...], as targets of libFuzzer, or
       files to run; the seed is of the clock by default
"""

import atexit
import contextlib
import io
import json
import os
import random
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["backtune"]) if atheris else contextlib.nullcontext():
    import backtune as bt
    from backtune.command import main
    from backtune.command.arguments import parser
    from backtune.command.tables import Recordings, read
    from backtune.identification import IdentifiedModel

FOLDER = Path(tempfile.mkdtemp(prefix="backtune-fuzz-"))
FILE, OUT, MODEL, DATA = (FOLDER / name for name in ("file", "out", "model.json", "data.csv"))
# Counts that are allowed and merely take long.
HEAVY = re.compile(rb'(?:"(?:size|lag|depth|inputs)":|[:=\n]) *0*[1-9]\d{2,10}(?!\d)')
EXTREME = [
    *("0", "-0", "1", "-1", "1e300", "1e309", "5e-324", "NaN", "Infinity", "nan", "inf", "1_0"),
    *("9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e99999", "٣", "²"),
    *(
        "null",
        "true",
        "[" * 3000,
        "{}",
        '""',
        '"\\u0000"',
        '"\\ud800"',
        "[[1]]",
        '"NaN"',
        '"array"',
    ),
]
PIECES = [",", ";", "\t", "\n", "\r\n", "\r", '"', '""', " ", "\x00", "\ufeff", "\x85", "\u2028"]
ARGUMENTS = [
    *("fit", "identify", "simulate", "predict", "export", "--inputs", "--outputs", "--unit"),
    *("--out", "--option", "--horizon", "--sequence", "--seed", "--iterations", "--sampling-time"),
    *("free", "washout=1", "lnl:2", "gru:1", "linear:1,range=2", "lnl:2,leak=adjust", "a", "b"),
    "a,b",
    *("--no-readout", "--quiet", "--validation", "--max-order", "--format", "c", "onnx", "fmu"),
    *(str(DATA), str(MODEL), str(OUT), "-", "--version", "--help", "horizon=2", "nu=0.1"),
]


def prepare():
    """Write a small model and data for it."""
    net = bt.Network(["a"])
    unit = net.unit("lnl", 2)
    net.linear(1, "readout", sources=[unit.lag(0)])
    net.output_names = ["b"]
    net.randomize(0).save(MODEL)
    DATA.write_text("a,b\n" + "".join(f"{0.1 * k},{(k * 7) % 5 - 2}\n" for k in range(12)))


# ---- Readers


def csv(text):
    """Read a table; what it says is written, and read again."""
    FILE.write_bytes(text)
    found = read(str(FILE))
    values = found.values(found.names)
    for sequence in (None, found.names[0]):
        records = Recordings([str(FILE)], sequence)
        records.write(str(OUT), found.names, records.channels(found.names))
    whole = Recordings([str(FILE)], None)
    whole.write(str(OUT), found.names, [values])
    # A name may be a number, or hold what ends a line, and then it is no name any more.
    if len(values) and all(re.fullmatch(r"[A-Za-z_]\w*", n, re.ASCII) for n in found.names):
        again = read(str(OUT))
        assert again.names == found.names, (again.names, found.names)
        same = again.values(again.names)
        assert same.tobytes() == values.tobytes() or repr(same) == repr(values)


def network(text):
    """Load a network; what is accepted is saved, and loads to the same text."""
    FILE.write_bytes(text)
    net = bt.Network.load(FILE)
    net.save(OUT)
    assert bt.Network.load(OUT).to_json() == net.to_json()


def model(text):
    """Load an identified model; what is accepted is saved, and loads to the same text."""
    FILE.write_bytes(text)
    found = IdentifiedModel.load(FILE)
    found.save(OUT)
    again = IdentifiedModel.load(OUT)
    assert again.to_json() == found.to_json()
    str(found), repr(found), found.report._repr_html_()
    if all(member.net.state_size < 50 and late(member) < 50 for member in found.members):
        for use in USES:
            with contextlib.suppress(bt.BacktuneError):
                use(found)


def late(member):
    """Return the dead time that becomes states, in time steps."""
    return member.front.delays.max(initial=0) + member.front.factor


def steps(count, value=0.0):
    """Return a few steps of so many channels, the last of the first channel missing."""
    values = np.full((9, count), value)
    values[-1:, :1] = np.nan
    return values


USES = [
    lambda found: found.simulate(steps(found.net.inputs)[:-1]),
    lambda found: found.simulate(steps(found.net.inputs)),
    lambda found: found.predict(steps(found.net.inputs), steps(found.net.outputs), 2),
    lambda found: found.forecast(steps(found.net.inputs)[:-1], steps(found.net.outputs, 1.0)[:4]),
    lambda found: found.band(steps(found.net.inputs)),
    lambda found: (found.poles(), found.gains(), found.step(3), found.bode()),
    lambda found: found.to_state_space().with_delays(),
    lambda found: (found.single, found.single_state(steps(found.net.inputs)[:-1])),
    lambda found: [found.with_candidate(row) for row in found.candidates],
]


def command(text):
    """Run the command with these arguments, one a line; no file that is not one of ours."""
    given = [item for item in text.decode("utf-8", "replace").split("\n") if "\x00" not in item]
    given = [item for item in given if item in ARGUMENTS or not set(item) & set("/\\~.")]
    if len(given) > 16:
        return
    try:
        asked = parser().parse_args(given)
    except SystemExit:
        return
    if getattr(asked, "iterations", 1) is None:
        given += ["--iterations", "2"]
    if "identify" in given[:1] or getattr(asked, "out", None) not in (str(OUT), "-"):
        return
    if any(path not in (str(DATA), "-") for path in getattr(asked, "data", [])):
        return
    sys.stdin = io.StringIO("a,b\n1,2\n3,4\n")
    assert main(given) in (0, 1)


def simulation(text):
    """Run a model over any table."""
    FILE.write_bytes(text)
    assert main(["simulate", str(MODEL), str(FILE), "--out", str(OUT)]) in (0, 1)
    assert main(["predict", str(MODEL), str(FILE), "--out", str(OUT), "--horizon", "2"]) in (0, 1)


def opened(text):
    """Run the command with this model, whatever it is."""
    FILE.write_bytes(text)
    assert main(["simulate", str(FILE), str(DATA), "--inputs", "a", "--outputs", "b"]) in (0, 1)
    assert main(["export", str(FILE), str(OUT), "--format", "c"]) in (0, 1)


READERS = [csv, model, network, command, simulation, opened]


def one_input(data):
    """Run one input."""
    if not data:
        return
    reader = READERS[data[0] % len(READERS)]
    if reader in (network, model, command, opened) and HEAVY.search(data):
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bt.BacktuneWarning)
            try:
                reader(data[1:])
            except bt.BacktuneError:
                pass


# ---- Mutations


def places(item, path=()):
    """Yield the places of a JSON document."""
    yield path
    for key, part in item.items() if isinstance(item, dict) else enumerate(item):
        if isinstance(part, (dict, list)):
            yield from places(part, (*path, key))
        else:
            yield (*path, key)


def changed_json(text, draw):
    """Return a document with one value gone, another one, or that of another place."""
    document = json.loads(text)
    if not isinstance(document, (dict, list)):
        return draw.choice(EXTREME)
    every = list(places(document))[1:]
    if not every:
        return draw.choice(EXTREME)

    def at(path):
        found = document
        for key in path:
            found = found[key]
        return found

    path = draw.choice(every)
    what = draw.randrange(4)
    if what == 0:
        del at(path[:-1])[path[-1]]
    elif what == 1:
        at(path[:-1])[path[-1]] = at(draw.choice(every))
    else:
        mark = "\u0001"
        at(path[:-1])[path[-1]] = mark
        return json.dumps(document).replace(json.dumps(mark), draw.choice(EXTREME))
    return json.dumps(document)


def mutate(data, most, seed):
    """Return a changed input: documents keep their form most of the time."""
    draw = random.Random(seed)
    if len(data) < 2:
        return bytes([draw.randrange(len(READERS))]) + b"a,b\n1,2\n"
    head, text = data[:1], data[1:]
    for _ in range(draw.choice((1, 1, 2, 4))):
        if draw.random() < 0.05:
            head = bytes([draw.randrange(len(READERS))])
        reader = READERS[head[0] % len(READERS)]
        if reader in (model, network, opened) and draw.random() < 0.8:
            with contextlib.suppress(ValueError, RecursionError):
                found = changed_json(text.decode("utf-8", "replace"), draw)
                text = found.encode("utf-8", "replace")
                continue
        if reader is command:
            lines = text.split(b"\n")
            where = draw.randrange(len(lines))
            new = draw.choice(ARGUMENTS + EXTREME).encode()
            if draw.random() < 0.5:
                # A part of a line: of what stands behind a sign, most of the time.
                parts = re.split(rb"([:=,])", lines[where])
                parts[draw.randrange(len(parts))] = new
                new = b"".join(parts)
            lines[where : where + draw.randrange(2)] = [new]
            text = b"\n".join(lines)
            continue
        where, end = sorted(draw.randrange(len(text) + 1) for _ in range(2))
        end = min(end, where + draw.choice((0, 0, 1, 4, 30)))
        new = draw.choice(
            (
                draw.choice(PIECES + EXTREME).encode(),
                bytes([draw.randrange(256)]),
                text[draw.randrange(len(text) + 1) :][:20],
                b"",
            )
        )
        text = text[:where] + new + text[end:]
    return (head + text)[:most]


def blind(folders, seconds, seed):
    """Run mutations of the files in some folders, without seeing what they reach."""
    seeds = [file.read_bytes() for folder in folders for file in sorted(Path(folder).glob("*"))]
    seeds = seeds or [bytes([k]) + b"a,b\n1,2\n" for k in range(len(READERS))]
    draw, runs, end = random.Random(seed), 0, time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            data = mutate(draw.choice(seeds), 1 << 16, draw.randrange(1 << 32))
            one_input(data)
            runs += 1
    except BaseException:
        found = Path(next((a for a in sys.argv if a.startswith("-artifact_prefix=")), "=")[17:])
        Path(f"{found}crash").write_bytes(data)
        print(f"Test unit written to {found}crash")
        raise
    finally:
        print(f"stat::number_of_executed_units: {runs}")


def run(arguments):
    """Run what the arguments say."""
    prepare()
    names = [a for a in arguments[1:] if not a.startswith("-")]
    options = dict(a[1:].split("=", 1) for a in arguments if a.startswith("-") and "=" in a)
    atexit.register(lambda: [os.unlink(f) for f in FOLDER.glob("*")] and FOLDER.rmdir())
    if names and all(os.path.isfile(name) for name in names):
        for name in names:
            one_input(Path(name).read_bytes())
    elif atheris:
        # Files of models are longer than what it takes by itself.
        given = [a for a in arguments if not a.startswith("-max_len=")] + ["-max_len=16384"]
        atheris.Setup(given, one_input, custom_mutator=mutate)
        atheris.Fuzz()
    else:
        seconds = float(options.get("max_total_time", 10))
        blind(names, seconds, int(options.get("seed", time.time_ns())))


if __name__ == "__main__":
    run(sys.argv)
