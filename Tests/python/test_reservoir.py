"""Reservoirs: connections, spectral radius, seeds, and whose weights they fix."""

import os
import subprocess
import sys

import backtune as bt
import numpy as np
import pytest
from conftest import same


def radius(matrix):
    return np.abs(np.linalg.eigvals(matrix)).max()


TRIANGLE = np.tril(np.ones((5, 5)), -1)
PERMUTED = TRIANGLE[np.ix_([3, 0, 4, 1, 2], [3, 0, 4, 1, 2])]


@pytest.mark.parametrize(
    "options",
    [{"mask": TRIANGLE}, {"mask": PERMUTED}, {"mask": np.zeros((5, 5))}, {"density": 0.0}],
    ids=["triangular", "permuted", "empty", "density"],
)
def test_connections_without_a_cycle_have_no_radius_but_zero(options):
    net = bt.Network(1)
    with pytest.raises(ValueError, match="spectral_radius.*0.9.*expected 0.*mask.*density"):
        net.reservoir(5, **options)
    assert len(net.groups) == 0
    with pytest.raises(ValueError, match="spectral_radius.*1.5"):
        net.reservoir(5, spectral_radius=1.5, **options)
    net.reservoir(5, spectral_radius=0, **options)
    w = net.weights["reservoir.x2.W"]
    mask = options.get("mask", np.zeros((5, 5)))
    assert same(w != 0, mask != 0)
    assert net.randomize(0).simulate(np.ones(3)).shape == (3, 1)


def test_a_radius_of_zero_with_cycles_is_a_matrix_of_zeros():
    net = bt.Network(1)
    net.reservoir(5, spectral_radius=0, density=1.0)
    assert not net.weights["reservoir.x2.W"].any()


@pytest.mark.parametrize("kind", ["linear", "lnl", "sparse_lnl", "aif", "softmax"])
@pytest.mark.parametrize(
    "density, sources", [(0.0, 0), (1e-9, 1), (0.1, 1), (0.5, 4), (0.99, 8), (1.0, 8)]
)
def test_density_counts_the_sources_of_every_node(kind, density, sources):
    net = bt.Network(1)
    net.unit(kind, 8, density=density)
    net.randomize(1)
    (name,) = [name for name in net.weights if name.rpartition(".")[2] in ("W", "W1")]
    assert same(np.count_nonzero(net.weights[name], axis=1), np.full(8, sources))
    again = bt.Network.from_json(net.to_json())
    u = bt.random.normal(6)
    assert same(again.simulate(u), net.simulate(u))


def test_several_lags_share_the_radius():
    net = bt.Network(1)
    net.reservoir(
        6, density=0.5, sources=[bt.SELF.lag(1), bt.SELF.lag(3), net.input.lag(1)],
        spectral_radius=0.8, input_scaling=0.01,
    )  # fmt: skip
    first, third = net.weights["reservoir.x2.W1"], net.weights["reservoir.x2.W3"]
    zero, one = np.zeros((6, 6)), np.eye(6)
    companion = np.block([[first, zero, third], [one, zero, zero], [zero, one, zero]])
    assert radius(companion) == pytest.approx(0.8, rel=1e-10)
    assert np.abs(net.weights["reservoir.x2.B"]).max() <= 0.01


def test_one_lag_keeps_the_radius_of_its_matrix():
    net = bt.Network(1)
    net.reservoir(6, sources=[bt.SELF.lag(2), net.input.lag(1)], spectral_radius=0.8)
    assert radius(net.weights["reservoir.x2.W"]) == pytest.approx(0.8, rel=1e-10)


def test_only_its_own_weights_are_drawn_and_fixed():
    """Also where the name of another unit goes on after the reservoir's."""
    net = bt.Network(1)
    net.lnl(3, name="r.x2", initial="zero")
    net.randomize(seed=5)
    before = net.get_weights()
    net.reservoir(4, name="r")
    assert same(net.get_weights()[: before.size], before)
    assert net.get_weights().size == before.size + 5
    alone = bt.Network(1)
    alone.reservoir(4, name="r")
    for name, values in alone.weights.items():
        assert same(net.weights[name], values)


def test_initial_states_of_a_unit_alone():
    net = bt.Network(1)
    net.lnl(3, name="r.x2")
    net.lnl(4, name="r", initial="learn")
    assert [name for name in net.weights if name.endswith(".x0")] == ["r.x.x0"]


SEEDS = [2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]


def test_seeds_are_exact():
    def drawn(seed):
        net = bt.Network(1)
        net.reservoir(12, density=0.3, seed=seed)
        return net.weights["reservoir.x2.W"]

    matrices = [drawn(seed) for seed in SEEDS]
    assert same(drawn(SEEDS[1]), matrices[1])
    for k, matrix in enumerate(matrices):
        assert not any(same(matrix != 0, other != 0) for other in matrices[:k])
        assert not any(same(matrix, other) for other in matrices[:k])


@pytest.mark.parametrize("kind", ["lnl", "reservoir"])
@pytest.mark.parametrize("seed", [-1, 2**64, 2**70, 0.5, "1", True])
def test_seeds_that_are_none(kind, seed):
    with pytest.raises(ValueError, match=f"option seed of unit {kind}.*18446744073709551615"):
        bt.Network(1).unit(kind, 4, density=0.5, seed=seed)


def test_large_integers_elsewhere():
    """Numbers may be integers that no double holds; lags and sizes are refused by name."""
    net = bt.Network(1)
    net.lnl(2, time_constant=2**60 + 1, dt=2**60 - 1)
    with pytest.raises(ValueError, match="lag"):
        net.lnl(2, name="far", sources=[bt.SELF.lag(2**53 + 1)])
    with pytest.raises(ValueError, match="leak.*9007199254740993"):
        net.lnl(2, name="leak", leak=2**53 + 1)


MANY_THREADS = """
import hashlib
import backtune as bt
import numpy as np

net = bt.Network(1)
net.reservoir(400, spectral_radius=0.9, density=0.1)
print(hashlib.sha256(net.weights["reservoir.x2.W"].tobytes()).hexdigest())
y = bt.random.normal(4000).reshape(-1, 1)
goals = [bt.observables.autocorrelation(0, 1 + k, desired=0.01) for k in range(60)]
criterion = bt.criteria.Observables(goals, samples=y)
est = bt.Estimator(bt.lnl_network(4).randomize(0), y, criterion=criterion)
print(hashlib.sha256(est.observables().lambdas.tobytes()).hexdigest())
"""


def test_same_bits_whatever_the_threads_of_blas():
    """What calls LAPACK outside an estimation: a spectral radius, a Gibbs fit."""

    def bits(threads):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
        environment.pop("OMP_NUM_THREADS", None)
        done = subprocess.run(
            [sys.executable, "-c", MANY_THREADS],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert bits("1") == bits("2")
