"""What an estimator says at the initial states it found, and of fits that are none."""

import backtune as bt
import numpy as np
import pytest


@pytest.fixture
def found():
    plant = bt.lnl_network(2).randomize(3)
    u = [bt.random.normal(40, k) for k in range(3)]
    state = plant.simulate([0.0], return_state=True)[1]
    starts = [np.where(state == 0, 0, 0.7 + k) for k in range(3)]
    y = [plant.simulate(part, start) for part, start in zip(u, starts)]
    net = bt.lnl_network(2).randomize(1)
    est = bt.Estimator(net, u, y, initial="learn")
    est.run(15, progress=False)  # later errors are as small as rounding
    return net, est, u, y


def test_queries_use_the_initial_states_that_were_found(found):
    net, est, u, y = found
    assert est.gradient()[0] == pytest.approx(est.cost, rel=1e-9)
    outputs = est.simulate()
    again = net.simulate(u, list(est.initial_states))
    for own, other in zip(outputs, again):
        assert np.allclose(own, other, rtol=0, atol=1e-12)
    error = np.concatenate(outputs) - np.concatenate(y)
    assert np.mean(error**2) / 2 == pytest.approx(est.cost, rel=1e-6)


def test_observables_and_divergence_start_where_the_fit_does():
    u = [bt.random.normal(25, k) for k in range(2)]
    samples = bt.random.normal(400, 5).reshape(-1, 1)
    wanted = [bt.observables.mean(0, 0.4), bt.observables.product(0, 0, 1.0)]
    criterion = bt.criteria.Observables(wanted, samples=samples)
    net = bt.Network(1)
    net.linear(1)
    net.set_weights([0.1, 0.8, 0.5])
    net.weights.constrain("linear.x.a", fixed=True)
    est = bt.Estimator(net, u, criterion=criterion, initial="learn", restarts=0)
    est.run(30, progress=False)
    starts = list(est.initial_states)
    outputs = np.concatenate(net.simulate(u, starts))
    assert abs(outputs.mean() - np.concatenate(net.simulate(u)).mean()) > 1e-3
    means = [outputs.mean(), (outputs**2).mean()]
    np.testing.assert_allclose(est.observables().means, means, rtol=1e-9)
    given = bt.Estimator(net, u, criterion=criterion, initial=starts)
    assert est.cost == pytest.approx(given.cost, rel=1e-9, abs=1e-15)
    assert est.divergence() == pytest.approx(given.divergence(), rel=1e-6, abs=1e-12)
    elsewhere = bt.Estimator(net, u, criterion=criterion).divergence()
    assert abs(elsewhere - given.divergence()) > 1e-6


def test_no_better_than_a_constant_is_no_convergence():
    """Inputs of zero say nothing of the outputs: there is no way to less than a constant costs."""
    u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    net = bt.Network(1)
    net.linear(1, sources=[net.input.lag(0)])
    net.weights["linear.x.a"] = 0.3
    trace = bt.Estimator(net, 0 * u, y, method="gauss-newton").run(progress=False)
    assert trace.stop == "saddle" and "no better than the best constant" in trace.stop_reason
    assert trace.nmse[-1] == pytest.approx(1, abs=1e-9)


def test_fits_that_interpolate_say_so():
    net = bt.lnl_network(3).randomize(0)
    count = net.get_weights().size
    for steps in (count, count + 1):
        u, y = bt.random.normal(steps), bt.random.normal(steps, 1)
        trace = bt.Estimator(net.copy(), u, y).run(2, progress=False)
        text = f"{count} adjustable weights and initial states for {count} observed values"
        assert (text in trace.stop_reason) == (steps == count)
