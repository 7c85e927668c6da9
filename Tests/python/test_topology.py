"""Masks of connections."""

import backtune as bt
import numpy as np
import pytest
from backtune.topology import convergent, divergent, local, point_to_point
from conftest import same


def test_point_to_point():
    assert same(point_to_point(3), np.eye(3, dtype=np.uint8))
    assert same(local(2, 3, 2, 3, 0), point_to_point(6))


@pytest.mark.parametrize(("radius", "neighbours"), [(0.9, 1), (1, 5), (1.5, 9), (2, 13)])
def test_local_on_one_sheet(radius, neighbours):
    mask = local(5, 6, 5, 6, radius)
    middle = mask[2 * 6 + 3].reshape(5, 6)
    assert mask.shape == (30, 30) and same(mask, np.ascontiguousarray(mask.T))
    assert middle.sum() == neighbours and middle[2, 3] == 1
    expected = [[(r - 2) ** 2 + (c - 3) ** 2 <= radius**2 for c in range(6)] for r in range(5)]
    assert same(middle == 1, np.array(expected))


def test_local_between_sheets_of_other_sizes():
    assert same(local(1, 2, 1, 4, 0.5), np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=np.uint8))
    assert same(local(1, 4, 1, 2, 0.25), np.ascontiguousarray(local(1, 2, 1, 4, 0.5).T))
    assert local(3, 3, 6, 9, 100).all() and local(3, 2, 6, 9, 1).shape == (6, 54)
    turned = local(3, 2, 6, 9, 1).reshape(3, 2, 6, 9)
    assert same(turned, np.ascontiguousarray(turned[::-1, ::-1, ::-1, ::-1]))


def test_divergent_and_convergent():
    mask = divergent(6, 3, 2)
    assert same(mask, np.repeat(np.eye(3, dtype=np.uint8), 2, axis=0))
    for n_to, n_from, fan in [(7, 3, 4), (5, 5, 1), (4, 9, 4), (1, 1, 1)]:
        wide = divergent(n_to, n_from, fan)
        assert wide.shape == (n_to, n_from) and np.all(wide.sum(axis=0) == fan)
        narrow = convergent(n_from, n_to, fan)
        assert narrow.shape == (n_from, n_to) and np.all(narrow.sum(axis=1) == fan)
    assert divergent(7, 3, 3).all(axis=1).sum() == 0 and divergent(7, 3, 3).any(axis=1).all()


def test_in_a_network():
    net = bt.Network(9)
    mask = local(3, 3, 3, 3, 1)
    sheet = net.lnl(9, mask=mask, sources=None, input_lag=0)
    net.linear(3, sources=[sheet.lag(0).masked(convergent(3, 9, 3))])
    net.randomize(0)
    assert same(net.weights["lnl.x2.W"] != 0, mask == 1)
    assert np.count_nonzero(net.weights["linear.x.W_lnl"]) == 9


def test_wrong_use():
    for call, message in [
        (lambda: point_to_point(0), "n: 0"),
        (lambda: local(0, 1, 1, 1, 1), "rows_to: 0"),
        (lambda: local(1, 1, 1, -1, 1), "cols_from: -1"),
        (lambda: local(1, 1, 1, 1, -1), "radius: -1"),
        (lambda: local(1, 1, 1, 1, np.nan), "radius: nan"),
        (lambda: divergent(3, 2, 4), "fan_out: 4 came, expected 1 to 3"),
        (lambda: convergent(3, 2, 3), "fan_in: 3 came, expected 1 to 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match=r"n: 2\.0"):
        point_to_point(2.0)


def test_connections_without_a_role_are_numbered():
    net = bt.Network(2)
    first, second = net.lnl(3), net.lnl(2)
    target = net.learnware(2, "sum")
    for source in (first.lag(1), second.lag(1), net.input.lag(0), first.lag(2), net.input.lag(1)):
        target.connect(source)
    names = [name for name in net.weights if name.startswith("sum.")]
    assert names == ["sum.W", "sum.W2", "sum.B", "sum.W3", "sum.B2"]
    assert net.weights["sum.W2"].shape == (2, 2) and net.weights["sum.W3"].shape == (2, 3)
    with pytest.raises(bt.ArgumentError, match="sum.W2': there is one of that name already"):
        target.connect(second.lag(2), "W2")
