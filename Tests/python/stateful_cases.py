"""Public calls in any order, with any arguments, as a machine of hypothesis.

Whatever comes, a call returns or raises what is documented, and what was built stands: a network
equals its copy and its JSON, a stream its simulation, a run costs no more than its start.
"""

import copy
import pickle
import warnings

import backtune as bt
import numpy as np
from conftest import same
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from random_units import KINDS

# What calls may raise besides errors of the package, by the documentation: wrong types.
ALLOWED = (bt.BacktuneError, TypeError)
EXTREME = [0, -1, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**64, 10**40]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 1e150, 1e300, -1e300, np.nan, np.inf, -np.inf]


def mostly(usual, *others):
    """Return a strategy for what is usual, and seldom for what is not."""
    return st.one_of(*[usual] * 9, st.sampled_from(others))


# Sizes and lags are refused or small: those between would merely take long.
SIZES = mostly(st.integers(1, 3), 0, -1, 2**62, -(2**63), 2**64, 1.5, "2", None)
LAGS = mostly(st.integers(0, 2), -1, 2**62, 2**63 - 1, -(2**63), 2**64, 0.5)
VALUES = mostly(st.floats(-2, 2), *NUMBERS)
SEEDS = mostly(st.integers(0, 5), *EXTREME)
NAMES = mostly(st.none(), "a", "b.c", "", "input", "é", "x\x00", "a\ud800")
OPTIONS = {kind: bt.unit_options(kind) for kind in KINDS}


def option_values(option):
    """Return a strategy for an option of `bt.unit_options`."""
    known = {
        "boolean": st.booleans(),
        "integer": mostly(st.integers(0, 3), -1, 2**62, -(2**63), 2**64),
        "number": VALUES,
        "function": st.sampled_from(["tanh", "exp", bt.zeta(-1, 2), bt.softplus(0.1), "none"]),
        "functions": st.sampled_from([["tanh"], ["exp", "log", bt.upsilon(5)], [], ["none"]]),
        "mask": st.sampled_from([[[1]], [[1, 0], [1, 1]], np.ones((3, 3)), [], [[np.nan]]]),
    }
    words = option.get("words", [])
    usual = [known[option["type"]]] if option["type"] in known else []
    usual += [st.sampled_from(words)] if words else []
    return mostly(st.one_of(*usual), "", None, 3)


ASKED = ["step", "run", "cost", "gradient", "simulate", "uncertainty", "option"]


