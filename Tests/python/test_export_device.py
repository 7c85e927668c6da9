"""C99 programs out of networks as devices want them: `make test-all`, where the tools are there."""

import re
import subprocess

import backtune as bt
import pytest
from conftest import later
from export_cases import FLAGS, Program, compiler, deviation, drawn, inputs_of, unit

CLOSE = 1e-12


@later
def test_arm(tmp_path):
    """A processor of 32 bits gives the same."""
    cc, emulator = compiler("arm-linux-gnueabihf-gcc"), compiler("qemu-arm")
    for kind in ("lnl", "lstm", "gru", "state_space", "softmax"):
        net = unit(kind, {})
        u = inputs_of(net)
        for precision, close in (("double", CLOSE), ("float", 1e-5)):
            folder = tmp_path / f"{kind}-{precision}"
            flags = (*FLAGS, "-static")
            program = Program(net, folder, cc, flags=flags, precision=precision)
            assert deviation(program(u, emulator=[emulator]), net.simulate(u)) < close


@later
@pytest.mark.parametrize("precision", ["double", "float"])
def test_misra(precision, tmp_path):
    """Two rules are not kept, advisory ones: unused macros, tables outside functions."""
    checker = compiler("cppcheck")
    net = bt.Network(2)
    h = net.lstm(3, sources=[bt.SELF.lag(1), net.input.lag(3)], initial="learn")
    g = net.lnl(3, feedback="measured", density=0.4, activation=bt.softplus(0.3))
    s = net.softmax(3)
    out = net.linear(2, sources=[h.lag(0), g.lag(2), s.lag(0)])
    drawn(net).observe([out, g], [2, 2])
    net.export(tmp_path / "model.c", precision=precision)
    command = [checker, "--std=c99", "--addon=misra", "--enable=style", tmp_path / "model.c"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = set(re.findall(r"misra-c2012-[\d.]+", report))
    assert "misra-c2012-8.9" in found
    assert found <= {"misra-c2012-2.5", "misra-c2012-8.9"}, report
