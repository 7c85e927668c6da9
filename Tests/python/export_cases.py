"""Exported C programs, compiled and run."""

import re
import shutil
import subprocess

import numpy as np
import pytest

FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-O2")
COMPILERS = ("gcc", "clang")

# Reads sequences of inputs (and measured values), and writes outputs, all as doubles.
DRIVER = """
#include <stdio.h>
#include <stdlib.h>
#include "model.h"

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
  REAL u[MODEL_INPUTS + 1];
  REAL y[MODEL_OUTPUTS];
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
    model_step(&other, u, ARGUMENT y);
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
        files = [folder / "main.c", folder / "model.c"]
        command = [compiler(cc), *flags, *files, "-o", self.program, "-lm"]
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