class Calls(RuleBasedStateMachine):
    """A network, its estimator and its stream, while they are built, used and thrown away."""

    steps = 0

    @initialize(inputs=st.integers(0, 2), kind=st.sampled_from([None, *KINDS]))
    def start(self, inputs, kind):
        self.net, self.estimator = bt.Network(inputs), None
        if kind is not None:
            self.call(self.net.unit, kind, 2)
        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.simplefilter("ignore")

    def teardown(self):
        if hasattr(self, "caught"):
            self.caught.__exit__(None, None, None)

    def call(self, function, *arguments, **options):
        """Return what a call gives; None where it is refused as documented."""
        Calls.steps += 1
        try:
            return function(*arguments, **options)
        except ALLOWED as error:
            assert str(error)
            return None

    @property
    def groups(self):
        return list(self.net.groups.values())

    def source(self, draw):
        places = st.integers(-1, len(self.groups) - 1)
        k = draw.draw(places)
        group = self.net.input if k < 0 else self.groups[k]
        return self.call(group.lag, draw.draw(LAGS))

    def is_small(self):
        sizes = sum(group.size for group in self.groups)
        return len(self.groups) < 25 and sizes < 100

    # ---- Networks

    @precondition(lambda self: self.is_small())
    @rule(draw=st.data(), kind=st.sampled_from(KINDS), size=SIZES, name=NAMES)
    def add_unit(self, draw, kind, size, name):
        names = draw.draw(st.lists(st.sampled_from(sorted(OPTIONS[kind])), max_size=3, unique=True))
        options = {}
        for option in names:
            about = OPTIONS[kind][option]
            if about["type"] == "sources":
                found = [self.source(draw) for _ in range(draw.draw(st.integers(0, 2)))]
                options[option] = [*filter(None, found), bt.SELF.lag(1)]
            else:
                options[option] = draw.draw(option_values(about))
        self.call(self.net.unit, kind, size, name, **options)

    @precondition(lambda self: self.is_small())
    @rule(kind=st.sampled_from(["learnware", "firmware"]), size=SIZES, name=NAMES)
    def add_group(self, kind, size, name):
        self.call(getattr(self.net, kind), size, name)

    @precondition(lambda self: self.groups)
    @rule(draw=st.data(), role=NAMES, form=st.sampled_from(["dense", "diagonal", "mask", "index"]))
    def connect(self, draw, role, form):
        group, source = draw.draw(st.sampled_from(self.groups)), self.source(draw)
        if source is None:
            return
        shape = (group.size, source.group.size)
        table = np.arange(shape[0] * shape[1]).reshape(shape) % 2
        table = draw.draw(mostly(st.just(table), [[2**63 - 1]], [[0.5]], [[-1]], "x", []))
        options = {form: table} if form in ("mask", "index") else {"form": form}
        self.call(group.connect, source, role, **options)

    @precondition(lambda self: self.groups)
    @rule(draw=st.data(), what=st.sampled_from(["bias", "add", "measured", "learn", "softmax"]))
    def change_group(self, draw, what):
        group = draw.draw(st.sampled_from(self.groups))
        if what == "bias":
            self.call(group.bias, draw.draw(NAMES))
        elif what == "learn":
            self.call(group.learn_initial_state, draw.draw(LAGS))
        elif what == "measured":
            made = group.measured(stands_for_input=draw.draw(st.booleans()))
            self.call(lambda lag: self.net.linear(1, sources=[made.lag(lag)]), draw.draw(LAGS))
        else:
            source = self.source(draw)
            if source is None:
                return
            if what == "add":
                function = draw.draw(st.sampled_from(["tanh", "exp", "log", bt.upsilon(5), "none"]))
                self.call(group.add, draw.draw(VALUES), (function, source))
            else:
                self.call(self.net.softmax_group, source, temperature=draw.draw(VALUES))

    @precondition(lambda self: self.groups)
    @rule(draw=st.data(), count=st.one_of(st.none(), SIZES))
    def observe(self, draw, count):
        self.call(self.net.observe, draw.draw(st.sampled_from(self.groups)), count)

    @precondition(lambda self: self.groups)
    @rule(seed=SEEDS)
    def randomize(self, seed):
        self.call(self.net.randomize, seed)

    @precondition(lambda self: len(self.net.weights))
    @rule(
        draw=st.data(),
        value=VALUES,
        low=VALUES,
        high=VALUES,
        sign=st.sampled_from([None, 1, -1, 2]),
    )
    def weigh(self, draw, value, low, high, sign):
        name = draw.draw(st.sampled_from(list(self.net.weights)))
        what = draw.draw(st.integers(0, 5))
        weights = self.net.weights
        if what == 0:
            self.call(weights.__setitem__, name, value)
        elif what == 1:
            self.call(weights.set_bounds, name, low, high)
        elif what == 2:
            self.call(weights.constrain, name, sign=sign, fixed=draw.draw(st.booleans()))
        elif what == 3:
            self.call(weights.free, name)
        elif what == 4:
            flat = self.net.get_weights()
            self.call(self.net.set_weights, np.where(flat == 0, value, flat))
        else:
            self.call(setattr, self.net, "rest", [value] * self.net.inputs)

    @precondition(lambda self: self.groups)
    @rule(names=st.lists(st.sampled_from(["p", "q", "", "é", None]), max_size=2), seconds=VALUES)
    def label(self, names, seconds):
        self.call(setattr, self.net, "input_names", names)
        self.call(setattr, self.net, "output_names", names)
        self.call(setattr, self.net, "sampling_time", seconds)

    # ---- At work

    def data(self, draw):
        """Return inputs and outputs, of a shape that fits, seldom of another one."""
        steps, wrong = (
            draw.draw(mostly(st.integers(3, 9), 0, 1)),
            draw.draw(st.integers(0, 15)) == 0,
        )
        outputs = self.call(lambda: self.net.outputs) or 1
        values = draw.draw(st.lists(VALUES if wrong else st.floats(-2, 2), min_size=3, max_size=7))
        u = np.resize(values, (steps, self.net.inputs + (wrong and draw.draw(st.booleans()))))
        y = np.resize(values[::-1], (steps, outputs))
        if draw.draw(st.integers(0, 3)) == 0:
            y[::3] = np.nan
        return u, y

    @precondition(lambda self: self.groups)
    @rule(draw=st.data(), horizon=st.one_of(st.none(), LAGS))
    def simulate(self, draw, horizon):
        u, y = self.data(draw)
        outputs = self.call(self.net.simulate, u)
        self.call(self.net.predict, u, y, horizon)
        if outputs is None:
            return
        assert same(outputs, bt.Network.from_json(self.net.to_json()).simulate(u))
        gradient = self.call(self.net.gradient, u, np.nan_to_num(y))
        assert gradient is None or gradient.shape == self.net.get_weights().shape
        stream = self.net.stream()
        cut = len(u) // 2
        parts = [self.call(stream.run, part) for part in (u[:cut], u[cut:])]
        if np.isfinite(outputs).all() and all(part is not None for part in parts):
            assert same(np.concatenate(parts), outputs)

    @precondition(lambda self: self.groups)
    @rule(
        draw=st.data(),
        criterion=mostly(
            st.sampled_from(["least-squares", "l1", "l0", "huber"]), "poisson", "none"
        ),
        method=mostly(st.sampled_from(["auto", "gauss-newton", "backward-tuning"]), "none"),
        horizon=mostly(st.none(), 1, 2, 3),
    )
    def make_estimator(self, draw, criterion, method, horizon):
        u, y = self.data(draw)
        options = {"criterion": criterion, "method": method, "horizon": horizon}
        kept = {k: v for k, v in options.items() if v is not None and draw.draw(st.booleans())}
        self.estimator = self.call(bt.Estimator, self.net, u, y, **kept)

    @precondition(lambda self: self.estimator is not None)
    @rule(draw=st.data(), calls=st.lists(st.sampled_from(ASKED), min_size=1, max_size=4))
    def estimate(self, draw, calls):
        for what in calls:
            self.ask(draw, what)

    def ask(self, draw, what):
        estimator = self.estimator
        if what == "cost":
            self.call(lambda: (estimator.cost, estimator.nmse, estimator.output_nmse))
        elif what == "run":
            trace = self.call(estimator.run, draw.draw(st.integers(0, 3)), progress=False)
            own = self.call(lambda: estimator.criterion)
            # Costs by a scale that follows the errors are not comparable.
            if trace is not None and own == "least-squares" and len(trace.cost):
                assert not trace.cost[-1] > trace.cost[0] * (1 + 1e-9)
        elif what == "option":
            names = ["washout", "restarts", "nu", "dense", "horizon", "max_iterations", "none"]
            self.call(estimator.set_option, draw.draw(st.sampled_from(names)), draw.draw(VALUES))
        elif what == "uncertainty":
            found = self.call(estimator.uncertainty)
            self.call(lambda: found and (found.covariance, str(found)))
        else:
            self.call(getattr(estimator, what))

    @precondition(lambda self: self.groups)
    @rule(what=st.sampled_from(["copy", "deepcopy", "pickle", "c", "svg", "summary", "close"]))
    def take(self, what):
        def closed():
            other = self.net.copy()
            other.close()
            other.simulate(np.zeros((2, self.net.inputs)))

        made = {
            "copy": lambda: self.net.copy(),
            "deepcopy": lambda: copy.deepcopy(self.net),
            "pickle": lambda: pickle.loads(pickle.dumps(self.net)),
            "c": lambda: self.net.export(format="c"),
            "svg": lambda: self.net.to_svg(),
            "summary": lambda: str(self.net.summary()) + repr(self.net),
            "close": closed,
        }
        found = self.call(made[what])
        if isinstance(found, bt.Network):
            assert found.to_json() == self.net.to_json()
        assert what != "close" or found is None

    @precondition(lambda self: self.groups and self.net.inputs)
    @rule(
        draw=st.data(),
        window=mostly(st.integers(3, 9), 0, -1, 2**62, 2**64, 2.5),
        every=mostly(st.integers(1, 4), 0, 2**64),
        least=mostly(st.none(), 1, 0),
    )
    def follow(self, draw, window, every, least):
        u, y = self.data(draw)
        online = self.call(bt.OnlineEstimator, self.net, window, every=every, least=least)
        for t in range(len(u) if online is not None else 0):
            self.call(online.push, u[t], y[t])
        if online is not None:
            self.call(online.adjust)

    # ---- What stands

    @invariant()
    def reads_back(self):
        if not hasattr(self, "net"):
            return
        text = self.call(self.net.to_json)
        if self.groups:
            assert bt.Network.from_json(text).to_json() == text


def machine_settings(examples, steps):
    """Return how often it is run; the same examples at every run unless asked otherwise."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
