"""docs/format.md: its reader, and nothing in a file that it does not name."""

import json
import re

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT
from random_networks import RandomNetwork
from reference import FUNCTIONS, KEYS
from reference_cases import inputs

PAGE = ROOT / "docs" / "format.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="not in the source tree")


@pytest.fixture(scope="module")
def reader():
    """Run what the page shows, which compares a network by itself."""
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    names = {}
    exec(compile(block, PAGE.name, "exec"), names)
    return names["run"]


@pytest.mark.parametrize("first", range(0, 60, 6))
def test_the_reader_of_the_page(first, reader):
    """It computes what the engine does, for networks of all kinds."""
    for seed in range(first, first + 6):
        net = RandomNetwork(seed).net
        (u,) = inputs(net, np.random.default_rng(seed), 12)
        expected = net.simulate(u)
        found = reader(net.to_json(), u)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max(initial=0) < 1e-12 * max(1, np.abs(expected).max())


def test_the_rest_that_an_estimation_takes(reader):
    """It holds values of groups of which measurements are read."""
    u = 5 + bt.random.normal(60).reshape(60, 1)
    y = 20 + np.convolve(u[:, 0], [0.5, 0.3, 0.2])[:60].reshape(60, 1)
    net = bt.Network(1)
    net.lnl(1, feedback="measured", activation="identity")
    bt.Estimator(net.randomize(0), u, y, horizon=1).run(5, progress=False)
    assert "groups" in json.loads(net.to_json())["rest"]
    assert np.abs(reader(net.to_json(), u) - net.simulate(u)).max() < 1e-9


def test_every_key_is_named():
    page = PAGE.read_text()
    keys = {key for line in KEYS.values() for key in line.split()} | {"groups", "samplingTime"}
    assert not {
        key for key in keys - {"factors"} if f"`{key}`" not in page and f'"{key}"' not in page
    }
    assert not {name for name in FUNCTIONS if f'"{name}"' not in page}


def test_versions_of_the_page():
    """Files of all versions are read; the later parts are what makes them such."""
    net = bt.Network(1)
    net.lnl(2, feedback="measured")
    assert json.loads(net.to_json())["version"] == 3
    net = bt.Network(1)
    net.lnl(2)
    document = json.loads(net.randomize(0).to_json())
    assert document["version"] == 2 and "data" not in document
    for version in (1, 2, 3):
        text = json.dumps({**document, "version": version, "more": 1})
        again = bt.Network.from_json(text)
        assert np.array_equal(again.get_weights(), net.get_weights())
