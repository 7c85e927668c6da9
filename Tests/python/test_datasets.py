"""Data sets and random numbers."""

import backtune as bt
import numpy as np
import pytest
from conftest import same


def test_sunspots():
    years, numbers = bt.datasets.sunspots()
    assert same(years, np.arange(1700, 2009)) and numbers.shape == (309,)
    assert (numbers[0], numbers[257], numbers[-1]) == (5.0, 190.2, 2.9)
    numbers[0] = 7
    assert bt.datasets.sunspots()[1][0] == 5.0


def test_sierpinski(golden):
    expected = np.array(golden("closed_forms.json")["sierpinski"], dtype=float)
    assert same(bt.datasets.sierpinski(200), expected)
    from math import comb

    triangle = [1.0 if comb(n, k) % 2 else -1.0 for n in range(80) for k in range(n + 1)]
    assert same(bt.datasets.sierpinski(len(triangle)), np.array(triangle))
    assert bt.datasets.sierpinski(0).shape == (0,)
    with pytest.raises(ValueError):
        bt.datasets.sierpinski(-1)


def test_reverse_engineering():
    u, y, root = bt.datasets.reverse_engineering(4, seed=2, return_network=True)
    assert u.shape == y.shape == (40, 1)
    assert list(root.weights) == ["lnl.x2.W", "lnl.x2.B"]
    assert same(root.simulate(u), y)
    again = bt.datasets.reverse_engineering(4, seed=2)
    assert same(again[0], u) and same(again[1], y)
    assert not same(bt.datasets.reverse_engineering(4, seed=3)[0], u)
    u, y = bt.datasets.reverse_engineering(3, length=7, unit="linear")
    assert u.shape == y.shape == (7, 1)
    assert (
        "lnl.x1.g"
        in bt.datasets.reverse_engineering(2, leak="adjust", return_network=True)[2].weights
    )


def test_random_numbers():
    normal, uniform = bt.random.normal(20_000, seed=1), bt.random.uniform(20_000, seed=1)
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03
    assert abs(uniform.mean() - 0.5) < 0.02 and 0 <= uniform.min() and uniform.max() < 1
    assert same(bt.random.normal(5, 1), normal[:5])
    assert not same(bt.random.normal(5, 1, stream="other"), normal[:5])
    assert bt.random.normal(0).shape == (0,)
    for wrong in ((-1,), (3, -1), (1 << 62,)):
        with pytest.raises((ValueError, MemoryError)):
            bt.random.normal(*wrong)
