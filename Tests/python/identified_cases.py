"""Models whose members are known, for tests of what a model says of itself."""

import backtune as bt
import numpy as np
from backtune._engine.data.front import Front, GlitchFilter, RangeFilter
from backtune._engine.data.scales import Scale
from backtune.identification import IdentificationReport, IdentifiedModel, Member, Trial
from backtune.identification.runs import digest

U_MEAN, U_SCALE, Y_MEAN, Y_SCALE = 2.0, 0.5, 10.0, 4.0


def plain(values):
    """Return the front of one input and one output in scales of their own."""
    return Front(
        Scale(np.array([U_MEAN]), np.array([U_SCALE])),
        Scale(np.array([Y_MEAN]), np.array([Y_SCALE])),
        np.array([values]),
    )


def trial(validation=0.01, **options):
    given = {"order": 1, "hidden": 0, "draw": 0, "ridge": 1e-8, "iterations": 30, "seconds": 0.5}
    return Trial(**{**given, "validation": validation, "crossed": None, **options})


def state_space(A=0.8, B=1.0, front=None, score=-4.6, start=0.0, **options):
    """Make a member of one state that does not read outputs: y(t) = A y(t-1) + B u(t)."""
    net = bt.Network(1)
    net.state_space(1, hidden=0, outputs=1)
    # The state reads the input of the step before.
    net.weights = {
        "state_space.x.A": A,
        "state_space.x.B": A * B,
        "state_space.y.C": 1,
        "state_space.y.D": B,
    }
    state = np.zeros(net.state_size)
    state[-1] = start
    scores = np.array([np.inf, np.inf, np.inf, score])
    made = front or plain(0)
    own = trial(np.exp(score), **options)
    rest, deviation = np.zeros(net.state_size), np.full(net.state_size, 3.0)
    return Member(net, "output error", made, [state], rest, deviation, False, scores, own)


def arx(a=0.8, b=1.0, scores=(-6.0, -5.0, -4.6, -4.5), front=None):
    """Make a member that reads outputs: y(t) = a y(t-1) + b u(t)."""
    net = bt.Network(1)
    out = net.learnware(1, "y").connect(net.input.lag(0), "B0")
    out.connect(out.measured().lag(1), "A1")
    net.observe(out)
    net.weights = {"y.B0": b, "y.A1": a}
    own = trial(np.exp(scores[-1]), kind="arx")
    made = front or plain(0)
    return Member(net, "arx", made, [None], None, None, False, np.array(scores), own)


def gap_model():
    """Make a model of one input of which four values are missing, of order 1."""
    u = np.sin(np.arange(60.0))[:, None]
    u[20:24] = np.nan
    return bt.InputModel(u, 1)


def model_of(members, u=None, errors=None, candidates=None, input_model=None, **labels):
    """Make a model; with u it knows these inputs as its record."""
    for member in members:
        for name, value in labels.items():
            setattr(member.net, name, value)
    trials = [member.trial for member in members]
    report = IdentificationReport(
        [*trials[1:], trial(trials[0].validation, chosen=True, kind=trials[0].kind)],
        *(1.5, 0.02, 0.5),
        findings=["dead time of input 0: <3> steps & more"],
    )
    given = np.full((4, 1), 0.4) if errors is None else errors
    digests = [] if u is None else [digest(np.reshape(u, (-1, 1)))]
    return IdentifiedModel(members, members[0], report, given, input_model, digests, candidates)


def record(steps=400, seed=0, noise=0.0, a=0.8, b=1.0):
    """Simulate y(t) = a y(t-1) + b u(t) + e(t) in the units of `plain`: (u, y, e), (T, 1)."""
    random = np.random.default_rng(seed)
    v, e = random.normal(size=(steps, 1)), noise * random.normal(size=(steps, 1))
    y = np.zeros((steps, 1))
    for t in range(steps):
        y[t] = (a * y[t - 1] if t else 0) + b * v[t] + e[t]
    return U_MEAN + U_SCALE * v, Y_MEAN + Y_SCALE * y, Y_SCALE * e


def late_front(ranged=False):
    """Return a front with dead time, a slower clock and a filter of inputs."""
    front, glitches = plain(3), GlitchFilter(np.array([np.inf]))
    if ranged:
        return Front(front.u, front.y, front.delays, 2, RangeFilter(np.zeros(1), np.ones(1)))
    return Front(front.u, front.y, front.delays, 2, glitches)
