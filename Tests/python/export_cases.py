"""Networks to be exported, and exported C programs, compiled and run."""

import json
import re
import shutil
import subprocess

import backtune as bt
import numpy as np
import pytest
from backtune._engine.abi import lib, read_text

#: The engine's table of units: a new one is tested without a word.
TABLE = json.loads(read_text(lib.bt_unit_options, None))
KINDS = [item["kind"] for item in TABLE]


def inputs_of(net, steps=60, seed=0):
    """Draw inputs, (steps, M)."""
    return bt.random.normal(steps * net.inputs, seed=seed).reshape(steps, net.inputs)


def drawn(net):
    """Draw weights, learnt initial states among them."""
    net.randomize(3)
    for name in net.weights:
        if name.endswith(".x0"):
            shape = net.weights[name].shape
            net.weights[name] = bt.random.normal(int(np.prod(shape)), seed=4).reshape(shape)
    return net


def variants(kind):
    """Options of a kind of unit: the defaults, and everything that its table lists, one by one."""
    yield {}
    yield {"initial": "learn"}
    for row in next(item for item in TABLE if item["kind"] == kind)["options"]:
        name, words = row["name"], row.get("words") or []
        if row["type"] == "boolean":
            yield {name: not row["default"]}
        elif row["type"] == "function":
            plain = [word for word in words if word not in ("zeta", "softplus", "upsilon")]
            values = [*plain, bt.zeta(-0.5, 2), bt.zeta(0, 3), bt.softplus(0.2), bt.upsilon(3)]
            yield from ({name: value} for value in values if value not in ("log", "reciprocal"))
        elif row["type"] == "functions":
            yield {name: ["identity", "square", bt.zeta(-0.5, 2), "step"]}
        elif row["type"] in ("text", "number"):
            yield from ({name: word} for word in words)
            if row["type"] == "number":
                yield {name: 0.5}
        elif row["type"] == "integer":
            yield {name: 2}
        elif row["type"] == "mask":
            yield {name: [[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]]}


def unit(kind, options):
    """Return a network of one unit, None where it does not take these options."""
    net = bt.Network(4)
    try:
        net.unit(kind, 4, **options)
    except bt.ArgumentError:
        assert options
        return None
    return drawn(net)


# ---- C

FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-O1")
COMPILERS = ("gcc", "clang")

# Reads sequences of inputs (and measured values), and writes outputs, all as doubles.
DRIVER = """
#include <stdio.h>
#include <stdlib.h>
/* One text to compile: it takes half the time. */
#include "model.c"

static void get(REAL *values, int count)
{
  double value = 0.0;
  for (int i = 0; i < count; i++) {
    if (fread(&value, sizeof value, 1, stdin) != 1) { exit(1); }
    values[i] = (REAL)value;
  }
}

int main(int count, char **arguments)
{
  static model_state state;
  /* Another network, which must not have a part in what this one does. */
  static model_state other;
  /* One array for both. */
  REAL u[MODEL_INPUTS + MODEL_OUTPUTS];
  REAL *const y = u;
  REAL z[MODEL_OUTPUTS];
  const long steps = (count > 1) ? strtol(arguments[1], NULL, 10) : 0;
  model_init(&state);
  model_init(&other);
  for (long t = 0; t < steps; t++) {
    if (t == 2) { model_init(&other); }
    get(u, MODEL_INPUTS);
#ifdef MEASURED
    REAL measured[MODEL_OUTPUTS];
    get(measured, MODEL_OUTPUTS);
#endif
    GIVEN
    model_step(&other, u, ARGUMENT z);
    model_step(&state, u, ARGUMENT y);
    for (int i = 0; i < MODEL_OUTPUTS; i++) {
      const double value = (double)y[i];
      if (fwrite(&value, sizeof value, 1, stdout) != 1) { return 1; }
    }
  }
  return 0;
}
"""


def compiler(name):
    """Return the path of a compiler, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


class Program:
    """An exported network, compiled.

    Parameters
    ----------
    net
        What has `export`.
    folder : Path
    measured : bool
        Whether measured outputs are read with every step.
    given : dict of str to int
        Groups that are given apart, by the names that functions have, and their sizes.
    """

    def __init__(self, net, folder, cc="gcc", measured=False, given=None, flags=FLAGS, **options):
        folder.mkdir(exist_ok=True)
        net.export(folder / "model.c", **options)
        self.header = (folder / "model.h").read_text()
        self.source = (folder / "model.c").read_text()
        #: Whether measured outputs are read.
        self.is_measuring = re.search(r"const \w+ measured\[\]", self.header) is not None
        #: Groups that are given apart: their names in C, and in the network.
        functions = re.findall(
            r"measured of (.*) at the next step, NAN.*\n.* model_give_(\w+)\(", self.header
        )
        self.givable = {function: group for group, function in functions}
        self.given = given or {}
        lines = ""
        for name, size in self.given.items():
            lines += f"REAL {name}[{size}]; get({name}, {size});"
            lines += f" model_give_{name}(&state, {name});\n"
        driver = DRIVER.replace("GIVEN", lines)
        driver = driver.replace("REAL", options.get("precision", "double"))
        argument = "measured," if measured else "NULL," if self.is_measuring else ""
        driver = driver.replace("ARGUMENT", argument)
        if measured:
            driver = "#define MEASURED\n" + driver
        (folder / "main.c").write_text(driver)
        self.program = folder / "main"
        command = [compiler(cc), *flags, folder / "main.c", "-o", self.program, "-lm"]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr + self.source
        self.outputs = int(re.search(r"MODEL_OUTPUTS (\d+)", self.header).group(1))

    def __call__(self, u, y=None, given=None, emulator=()):
        """Return the outputs, (T, O)."""
        parts = [u] if y is None else [u, y]
        parts += [given[name] for name in self.given]
        rows = np.concatenate([np.asarray(part, dtype=float) for part in parts], axis=1)
        result = subprocess.run(
            [*emulator, self.program, str(len(rows))], input=rows.tobytes(), capture_output=True
        )
        assert result.returncode == 0, result.stderr
        return np.frombuffer(result.stdout).reshape(len(rows), self.outputs)


def deviation(found, expected):
    """Return the largest difference, relative where values are above 1."""
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0))
