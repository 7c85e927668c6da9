"""Random options of every kind of unit."""

import backtune as bt
import numpy as np

KINDS = (
    *("linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax"),
    *("reservoir", "state_space", "dense", "conv1d", "gate", "product", "versatile"),
)
LAGS = 4
# Functions that are safe on any value, at any lag.
SAFE = ("identity", "zeta", "logistic", "relu", "softplus", "upsilon", "step", "square")


# What units read of their own past.
FEEDBACK = {
    "lnl": ["own", "measured"],
    "aif": ["own", "measured", "spikes"],
    "reservoir": ["none", "measured"],
    "state_space": ["none", "measured"],
}


class RandomUnits:
    """Draws, out of `random`, for units of `net`: a method a kind gives options of a unit."""

    def __init__(self, seed):
        self.seed, self.random = seed, np.random.default_rng([seed, 13])
        self.net = bt.Network(self.pick([0, 1, 1, 2, 2, 3, 4, 5, 8]))

    # ---- Draws

    def below(self, count):
        return int(self.random.integers(count))

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, options):
        return options[self.below(len(options))]

    def size(self):
        return 33 if self.chance(0.06) else 1 + self.below(9)

    def fitting_size(self):
        """Draw a size that other groups have, or any."""
        return self.pick([*(group.size for group in self.others()), self.size(), self.size()])

    def mask(self, rows, columns):
        return (self.random.random((rows, columns)) < self.pick([0.08, 0.3, 0.8])).astype(int)

    def index(self, shape):
        """Numbers of slots without a gap, -1 for none."""
        slots = self.random.integers(-1, 1 + self.below(6), shape)
        if self.chance(0.4):
            slots[self.random.random(shape) < 0.9] = -1
        slots.flat[0] = 0
        return np.searchsorted(np.unique(slots[slots >= 0]), slots) * (slots >= 0) - (slots < 0)

    def function(self, names=SAFE):
        name = self.pick(names)
        if name == "zeta":
            low = self.random.uniform(-2, 0.5)
            return bt.zeta(low, low + self.random.uniform(0.5, 3))
        makers = {"softplus": bt.softplus, "upsilon": bt.upsilon}
        return makers[name](self.random.uniform(0.1, 2)) if name in makers else name

    def activation(self):
        usual = [None, "tanh", "zeta01", "logistic", "relu", "identity"]
        return self.pick([*usual, self.function(("zeta", "softplus", "upsilon"))])

    # ---- Sources

    def others(self):
        """All groups there are, and the input."""
        return [*self.net.groups.values(), *([self.net.input] * 3 if self.net.inputs else [])]

    def sources(self, size, own=True, maskable=True):
        """Draw some; `own`: the unit itself among them."""
        places = [(bt.SELF, size, lag) for lag in range(1, LAGS)] * 2 if own else []
        places += [(group, group.size, lag) for group in self.others() for lag in range(LAGS)]
        chosen = {}
        for _ in range(1 + self.below(4)):
            if places:
                group, columns, lag = self.pick(places)
                source = group.lag(lag)
                if maskable and (group is not bt.SELF or maskable == "all") and self.chance(0.3):
                    source = source.masked(self.mask(size, columns))
                chosen[group if group is bt.SELF else group.name, lag] = source
        return list(chosen.values())

    def recurrent(self, size, form=False):
        """Options of recurrent units: sources, bias, mask of the recurrent matrix if it has one."""
        options = {"bias": self.pick([None, True, True, False])}
        if form and self.chance(0.5):
            if self.chance(0.5):
                options["mask"] = self.mask(size, size)
            else:
                options.update(density=self.random.random(), seed=self.below(100))
        if self.chance(0.6):
            options["sources"] = self.sources(size, maskable=True if form else "all")
        elif self.chance(0.5):
            options["input_lag"] = self.below(LAGS)
        return options

    def leak(self):
        tau = self.random.uniform(1, 5)
        leaks = [{}, {"leak": self.random.uniform(0, 0.9)}, {"leak": "adjust"}]
        return self.pick([*leaks, {"time_constant": tau}, {"time_constant": tau, "dt": 0.5}])

    # ---- Options, a kind each

    def linear(self, size):
        options = self.recurrent(size, form=True)
        return options if "sources" in options else {**options, "range": 1 + self.below(3)}

    def lnl(self, size):
        return {**self.recurrent(size, form=True), **self.leak(), "activation": self.activation()}

    sparse_lnl = lnl

    def reservoir(self, size):
        options = {**self.lnl(size), "outputs": 1 + self.below(3), "seed": self.below(100)}
        options["input_scaling"] = self.random.uniform(0.2, 1)
        if "mask" in options:
            # A cycle, without which there is no spectral radius.
            options["mask"] = options["mask"] | np.eye(size, dtype=int)
        options.pop("density", None) if self.chance(0.5) else None
        if options.get("density") is not None:
            options["density"] = max(options["density"], 0.1)
        radius = self.random.uniform(0.3, 0.9)
        if options["seed"] % 3 == 0:
            for name in ("leak", "time_constant", "dt"):
                options.pop(name, None)
            return {**options, "lr": radius, "sr": radius}
        return {**options, "spectral_radius": radius}

    def lstm(self, size):
        options = {"peephole": self.pick([None, True]), **self.recurrent(size)}
        return {**options, "profile": self.pick([None, "zeta", "logistic"])}

    def gru(self, size):
        return {**self.recurrent(size), "profile": self.pick([None, "zeta", "logistic"])}

    def strongly_typed(self, size):
        options = {**self.recurrent(size, form=True), "profile": self.pick([None, "logistic"])}
        del options["bias"]
        return options

    def aif(self, size):
        options = {**self.recurrent(size, form=True), **self.leak()}
        return {**options, "sharpness": self.pick([None, 2.0, "adjust"])}

    def softmax(self, size):
        temperature = self.pick([None, 0.5, 2.0])
        return {**self.recurrent(size, form=True), "temperature": temperature}

    def state_space(self, size):
        hidden = self.pick([None, 0, 1 + self.below(5)])
        lag = self.pick([None, 0, 1, 2])
        # By draws of their own, as those of feedback.
        draws = np.random.default_rng([self.seed, 17, len(self.net.groups)])
        layers = [{}, {}, {"activation": "identity", "degree": 2}, {"degree": 3}]
        layers += [{"activation": bt.softplus(1)}, {"activation": "logistic", "degree": 9}]
        layer = layers[draws.integers(len(layers))]
        return {"hidden": hidden, "outputs": 1 + self.below(3), "input_lag": lag, **layer}

    def dense(self, size):
        sources = self.sources(size, own=False) if self.chance(0.6) else []
        options = {"activation": self.activation(), "bias": self.pick([None, False])}
        return {**options, "sources": sources or None}

    def conv1d(self, size):
        fitting = [group for group in self.others() if 1 < group.size < 33]
        if not fitting:
            return None
        group = self.pick(fitting)
        channels = self.pick([k for k in range(1, 5) if group.size % k == 0])
        kernel = 1 + self.below(min(group.size // channels, 4))
        lags = self.random.permutation(LAGS)[: 1 + self.below(2)]
        options = {"kernel": kernel, "channels": channels, "bias": self.pick([None, False])}
        sources = [group.lag(int(lag)) for lag in lags]
        return {**options, "sources": sources, "activation": self.activation()}

    def gate(self, size):
        options = {**self.recurrent(size), "profile": self.pick([None, "logistic"])}
        values = self.sources(size, own=False) if self.chance(0.5) else []
        return {**options, "value_sources": values or None}

    product = recurrent

    def versatile(self, size):
        functions = [self.function(SAFE[:-1]) for _ in range(1 + self.below(3))]
        return {**self.recurrent(size), "functions": self.pick([None, functions])}

    def feedback(self, kind):
        """Draw, by draws of their own, what units with a choice read of their own past."""
        choices = FEEDBACK.get(kind, [])
        draws = np.random.default_rng([self.seed, 16, len(self.net.groups)])
        if not choices or draws.random() < 0.6:
            return {}
        chosen = {"feedback": str(draws.choice(choices))}
        return {**chosen, "feedback_scaling": 0.5} if kind == "reservoir" else chosen
