"""Simulation and its derivative."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from golden_network import from_golden


def test_state_is_handed_over(net):
    u = bt.random.normal(40, seed=2).reshape(20, 2)
    whole, final = net.simulate(u, return_state=True)
    assert same(whole, net.simulate(u))
    first, state = net.simulate(u[:9], return_state=True)
    assert state.shape == (net.state_size,)
    second, last = net.simulate(u[9:], initial=state, return_state=True)
    assert same(np.vstack([first, second]), whole)
    assert same(last, final)
    assert not same(net.simulate(u[9:]), second)
    assert same(net.simulate(u[9:], initial=np.zeros(net.state_size)), net.simulate(u[9:]))


def test_state_passes_through_an_empty_sequence(net):
    u = bt.random.normal(20).reshape(10, 2)
    state = net.simulate(u, return_state=True)[1]
    empty, after = net.simulate(np.empty((0, 2)), initial=state, return_state=True)
    assert empty.shape == (0, 2) and same(after, state)


def test_states_of_a_long_record_are_those_of_its_parts():
    net = bt.lnl_network(2).randomize(1)
    u = bt.random.normal(200_000, seed=2)
    whole = net.simulate(u, states=True, return_state=True)
    first = net.simulate(u[:60_000], states=True, return_state=True)
    second = net.simulate(u[60_000:], first.state, states=True, return_state=True)
    for name, values in whole.states.items():
        assert values.flags.c_contiguous
        assert same(values, np.concatenate([first.states[name], second.states[name]]))
    assert same(second.state, whole.state)


def test_states_of_all_groups(net):
    u = bt.random.normal(20).reshape(10, 2)
    y, states, final = net.simulate(u, states=True, return_state=True)
    assert {name: x.shape for name, x in states.items()} == {
        name: (10, group.size) for name, group in net.groups.items()
    }
    assert same(y, states["linear.x"])
    assert final.shape == (net.state_size,)
    assert net.simulate(np.empty((0, 2)), states=True)[1]["linear.x"].shape == (0, 2)


def test_several_sequences_with_their_states(net):
    parts = [bt.random.normal(2 * n, seed=n).reshape(n, 2) for n in (7, 3)]
    states = [net.simulate(part, return_state=True)[1] for part in parts]
    together = net.simulate(parts, initial=states)
    for y, u, x in zip(together, parts, states):
        np.testing.assert_allclose(y, net.simulate(u, initial=x), rtol=1e-13, atol=1e-15)
    assert same(net.simulate(parts[::-1], initial=states[::-1])[1], together[0])
    shared = net.simulate(parts, initial=states[0])
    np.testing.assert_allclose(
        shared[1], net.simulate(parts[1], initial=states[0]), rtol=1e-13, atol=1e-15
    )
    with pytest.raises(ValueError, match="2 sequences"):
        net.simulate(parts, initial=[states[0]])
    with pytest.raises(ValueError, match="initial state"):
        net.simulate(parts[0], initial=[1.0])


@pytest.mark.parametrize("threads", [1, 3])
def test_many_sequences_do_not_see_each_other(threads):
    """Some diverge, in the memory that others are simulated in afterwards."""
    net = bt.Network(inputs=1)
    out = net.learnware(3, "x").connect(net.input.lag(2)).connect(net.input.lag(0))
    out.connect(out.lag(3))
    net.randomize(1)
    net.weights["x.W"] = 2 * np.eye(3)
    lengths = [*[4000] * 16, 3500, 3500, *[90] * 32, *range(70, 9, -1), 0]
    u = [bt.random.normal(n, seed=k).reshape(n, 1) for k, n in enumerate(lengths)]
    bt.set_threads(threads)
    try:
        together = net.simulate(u)
    finally:
        bt.set_threads(0)
    assert not np.isfinite(together[0]).all() and np.isfinite(together[-2]).all()
    for one, found in zip(u, together):
        np.testing.assert_allclose(found, net.simulate(one), rtol=1e-9)


def test_divergence_is_no_error():
    net = bt.linear_network(1)
    net.weights["linear.x.W1"] = 10.0
    net.weights["linear.x.a"] = 1.0
    y = net.simulate(np.zeros(400))
    assert np.isinf(y[-1, 0]) and np.isfinite(y[10, 0])


def test_gradient_is_the_derivative(net):
    u = bt.random.normal(16, seed=3).reshape(8, 2)
    slopes = bt.random.normal(16, seed=4).reshape(8, 2)
    start = bt.random.normal(net.state_size, seed=5) / 4
    for initial in (None, start):
        gradient = net.gradient(u, slopes, initial)
        weights = net.get_weights()
        h = 1e-6
        for place in range(weights.size):
            sums = []
            for sign in (1, -1):
                moved = weights.copy()
                moved[place] += sign * h
                net.set_weights(moved)
                sums.append(np.sum(slopes * net.simulate(u, initial=initial)))
            net.set_weights(weights)
            # Central differences: error h^2 f'''/6 plus rounding 1e-16/h.
            assert abs((sums[0] - sums[1]) / (2 * h) - gradient[place]) < 1e-8
    with pytest.raises(ValueError, match="time steps"):
        net.gradient(u, slopes[1:])
    with pytest.raises(ValueError):
        net.gradient(u, slopes[:, :1])


def test_golden_units(golden):
    """Networks described by the golden file, built from groups, give their states."""
    checked = 0
    for case in golden("units.json")["cases"]:
        net = from_golden(case)
        if net is None:
            continue
        for sequence in case["sequences"]:
            if "initial" in case:
                continue
            u = np.array(sequence["inputs"], dtype=float).reshape(-1, net.inputs)
            _, states = net.simulate(u if net.inputs else len(u), states=True)
            for name, expected in sequence["states"].items():
                expected = np.array(expected)
                scale = max(np.abs(expected).max(), 1e-300)
                assert np.abs(states[name] - expected).max() <= 1e-12 * scale, case["name"]
            checked += 1
    assert checked > 20


def test_sequences_without_a_state_in_a_list_start_as_the_network_does():
    net = bt.Network(1)
    net.lnl(3, initial="learn", input_lag=2)
    net.randomize(seed=0)
    net.weights["lnl.x.x0"] = [0.5, -0.25, 1]
    net.rest = [0.75]
    u = np.linspace(-1, 1, 6)
    alone, given = net.simulate(u), np.linspace(-1, 1, net.state_size)
    first, second = net.simulate([u, u], initial=[None, given])
    np.testing.assert_array_equal(first, alone)
    np.testing.assert_array_equal(second, net.simulate(u, initial=given))


def test_what_is_kept_between_calls_follows_weights_structure_and_copies():
    u = np.random.default_rng(0).normal(size=(20, 1))

    def fresh(change):
        """Give the outputs of a network that has not run before."""
        net = bt.lnl_network(3).randomize(seed=1)
        change(net)
        return net.simulate(u)

    net = bt.lnl_network(3).randomize(seed=1)
    first = net.simulate(u)
    assert (net.simulate(u) == first).all()
    net.set_weights(2 * net.get_weights())
    doubled = fresh(lambda other: other.set_weights(2 * other.get_weights()))
    assert (net.simulate(u) == doubled).all() and (doubled != first).any()

    # Two copies share what was made of them until each changes its own way.
    one, two = net.copy(), net.copy()
    one.lnl(2, name="wide")
    two.lnl(2, name="wide", activation="logistic")
    for other in (one, two):
        other.observe(other.groups["wide.x"])
        other.randomize(seed=3)
    assert (net.simulate(u) == doubled).all()
    outputs = [other.simulate(u) for other in (one, two)]
    again = [bt.Network.from_json(other.to_json()).simulate(u) for other in (one, two)]
    assert (outputs[0] == again[0]).all() and (outputs[1] == again[1]).all()
    assert (outputs[0] != outputs[1]).any()
