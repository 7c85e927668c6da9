"""C99 programs out of networks: compiled without a warning, they do what streams do."""

import subprocess

import backtune as bt
import numpy as np
import pytest
from export_cases import (
    COMPILERS,
    FLAGS,
    KINDS,
    Program,
    compiler,
    deviation,
    drawn,
    inputs_of,
    unit,
    variants,
)
from random_networks import RandomNetwork

CLOSE = 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_of_the_table(kind, tmp_path):
    worst, tried = 0.0, 0
    for number, options in enumerate(variants(kind)):
        net = unit(kind, options)
        if net is None:
            continue
        tried += 1
        u = inputs_of(net)
        program = Program(net, tmp_path / str(number))
        worst = max(worst, deviation(program(u), net.simulate(u)))
    assert tried >= 3
    assert worst < CLOSE


@pytest.mark.parametrize("seed", range(24))
def test_random_networks(seed, tmp_path):
    net, cc = RandomNetwork(seed).net, COMPILERS[seed % 2]
    u = inputs_of(net, seed=seed)
    expected = net.simulate(u)
    program = Program(net, tmp_path, cc)
    assert deviation(program(u), expected) < CLOSE
    if program.is_measuring or program.givable:
        check_measured(net, tmp_path, cc, program, u)


def check_measured(net, folder, cc, before, u):
    """Compare with a stream to which outputs, and groups that are none, are given."""
    random = np.random.default_rng(5)

    def some(size):
        values = random.normal(size=(len(u), size))
        values[random.random(values.shape) < 0.3] = np.nan
        return values

    sizes = {name: net.groups[name].size for name in before.givable.values()}
    given = {name: some(size) for name, size in sizes.items()}
    y = some(net.outputs) if before.is_measuring else None
    stream = net.stream()
    expected = []
    for t in range(len(u)):
        for name, values in given.items():
            stream.set_measured(net.groups[name], values[t])
        expected.append(stream.step(u[t]) if y is None else stream.step(u[t], y[t]))
    names = {key: sizes[name] for key, name in before.givable.items()}
    program = Program(net, folder, cc, measured=y is not None, given=names)
    values = {key: given[name] for key, name in before.givable.items()}
    found = program(u, y, values)
    assert deviation(found, np.reshape(expected, found.shape)) < CLOSE


@pytest.mark.parametrize("cc", COMPILERS)
def test_both_compilers_and_precisions(cc, tmp_path):
    net = bt.Network(2)
    hidden = net.lstm(6, sources=[bt.SELF.lag(1), net.input.lag(3)])
    net.linear(2, sources=[hidden.lag(0), hidden.lag(2)])
    drawn(net)
    u = inputs_of(net)
    expected = net.simulate(u)
    assert deviation(Program(net, tmp_path / "double", cc)(u), expected) < CLOSE
    single = Program(net, tmp_path / "float", cc, precision="float")
    assert "double" not in single.source + single.header
    assert 0 < deviation(single(u), expected) < 1e-5


def test_numbers_read_back(tmp_path):
    """Weights are the same to the bit, the least and the largest too."""
    numbers = [
        5e-324,
        -2.2e-308,
        1.7976931348623157e308,
        0.1,
        -0.0,
        1e22,
        123456789012345680,
        1 / 3,
    ]
    net = bt.Network(1)
    net.learnware(len(numbers), "v").connect(net.input.lag(0), "W")
    net.weights["v.W"] = np.reshape(numbers, (-1, 1))
    u = np.array([[1.0], [-0.5]])
    assert np.array_equal(Program(net, tmp_path / "all")(u), u * numbers)
    numbers[:3] = [1e-50, -1.2e-38, 3e38]
    net.weights["v.W"] = np.reshape(numbers, (-1, 1))
    found = Program(net, tmp_path / "float", precision="float")(u)
    assert np.array_equal(found, u.astype("f4") * np.array(numbers, dtype="f4"))


def test_fast_mathematics(tmp_path):
    """What docs/export.md promises of it."""
    net = drawn(bt.gru_network(16))
    u = inputs_of(net)
    program = Program(net, tmp_path, flags=(*FLAGS, "-O3", "-ffast-math"))
    assert deviation(program(u), net.simulate(u)) < CLOSE


