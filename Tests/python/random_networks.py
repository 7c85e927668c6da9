"""Random networks with everything in them that a network may have, the same for the same seed."""

import json

import backtune as bt
import numpy as np
from network_features import uses
from random_units import KINDS, LAGS, RandomUnits

# What takes positive values alone.
POSITIVE = ("exp", "log", "reciprocal")


def is_measuring(seed):
    """Tell whether the network of a seed reads measurements."""
    return np.random.default_rng([seed, 14]).random() < 0.5


class RandomNetwork(RandomUnits):
    """`net`, and what was asked for: `units`, kinds with the names of their options."""

    def __init__(self, seed):
        super().__init__(seed)
        self.units = []
        kinds = [KINDS[seed % len(KINDS)], *(self.pick(KINDS) for _ in range(self.below(3)))]
        makers = [lambda kind=kind: self.unit(kind) for kind in kinds]
        own = [self.own_learnware, self.own_firmware, self.own_softmax]
        makers += [own[k] for k in self.random.permutation(3)[: self.below(4)]]
        for k in self.random.permutation(len(makers)):
            makers[k]()
        for _ in range(self.below(4)):
            self.feed_back()
        self.learn_starts()
        self.measure(seed)
        self.net.randomize(seed)
        self.constrain()
        self.label()
        if self.chance(0.4):
            groups = list(self.net.groups.values())
            chosen = [groups[k] for k in self.random.permutation(len(groups))[: 1 + self.below(3)]]
            self.net.observe(chosen, [1 + self.below(group.size) for group in chosen])
        if self.chance(0.5):
            self.net = bt.Network.from_json(self.rewritten(self.net.to_json()))

    def unit(self, kind):
        size = self.size()
        name = "abcdefgh"[len(self.units)]
        options = getattr(self, kind)(size)
        if options is None:
            return self.unit("lnl")
        if kind not in ("dense", "conv1d") and self.chance(0.3):
            options["initial"] = "learn"
        options = {key: value for key, value in options.items() if value is not None}
        options.update(self.feedback(kind))
        # Of a unit that reads nothing of its own past.
        refused = {"reads no past": "initial", "nothing of its own past": "feedback"}
        while True:
            try:
                self.net.unit(kind, size, name, **options)
                break
            except bt.ArgumentError as error:
                keys = [key for text, key in refused.items() if text in str(error)]
                if not keys:
                    raise
                del options[keys[0]]
        self.units.append((kind, sorted(options)))

    # ---- Single groups

    def connect(self, group, source, role):
        """Let a learnware group read, by a form that fits."""
        columns = source.group.size
        forms = [{}, {"mask": self.mask(group.size, columns)}]
        forms += [{"index": self.index((group.size, columns))}] * 2
        if columns == group.size:
            forms += [{"form": "diagonal"}] * 3
        group.connect(source, role, **self.pick(forms))

    def own_learnware(self):
        group = self.net.learnware(self.fitting_size(), "own")
        bias = self.pick(["no", "each", "shared"])
        if bias != "no":
            slots = np.maximum(self.index(group.size), 0) if bias == "shared" else None
            group.bias("a", slots)
        for k in range(self.below(6)):
            lag = self.below(LAGS)
            source = self.pick([o for o in self.others() if lag or o != group] or [None])
            if source is not None:
                self.connect(group, source.lag(lag), f"w{k}")

    def own_firmware(self):
        group = self.net.firmware(self.fitting_size(), "sums")
        fitting = [g for g in self.others() if g.size in (1, group.size) and g != group]
        positive = self.net.firmware(group.size, "positive").add(1.5)
        for source in fitting[:1]:
            positive.add(0.5, ("tanh", source.lag(self.below(LAGS))))
        fitting += [positive, *(g for g in fitting if g.size == 1)]
        for _ in range(self.below(5)):
            factors = []
            for _ in range(self.below(4)):
                if self.chance(0.3):
                    factors.append((self.function(POSITIVE), positive.lag(0)))
                else:
                    source = self.pick(fitting).lag(self.below(LAGS))
                    factors.append((self.function(), source))
            group.add(self.random.uniform(-0.6, 0.6), *factors)
        if self.chance(0.5):
            group.add(0.5, ("tanh", group.lag(1 + self.below(LAGS - 1))))

    def own_softmax(self):
        if self.others():
            source = self.pick(self.others()).lag(self.below(LAGS))
            self.net.softmax_group(source, "choice", temperature=self.pick([1.0, 0.4, 3.0]))

    def feed_back(self):
        """Let any learnware group read any other, one defined later too."""
        groups = list(self.net.groups.values())
        document = {g["name"]: g for g in json.loads(self.net.to_json())["groups"]}
        target = self.pick([g for g in groups if document[g.name]["kind"] == "learnware"] or [None])
        if target is None:
            return
        source = self.pick(groups).lag(self.below(LAGS))
        self.read(target, source, f"back{len(document[target.name].get('connections', []))}")

    def measure(self, seed):
        """Let some groups be read as measured, by draws of their own."""
        drawing, self.random = self.random, np.random.default_rng([seed, 15])
        if is_measuring(seed):
            groups = list(self.net.groups.values())
            kinds = [group["kind"] for group in json.loads(self.net.to_json())["groups"]]
            readers = [self.net.learnware(self.fitting_size(), "measuring").bias()]
            readers += [g for g in groups if kinds[g.id] == "learnware"]
            groups = [g for g in groups if kinds[g.id] != "measured"]
            for number in range(1 + self.below(4)):
                group, is_input = self.pick(groups), self.chance(0.5)
                lag = self.below(LAGS) if is_input else 1 + self.below(LAGS - 1)
                source = group.measured(stands_for_input=is_input).lag(lag)
                self.read(self.pick(readers[: 1 + 5 * (number % 2)]), source, f"m{number}")
                if self.chance(0.3):
                    self.net.observe(group, 1 + self.below(group.size))
                if self.chance(0.2):
                    self.read(readers[0], source.group.lag(self.below(LAGS)), f"n{number}")
        self.random = drawing

    def read(self, group, source, role):
        """Let a learnware group read a source, unless that closes a cycle at lag 0."""
        try:
            self.connect(group, source, role)
        except bt.NetworkError as error:
            if "cycle" not in str(error):
                raise

    # ---- Weights

    def learn_starts(self):
        started = {name for name in self.net.weights if name.endswith(".x0")}
        for name, group in self.net.groups.items():
            if f"{name}.x0" not in started and self.chance(0.1):
                group.learn_initial_state(1 + self.below(3))

    def constrain(self):
        weights = self.net.weights
        for name in weights:
            values = weights[name]
            lower, upper = weights.bounds(name)
            if name.endswith(".x0"):
                weights[name] = self.random.normal(size=values.shape) / 2
            elif np.isfinite(lower).any() or weights.fixed(name).all():
                # A leak, a sharpness, of a reservoir.
                if name.endswith("x2.W") and self.chance(0.4):
                    weights.constrain(name, fixed=False)
            else:
                self.constrain_array(name, values.shape)
            if self.chance(0.15):
                where = self.random.random(values.shape) < self.pick([0.5, 1.0])
                weights.constrain(name, fixed=where | weights.fixed(name))
        if self.net.get_weights().size == 0 and len(weights):
            weights.constrain(self.pick(list(weights)), fixed=False)

    def constrain_array(self, name, shape):
        weights = self.net.weights
        if self.chance(0.1):
            low, high = -self.random.uniform(0, 0.5), self.random.uniform(0, 0.5)
            weights.constrain(name, lower=low, upper=high)
        if self.chance(0.1):
            weights.constrain(name, sign=self.random.integers(-1, 2, shape))
        if self.chance(0.1):
            weights.constrain(name, mask=self.random.integers(0, 2, shape))

    def label(self):
        if self.net.inputs and self.chance(0.5):
            self.net.rest = self.random.normal(size=self.net.inputs) / 2
        if self.chance(0.2):
            self.net.input_names = [f"channel {k}" for k in range(self.net.inputs)] or None
            self.net.sampling_time = 0.25

    def rewritten(self, text):
        """Change what only the JSON form can say: arrays that connections share, and any order."""
        document = json.loads(text)
        sizes = {group["name"]: group["size"] for group in document["groups"]}
        sizes["input"] = document["inputs"]
        if self.chance(0.6):
            first = {}
            for group in document["groups"]:
                for link in group.get("connections", []):
                    if link["form"] == "dense":
                        shape = group["size"], sizes[link["source"]]
                        link["weight"] = first.setdefault(shape, link["weight"])
            used = set(uses(document))
            document["weights"] = [array for array in document["weights"] if array["name"] in used]
        if self.chance(0.6):
            self.random.shuffle(document["groups"])
            self.random.shuffle(document["weights"])
        return json.dumps(document)
