"""Members and models of known weights, without a search."""

import backtune as bt
import numpy as np
from backtune._engine.data.front import Front
from backtune._engine.data.scales import Scale
from backtune.identification import IdentificationReport, IdentifiedModel, Member, Trial
from backtune.networks.structure import Structure


def arx(inputs, outputs, past, late, seed=0):
    """Make a network of measured outputs 1 to `past` and inputs 0 to `late` steps ago."""
    net = bt.Network(inputs)
    y = net.linear(outputs, name="y", sources=[])
    for lag in range(late + 1):
        y.connect(net.input.lag(lag), f"B{lag}")
    for lag in range(1, past + 1):
        y.connect(y.measured().lag(lag), f"K{lag}")
    size = net.get_weights().size
    net.set_weights(0.3 * np.random.default_rng(seed).normal(size=size) / past)
    return net


def state_space(inputs, outputs, order, hidden, seed=0, **options):
    net = bt.Network(inputs)
    net.state_space(order, hidden=hidden, outputs=outputs, **options)
    net.randomize(seed)
    # Some that `randomize` leaves small.
    net.set_weights(1.2 * net.get_weights())
    return net


def powered(inputs, outputs, order, hidden, seed=0):
    """Make a state-space network whose layer is made of products of functions."""
    net = bt.Network(inputs)
    x = net.learnware(order, "x").connect(net.input.lag(1), "B")
    h2 = net.learnware(hidden, "h2", bias=True).connect(net.input.lag(0), "G")
    h = net.firmware(hidden, "h")
    y = net.learnware(outputs, "y", bias=True).connect(net.input.lag(0), "D")
    soft = (bt.softplus(0.5), h2.lag(0))
    h.add(0.5, soft, soft, soft).add(0.2, ("square", h2.lag(0)), ("logistic", h2.lag(0)))
    x.connect(x.lag(1), "A").connect(h.lag(1), "E")
    h2.connect(x.lag(0), "F")
    y.connect(x.lag(0), "C").connect(h.lag(0), "H")
    net.observe(y)
    net.randomize(seed)
    return net


def networks():
    """Return one network of every kind that a member may have, by name."""
    lnl = bt.Network(2)
    h = lnl.lnl(3, leak="adjust")
    lnl.linear(2, sources=[h.lag(0)])
    return {
        "linear": state_space(2, 2, 3, 0),
        "tanh": state_space(2, 2, 3, 4),
        "learnt": state_space(1, 2, 2, 2, initial="learn"),
        "innovations": state_space(2, 1, 3, 4, feedback="measured"),
        "linear innovations": state_space(1, 2, 2, 0, feedback="measured"),
        "cubic": state_space(2, 2, 3, 3, activation="identity", degree=3),
        "soft": state_space(1, 1, 2, 3, activation=bt.softplus(1.0), feedback="measured"),
        "powers": powered(2, 1, 2, 3),
        "prompt": state_space(1, 1, 2, 2, input_lag=0),
        "arx": arx(2, 2, 3, 2),
        "late arx": arx(1, 1, 1, 3),
        "lnl": lnl.randomize(1),
    }


def model_of(net, *, delays=None, kind="output error", factor=1, settles=False, rest=..., seed=0):
    """Return a model of one member in units of its own."""
    random = np.random.default_rng(seed)
    inputs, outputs = net.inputs, net.outputs
    front = Front(
        Scale(3 + random.normal(size=inputs), 0.5 + random.uniform(size=inputs)),
        Scale(100 + random.normal(size=outputs), 20 * (0.5 + random.uniform(size=outputs))),
        np.zeros(inputs, dtype=int) if delays is None else np.array(delays),
        factor,
    )
    if rest is ...:
        rest = 0.3 * random.normal(size=net.state_size)
        # As learnt: inputs before the record are at their means.
        rest[: Structure(net).depths()[0]["input"] * inputs] = 0
    trial = Trial(2, 0, 0, 0.0, 1, 0.1, None, 0.0, chosen=True)
    member = Member(
        net, kind, front, [], rest, np.ones(net.state_size), settles, np.zeros(4), trial
    )
    return IdentifiedModel([member], member, IdentificationReport([trial]), np.ones((4, outputs)))
