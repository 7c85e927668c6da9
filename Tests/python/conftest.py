"""Fixtures shared by the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
from sklearn_cases import plant

ROOT = Path(__file__).resolve().parents[2]
#: What takes long and is tried in part by others: `make test-all`.
later = pytest.mark.skipif("BACKTUNE_TEST_ALL" not in os.environ, reason="make test-all")


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def golden():
    """Read a file of Tests/golden."""
    return lambda name: json.loads((ROOT / "Tests" / "golden" / name).read_text())


@pytest.fixture
def net():
    """Make a network of 2 inputs and 2 outputs with weights drawn by seed 1."""
    network = bt.Network(2)
    h = network.lnl(3, leak="adjust")
    network.linear(2, sources=[h.lag(0)])
    return network.randomize(1)


@pytest.fixture
def problem():
    """Make a network of 4 nodes and a sequence that it can learn: (network, u, y)."""
    u, y = bt.datasets.reverse_engineering(4, seed=5)
    return bt.lnl_network(4).randomize(2), u, y


@pytest.fixture
def long_problem():
    """Make a problem whose estimation takes far longer than any test may."""
    u = bt.random.normal(100_000, seed=3).reshape(-1, 1)
    y = bt.lnl_network(8).randomize(1).simulate(u)
    return bt.lnl_network(8).randomize(2), u, y


@pytest.fixture(scope="session")
def recipe():
    """Fit an estimator for scikit-learn by the recipe of `identify` to `sklearn_cases.plant`."""
    return bt.RecurrentRegressor(max_order=2).fit(*plant())


@pytest.fixture
def python():
    """Run a program in a new interpreter; its output is returned, a failure fails the test."""

    def run(code, *arguments, timeout=60, **environment):
        result = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **environment},
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


def same(a, b):
    """Tell whether two arrays are equal to the bit, NaN included."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.tobytes() == b.tobytes()
