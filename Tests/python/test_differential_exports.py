"""Exported programs of random networks, in every format, against the engine.

As many as BACKTUNE_EXPORTS says, 200 by default.
"""

import os

import numpy as np
import pytest
from conftest import later
from export_cases import Program, deviation, inputs_of
from fmu_cases import Fmu
from onnx_cases import Model, needs_onnx
from random_networks import RandomNetwork
from test_export_c import check_measured
from test_export_onnx import measured_run

pytestmark = later

COUNT = int(os.environ.get("BACKTUNE_EXPORTS", "200"))
#: Other networks than those that are tried on their own.
SEEDS = range(1000, 1000 + COUNT)
STEPS, CLOSE = 25, 1e-12


def case(seed):
    """Return a network, inputs, and outputs as far as all values are finite."""
    net = RandomNetwork(seed).net
    u = inputs_of(net, STEPS, seed)
    expected, states = net.simulate(u, states=True)
    finite = [np.isfinite(values).all(axis=1) for values in states.values()]
    steps = int(np.cumprod(np.all(finite, axis=0)).sum())
    assert steps >= 4
    return net, u[:steps], expected[:steps]


@pytest.mark.parametrize("seed", SEEDS)
def test_c(seed, tmp_path):
    net, u, expected = case(seed)
    program = Program(net, tmp_path)
    assert deviation(program(u), expected) < CLOSE
    if program.is_measuring or program.givable:
        check_measured(net, tmp_path, "gcc", program, u)


@pytest.mark.parametrize("seed", SEEDS)
def test_fmu(seed, tmp_path):
    net, u, expected = case(seed)
    fmu = Fmu(net, tmp_path, "3.0" if seed % 2 else "2.0")
    assert deviation(fmu(u[:-1]), expected[:-1]) < CLOSE


@needs_onnx
@pytest.mark.parametrize("seed", SEEDS)
def test_onnx(seed):
    net, u, expected = case(seed)
    model = Model(net)
    found = model(u)
    found = found[0] if isinstance(found, list) else found
    assert deviation(found, expected) < 1e-10
    feeds, outputs = measured_run(net, model, u, np.random.default_rng(seed))
    if feeds:
        found = model(u, **feeds)
        found = found[0] if isinstance(found, list) else found
        assert deviation(found, outputs) < 1e-10
