"""How the data are taken: washout, the last step only, epochs."""

import backtune as bt
import numpy as np
import pytest


def learner(units=3, seed=0):
    net = bt.lnl_network(units=units, inputs=1, outputs=1)
    net.randomize(seed=seed)
    return net


def data(lengths, seed=0):
    root = learner(3, 1000 + seed)
    rng = np.random.default_rng(seed)
    u = [rng.normal(size=(length, 1)) for length in lengths]
    return u, [root.simulate(item) for item in u]


def test_washout_is_what_missing_values_are():
    u, y = data([30, 4, 12])
    hidden = [item.copy() for item in y]
    for item in hidden:
        item[:5] = np.nan
    one, other = learner(), learner()
    first = bt.Estimator(one, u, y, washout=5).run(5, progress=False)
    second = bt.Estimator(other, u, hidden).run(5, progress=False)
    assert (first.cost == second.cost).all()
    assert (first.nmse == second.nmse).all()
    assert (one.get_weights() == other.get_weights()).all()


def test_static_compares_the_last_step():
    u, y = data([6, 7, 0, 9])
    hidden = [np.full_like(item, np.nan) for item in y]
    for item, full in zip(hidden, y):
        item[-1:] = full[-1:]
    one, other = learner(), learner()
    bt.Estimator(one, u, y, static=True).run(5, progress=False)
    bt.Estimator(other, u, hidden).run(5, progress=False)
    assert (one.get_weights() == other.get_weights()).all()


def test_static_estimation_of_a_feedforward_task():
    """One output at the end of each of many sequences."""
    rng = np.random.default_rng(0)
    u = [rng.normal(size=(3, 1)) for _ in range(40)]
    y = [np.full((3, 1), 0.5 * np.tanh(item[:-1].sum())) for item in u]
    net = bt.Network(inputs=1)
    h = net.lnl(4, activation="tanh", leak="adjust")
    net.linear(1, sources=[h.lag(0)])
    net.randomize(seed=1)
    trace = bt.Estimator(net, u, y, static=True).run(100, progress=False)
    assert trace.nmse[-1] < 0.02


def test_nothing_left_is_an_error():
    u, y = data([5, 3])
    with pytest.raises(bt.ArgumentError, match="washout of 5"):
        bt.Estimator(learner(), u, y, washout=5).step()
    for value in (-1, 1.5, np.nan):
        with pytest.raises(bt.ArgumentError, match="washout"):
            bt.Estimator(learner(), u, y, washout=value)
    with pytest.raises(bt.ArgumentError, match="static"):
        bt.Estimator(learner(), u, y, static=2)


@pytest.mark.parametrize("criterion", ["2", "1", "a"])
def test_epochs_in_any_order(criterion):
    """Cost and weights depend neither on the order of the sequences nor on what pads them."""
    u, y = data([20, 7, 31, 0, 1, 12])
    order = [4, 2, 0, 5, 3, 1]
    one, other = learner(), learner()
    est = bt.Estimator(one, u, y, criterion=criterion)
    shuffled = bt.Estimator(
        other, [u[k] for k in order], [y[k] for k in order], criterion=criterion
    )
    assert est.cost == pytest.approx(shuffled.cost, rel=1e-13)
    est.run(4, progress=False)
    shuffled.run(4, progress=False)
    assert np.allclose(one.get_weights(), other.get_weights(), rtol=1e-7, atol=1e-9)
    # Steps after the end that are not observed are padding by hand.
    long_u = [np.concatenate([item, np.ones((9, 1))]) for item in u]
    long_y = [np.concatenate([item, np.full((9, 1), np.nan)]) for item in y]
    first, padded = (
        bt.Estimator(learner(), a, b, criterion=criterion) for a, b in ((u, y), (long_u, long_y))
    )
    assert padded.cost == pytest.approx(first.cost, rel=1e-13)


def test_epochs_each_from_its_own_reset():
    """Sequences apart cost what they cost together, weighted by their observed values."""
    u, y = data([15, 8])
    together = bt.Estimator(learner(), u, y).cost
    apart = [bt.Estimator(learner(), a, b).cost for a, b in zip(u, y)]
    assert together == pytest.approx((15 * apart[0] + 8 * apart[1]) / 23, rel=1e-13)