def test_starts_are_those_of_the_network(tmp_path):
    """Learnt initial states at several lags, and inputs at rest."""
    net = bt.Network(1)
    x = net.lnl(3, sources=[bt.SELF.lag(1), bt.SELF.lag(3), net.input.lag(2)], initial="learn")
    net.linear(1, sources=[x.lag(4)])
    x.network.groups["lnl.x2"].learn_initial_state(2)
    net = drawn(net)
    net.rest = 0.7
    u = inputs_of(net, 12)
    assert deviation(Program(net, tmp_path)(u), net.simulate(u)) < CLOSE


def test_long_delays_and_large_networks(tmp_path):
    net = bt.Network(1)
    net.linear(1, sources=[net.input.lag(300), net.input.lag(2)])
    u = inputs_of(drawn(net), 400)
    assert deviation(Program(net, tmp_path / "lag")(u), net.simulate(u)) < CLOSE
    # More values than a stack may have room for: they stand in the state.
    net = bt.Network(1)
    x = net.lnl(3000, density=0.001, feedback="own")
    net.linear(1, sources=[x.lag(0)])
    u = inputs_of(drawn(net), 20)
    program = Program(net, tmp_path / "large")
    assert "lnl_x2_now[3000]" in program.header
    assert deviation(program(u), net.simulate(u)) < CLOSE


def test_what_nothing_depends_on_is_left_out():
    net = bt.Network(1)
    net.lnl(5, "lost")
    net.lnl(2, "kept", sources=[net.input.lag(1)])
    text = net.randomize(1).export(format="c")
    assert "kept" in text and "lost" not in text


def test_the_object_needs_mathematics_alone(tmp_path):
    """No memory is taken, there are no variables, and nothing but the functions is seen."""
    Program(drawn(bt.lstm_network(4)), tmp_path)
    cc, nm = compiler("gcc"), compiler("nm")
    object_file = tmp_path / "model.o"
    subprocess.run([cc, *FLAGS, "-c", tmp_path / "model.c", "-o", object_file], check=True)
    lines = subprocess.run([nm, object_file], capture_output=True, text=True, check=True).stdout
    symbols = {tuple(line.split()[-2:]) for line in lines.splitlines()}
    assert {name for kind, name in symbols if kind == "T"} == {"model_init", "model_step"}
    assert {name for kind, name in symbols if kind == "U"} <= {"exp", "tanh"} | {
        "_GLOBAL_OFFSET_TABLE_"
    }
    assert not {name for kind, name in symbols if kind in "DdBbCG"}


def test_names_are_those_of_c(tmp_path):
    """Names that mean something in C, look alike, or end comments."""
    net = bt.Network(["*/ int", "b??/", "c\\"])
    net.input_units = ["°C", "a\nb\u202e", "/*"]
    names = ["int", "class", "exp", "u", "M_PI", "a b", "a.b", "a_b", "3", "ü", "linux", "x" * 90]
    for name in names:
        net.learnware(2, name).connect(net.input.lag(0), "W")
    net.firmware(2, "sum").add(1, ("exp", net.groups["exp"].lag(0))).add(
        0.5, *(("tanh", net.groups[name].lag(1)) for name in names)
    )
    drawn(net)
    u = inputs_of(net)
    program = Program(net, tmp_path, flags=(*FLAGS, "-Wshadow", "-std=gnu99"))
    assert deviation(program(u), net.simulate(u)) < CLOSE
    assert "u[0] is *_/ int [°C]" in program.source.replace("* /", "*_/")
    # The header is read from C++.
    (tmp_path / "main.cc").write_text(
        '#include "model.h"\nstatic model_state s;\nvoid f();\nvoid f() { model_init(&s); }\n'
    )
    command = [compiler("g++"), "-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    subprocess.run([*command, tmp_path / "main.cc"], check=True)


def test_the_text_alone_is_a_program(tmp_path):
    net = drawn(bt.gru_network(3))
    text = net.export(format="c", prefix="plant")
    (tmp_path / "plant.c").write_text(text)
    command = [compiler("gcc"), *FLAGS, "-c", tmp_path / "plant.c", "-o", tmp_path / "plant.o"]
    subprocess.run(command, check=True)
    assert "gru.x(t)" in text and '#include "' not in text
    # The file is called as it is, and so are the functions.
    net.export(tmp_path / "tank-2.c")
    assert "void tank_2_init(tank_2_state *state);" in (tmp_path / "tank-2.h").read_text()
    assert '#include "tank-2.h"' in (tmp_path / "tank-2.c").read_text()
