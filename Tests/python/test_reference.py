"""The engine against the plain interpreter of `reference`, over random networks."""

import inspect
from collections import Counter

import backtune as bt
import numpy as np
import pytest
from conftest import same
from network_features import features, required
from random_units import KINDS
from reference import FUNCTIONS, Reference
from reference_cases import (
    DERIVED,
    SEEDS,
    case,
    drawn,
    draws,
    inputs,
    large,
    moderate,
    near,
    starts,
)


def agrees(result, expected):
    """Assert that outputs, the values of every group and the last state are those."""
    near(result[0], expected[0])
    assert result[1].keys() == expected[1].keys()
    for name, values in expected[1].items():
        near(result[1][name], values)
    near(result[2], expected[2])


def simulate(net, u, initial=None):
    return net.simulate(u, initial, states=True, return_state=True)


def compare(seed, purpose, *lengths):
    """Compare sequences that run side by side."""
    net, reference = case(seed)
    random = draws(seed, purpose)
    u = inputs(net, random, *lengths)
    initial = starts(net, random, len(u))
    results = simulate(net, u, None if initial[0] is None else initial)
    assert len(results) == len(u)
    for result, sequence, start in zip(results, u, initial):
        agrees(result, reference.simulate(sequence, start))


@pytest.mark.parametrize("seed", SEEDS)
def test_sequences_of_equal_length(seed):
    compare(seed, 2, *[1 + seed % 7] * (2 + seed // 15 % 8))
    compare(seed, 3, *[1 + seed % 4] * (16 if seed % 5 else 33))


@pytest.mark.parametrize("seed", [1, 3, 4, 6, 8, 10])
def test_long_sequences(seed):
    """Long enough to be simulated in parts, and polled in between."""
    compare(seed, 6, 1500)
    compare(seed, 7, 700, 1, 400)


def test_long_sequence_of_many_weights():
    net, reference = large()
    u = inputs(net, draws(0, 8), 1200, 900, 1)
    agrees(simulate(net, u[0]), reference.simulate(u[0]))
    for result, sequence in zip(simulate(net, u), u):
        agrees(result, reference.simulate(sequence))


@pytest.mark.parametrize("lengths", [[9], [5] * 6])
def test_softmax_of_large_values(lengths):
    """Whose exponentials are out of range."""
    net = bt.Network(2)
    net.softmax(5, temperature=0.1)
    net.randomize(1)
    for name in net.weights:
        net.weights[name] = 1000 * net.weights[name]
    reference = Reference(net.to_json())
    u = inputs(net, draws(0, 12), *lengths)
    for result, sequence in zip(simulate(net, u), u):
        agrees(result, reference.simulate(sequence))


@pytest.mark.parametrize("seed", range(0, 225, 5))
def test_a_sequence_that_diverges_leaves_the_others_alone(seed):
    net, reference = case(seed)
    u = inputs(net, draws(seed, 9), 9, 12, 12, 5)
    u[1][3:] *= 1e300
    for place, result in enumerate(simulate(net, u)):
        if place != 1:
            agrees(result, reference.simulate(u[place]))


@pytest.mark.parametrize("seed", SEEDS)
def test_simulation_goes_on_from_its_state(seed):
    net, _ = case(seed)
    random = draws(seed, 10)
    (u,), (initial,) = inputs(net, random, 20), starts(net, random, 1)
    for u_list in [u], inputs(net, random, 3, 12, 7):
        initials = [initial] * len(u_list) if initial is not None else None
        whole = simulate(net, u_list, initials)
        cuts = random.integers(0, 4, len(u_list))
        first = simulate(net, [part[:cut] for part, cut in zip(u_list, cuts)], initials)
        rest = [part[cut:] for part, cut in zip(u_list, cuts)]
        second = simulate(net, rest, [part[2] for part in first])
        for all_of_it, one, two in zip(whole, first, second):
            assert same(np.vstack([one[0], two[0]]), all_of_it[0])
            for name, values in all_of_it[1].items():
                assert same(np.vstack([one[1][name], two[1][name]]), values)
            assert same(two[2], all_of_it[2])


@pytest.mark.parametrize("seed", SEEDS)
def test_streams(seed):
    """A stream gives what a simulation does, to the bit, step by step or several at once."""
    net, reference = case(seed)
    random = draws(seed, 11)
    (u,), (initial,) = inputs(net, random, 12), starts(net, random, 1)
    outputs, state = net.simulate(u, initial, return_state=True)
    stream = net.stream(initial)
    assert same(np.vstack([stream.step(row) for row in u]), outputs)
    assert same(stream.state, state)
    near(stream.state, reference.simulate(u, initial)[2])
    stream.reset()
    parts = [stream.run(u[:5]), [stream.step(u[5])], stream.run(u[6:])]
    assert same(np.vstack(parts), outputs)
    assert same(stream.state, state)


# ---- What the networks have in them


@pytest.mark.parametrize("seeds, least", [(lambda: SEEDS, 5), (lambda: DERIVED, 1), (moderate, 1)])
def test_networks_have_everything_in_them(seeds, least):
    counts = Counter()
    for seed in seeds():
        counts.update(set(features(drawn(seed).net.to_json())))
    assert {name: counts[name] for name in required() if counts[name] < least} == {}


def test_networks_have_units_of_every_kind_with_every_option():
    units, options = Counter(), {kind: set() for kind in KINDS}
    for seed in SEEDS:
        for kind, names in drawn(seed).units:
            units[kind] += 1
            options[kind].update(names)
    with pytest.raises(bt.ArgumentError, match="expected one of") as error:
        bt.Network(1).unit("none", 1)
    assert set(str(error.value).split("expected one of ")[1].split(", ")) == set(KINDS)
    assert min(units[kind] for kind in KINDS) >= 10
    for kind in KINDS:
        known = set(inspect.signature(getattr(bt.Network, kind)).parameters)
        # As they are drawn these read no past.
        never = {"initial"} if kind in ("dense", "conv1d") else set()
        assert options[kind] == known - {"self", "size", "name"} - never


def test_interpreter_has_every_function():
    group = bt.Network(1).firmware(1)
    with pytest.raises(bt.ArgumentError, match="expected one of") as error:
        group.add(1, ("none", group.lag(1)))
    names = set(str(error.value).split("expected one of ")[1].split(", "))
    assert names == {*FUNCTIONS, "tanh", "zeta01"}  # these two are kept as zeta
