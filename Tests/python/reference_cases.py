"""Random networks beside their interpreters, and sequences for them."""

from functools import cache

import backtune as bt
import numpy as np
from random_networks import RandomNetwork
from reference import Reference

SEEDS = range(225)
# Those whose derivatives are compared.
DERIVED = range(75)


@cache
def drawn(seed):
    return RandomNetwork(seed)


@cache
def case(seed):
    """Return a random network and its interpreter."""
    net = drawn(seed).net
    return net, Reference(net.to_json())


@cache
def moderate():
    """Return seeds of networks of few enough weights for the square of their number."""
    return [seed for seed in SEEDS if 3 <= drawn(seed).net.get_weights().size <= 250][:100]


def draws(seed, purpose):
    return np.random.default_rng([seed, purpose])


def inputs(net, random, *lengths):
    return [random.uniform(-1, 1, (length, net.inputs)) for length in lengths]


def starts(net, random, count):
    """Return states that sequences start from, for every other call None: those of the network."""
    if random.random() < 0.5:
        return [None] * count
    return list(random.uniform(-1, 1, (count, net.state_size)))


def near(values, expected, tolerance=1e-12):
    """Assert that values are equal, as far as the largest among them counts.

    1/100 at least: the rounding of a sigmoid that is near 0 is that of its range.
    """
    values, expected = np.asarray(values), np.asarray(expected)
    assert values.shape == expected.shape
    scale = np.abs(expected).max(initial=0.01)
    assert np.abs(values - expected).max(initial=0) <= tolerance * scale


def observing(net, groups, counts=None):
    """Return a copy that observes those groups, by name, and its interpreter."""
    net = net.copy()
    net.observe([net.groups[name] for name in groups], counts)
    return net, Reference(net.to_json())


def large():
    """Return a network of many weights, and its interpreter."""
    net = bt.Network(2)
    states = net.lstm(33, sources=[bt.SELF.lag(1), bt.SELF.lag(3), net.input.lag(2)])
    net.linear(2, sources=[states.lag(0), bt.SELF.lag(2)])
    net.randomize(1)
    return net, Reference(net.to_json())
