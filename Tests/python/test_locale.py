"""A process of another locale, with a comma in its numbers: texts are the same, and are read."""

import os
import subprocess
import sys

import pytest

# Turkish has letters of its own for i and I.
NAMES = ["de_DE", "tr_TR"] if "BACKTUNE_TEST_ALL" in os.environ else ["tr_TR"]

PROGRAM = """
import contextlib, hashlib, io, locale, os, sys
import numpy as np, backtune as bt
from backtune.command import main

name, folder = sys.argv[1:]
os.chdir(folder)
if name:
    locale.setlocale(locale.LC_ALL, name)
    assert locale.localeconv()["decimal_point"] == ",", "no such locale"
    assert locale.str(1.5) == "1,5"

def told(what, content):
    content = content if isinstance(content, bytes) else content.encode()
    print(what, hashlib.sha256(content).hexdigest())

net = bt.Network(1)
x = net.lnl(3, leak=0.25, activation=bt.zeta(-0.5, 1.25))
net.linear(1, "y", sources=[x.lag(0)])
net.randomize(1)
net.weights["lnl.x2.a"] = [1e-310, 1.5, -2.25e17]
net.input_names, net.output_names = ["u"], ["y"]
told("JSON", net.to_json())
told("again", bt.Network.from_json(net.to_json()).to_json())
for format in ("c", "onnx"):
    told(format, net.export(format=format))
net.randomize(2)
net.save("net.json")
u = bt.random.normal(300, seed=1)
y = net.simulate(u)
np.savetxt("data.csv", np.c_[u, y], delimiter=",", header="u,y", comments="")
with contextlib.redirect_stdout(io.StringIO()) as shown:
    assert main(["simulate", "net.json", "data.csv", "--out", "out.csv"]) == 0
    assert main(["fit", "data.csv", "--inputs", "u", "--outputs", "y", "--unit", "lnl:2",
                 "--iterations", "3", "--out", "fit.json", "--quiet"]) == 0
told("shown", shown.getvalue())
for file in ("out.csv", "fit.json"):
    told(file, open(file, "rb").read())
told("repr", repr(net) + repr(net.summary()))
try:
    net.linear(1, range=1.5)
except ValueError as error:
    told("error", str(error))
"""


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """Make locales with a comma; the folder that they are in."""
    folder = tmp_path_factory.mktemp("locales")
    for name in NAMES:
        command = ["localedef", "-i", name, "-f", "UTF-8", folder / f"{name}.UTF-8"]
        try:
            subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip("no localedef here")
        if not (folder / f"{name}.UTF-8" / "LC_NUMERIC").exists():
            pytest.skip("no sources of locales here")
    return folder


def told(name, folder, locales, tmp_path):
    inside = tmp_path / folder
    inside.mkdir()
    command = [sys.executable, "-c", PROGRAM, name, inside]
    own = {**os.environ, "LOCPATH": str(locales)}
    found = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_locales(locales, tmp_path):
    plain = told("", "plain", locales, tmp_path)
    assert len(plain.splitlines()) == 9
    for name in NAMES:
        assert told(f"{name}.UTF-8", name, locales, tmp_path) == plain
