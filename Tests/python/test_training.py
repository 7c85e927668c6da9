"""How well, and how reproducibly, networks are trained."""

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT, same

DATA = ROOT / "Tests" / "data" / "reverse_engineering"
SEEDS = range(5)


def sequence(units, seed):
    table = np.loadtxt(DATA / f"lnl_n{units:02d}_s{seed}.csv", delimiter=",", skiprows=1)
    return table[:, 0], table[:, 1]


def train(units, seed, iterations=100):
    u, y = sequence(units, seed)
    net = bt.lnl_network(units).randomize(seed)
    trace = bt.Estimator(net, u, y, method="backward-tuning").run(iterations, progress=False)
    return net, trace


@pytest.mark.parametrize("units", [2, 4, 8])
def test_reverse_engineering(units):
    """Section 4 of RR-9100: a network learns what another one of its size does."""
    traces = [train(units, seed)[1] for seed in SEEDS]
    final = [trace.nmse[-1] for trace in traces]
    assert np.median(final) <= 1e-2, final
    assert all(trace.cost[-1] <= trace.cost[0] for trace in traces)
    assert all(np.all(np.diff(trace.cost) <= 0) for trace in traces)


def test_twice_the_same_bits():
    for units in (2, 8):
        (one, first), (two, second) = train(units, 1, 30), train(units, 1, 30)
        assert same(one.get_weights(), two.get_weights())
        for column in ("cost", "nmse", "order", "variant", "step", "raised", "saturated"):
            assert same(getattr(first, column), getattr(second, column)), column


def test_the_same_bits_in_another_process(python):
    code = """
import numpy as np, sys, backtune as bt
u, y = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1).T
net = bt.lnl_network(4).randomize(2)
bt.Estimator(net, u, y, method="backward-tuning").run(30, progress=False)
print(net.get_weights().tobytes().hex())
"""
    expected = train(4, 2, 30)[0].get_weights().tobytes().hex()
    assert python(code, DATA / "lnl_n04_s2.csv").strip() == expected


def test_progress_and_callback_change_nothing(capsys):
    u, y = sequence(4, 0)
    net = bt.lnl_network(4).randomize(0)
    bt.Estimator(net, u, y, method="backward-tuning").run(10, callback=lambda report: None)
    assert same(net.get_weights(), train(4, 0, 10)[0].get_weights())


def test_a_linear_network_is_found():
    u = bt.random.normal(200, seed=1)
    root = bt.linear_network(3).randomize(5)
    net = bt.linear_network(3).randomize(6)
    trace = bt.Estimator(net, u, root.simulate(u)).run(100, progress=False)
    assert trace.nmse[-1] < 1e-2


def test_readout_only_is_solved_at_once():
    """With everything but an affine readout fixed, the second order is exact."""
    net = bt.Network(1)
    h = net.lnl(8, name="h")
    net.linear(1, name="out", sources=[h.lag(0)])
    net.randomize(3)
    for name in list(net.weights):
        if name.startswith("h."):
            net.weights.constrain(name, fixed=True)
    u = bt.random.normal(300, seed=2)
    y = np.sin(np.cumsum(u) / 5)
    states = net.simulate(u, states=True)[1]["h.x"]
    design = np.column_stack([states, np.ones(300)])
    best = np.sum((design @ np.linalg.lstsq(design, y, rcond=None)[0] - y) ** 2) / 600
    trace = bt.Estimator(net, u, y, method="backward-tuning").run(5, progress=False)
    assert trace.cost[-1] == pytest.approx(best, rel=1e-6)


def test_memory_does_not_grow():
    """A few thousand fits, as a parameter study makes them."""
    import resource

    u = bt.random.normal(10)
    y = bt.lnl_network(2).randomize(5).simulate(u)

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def fits(count):
        for seed in range(count):
            net = bt.lnl_network(2).randomize(seed)
            bt.Estimator(net, u, y).run(2, progress=False)
            assert net.weights["lnl.x2.W"].shape == (2, 2)

    fits(500)
    before = resident()
    fits(2000)
    assert resident() - before < 5e6
