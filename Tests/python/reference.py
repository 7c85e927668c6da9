"""A plain interpreter of a network's JSON form: equation (1) of RR-9100, as it stands.

Slow and simple on purpose: it shares nothing with the engine but the text. Every value is found by
its definition, one group at one time; complex weights, inputs and states give exact derivatives.
"""

import json

import numpy as np

# All that a document may say: what is not listed here would be passed over in silence.
KEYS = {
    "document": "format version inputs groups weights observe output rest data seed",
    "group": "name kind size bias connections terms source lag temperature initial standsForInput",
    "bias": "weight index",
    "connection": "weight source lag form entries slotOfEntry mask index",
    "term": "coef factors",
    "factor": "f source lag",
    "initial": "weight depth",
    "weight": "name values lower upper fixed draw origin",
    "rest": "values groups taken",
}


def relu(x):
    return np.where(np.real(x) > 0, x, 0)


def softplus(x, eps):
    is_below = np.real(x) < 0
    return np.where(is_below, 0, x) + eps * np.log1p(np.exp(np.where(is_below, x, -x) / eps))


FUNCTIONS = {
    "identity": lambda x: x,
    "zeta": lambda x, a, b: (a + b) / 2 + (b - a) / 2 * np.tanh(2 * x / (b - a)),
    "logistic": lambda x: (1 + np.tanh(x / 2)) / 2,
    "relu": relu,
    "softplus": softplus,
    "exp": np.exp,
    "log": np.log,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "upsilon": lambda x, w: (1 + np.tanh(2 * w * (x - 0.5))) / 2,
    "step": lambda x: np.heaviside(np.real(x) - 0.5, 0.5),
}
# Names that are read, and written as zeta.
READ = {
    "tanh": np.tanh,
    "zeta01": lambda x: (1 + np.tanh(2 * x)) / 2,
}


def blocks(horizon):
    """Tell what is known in blocks of so many steps: what was measured before that of t."""
    return lambda t, of: of < (0 if horizon == np.inf else t - t % horizon)


def until(last):
    """Tell what is known when nothing was measured after a time."""
    return lambda t, of: of <= max(last, -1)


class Reference:
    """A network out of its JSON text; `weights` is the flat vector of the free ones."""

    def __init__(self, text):
        document = json.loads(text)
        check(document, "document")
        kinds = {group["kind"] for group in document["groups"]}
        versions = (3,) if "measured" in kinds else (1, 2, 3)
        assert document["format"] == "backtune-network" and document["version"] in versions
        self.inputs = document["inputs"]
        self.groups = {group["name"]: group for group in document["groups"]}
        self.sizes = {name: group["size"] for name, group in self.groups.items()}
        self.sizes["input"] = self.inputs
        self.slots, self.free = {}, {}
        for array in document.get("weights", []):
            check(array, "weight")
            values = np.array(array["values"], dtype=float)
            self.slots[array["name"]] = values
            self.free[array["name"]] = ~np.array(array.get("fixed", [False] * len(values)), bool)
        self.drop_places()
        last = document.get("output", document["groups"][-1]["name"])
        self.observed = [
            (item["group"], item["outputs"])
            for item in document.get("observe", [{"group": last, "outputs": self.sizes[last]}])
        ]
        rest = document.get("rest", {"values": [0.0] * self.inputs})
        check(rest, "rest")
        self.rest = np.array(rest["values"], dtype=float)
        self.rests = {name: np.array(own) for name, own in rest.get("groups", {}).items()}
        self.depths = dict.fromkeys(["input", *self.groups], 0)
        for group in self.groups.values():
            for source, lag in sources(group):
                self.depths[source] = max(self.depths[source], lag)
        # Of the groups of which measurements are read, in their order: the end of the state.
        lags = dict.fromkeys(self.groups, -1)
        for group in self.groups.values():
            if group["kind"] == "measured":
                lags[group["source"]] = max(lags[group["source"]], group["lag"])
        self.measured = {name: lag for name, lag in lags.items() if lag >= 0}

    def drop_places(self):
        """Of sparse arrays with a value for every place of the matrix keep those that exist."""
        for group in self.groups.values():
            for link in group.get("connections", []):
                name, count = link["weight"], group["size"] * self.sizes[link["source"]]
                if link["form"] == "sparse" and len(self.slots[name]) == count:
                    entries = link.get("entries")
                    if entries is None:
                        entries = np.flatnonzero(np.ravel(link["mask"]))
                    self.slots[name] = self.slots[name][entries]
                    self.free[name] = self.free[name][entries]

    @property
    def weights(self):
        parts = [values[self.free[name]] for name, values in self.slots.items()]
        return np.concatenate([*parts, np.empty(0)])

    @property
    def state_size(self):
        depths = [*self.depths.items(), *self.measured.items()]
        return sum(depth * self.sizes[name] for name, depth in depths)

    def tied(self, state):
        """Return a state in which what was measured of groups is what they are."""
        ends = np.cumsum([depth * self.sizes[name] for name, depth in self.depths.items()])
        parts = [state[: ends[-1]]]
        for name, depth in self.measured.items():
            first = ends[list(self.depths).index(name) - 1]
            parts.append(state[first : first + depth * self.sizes[name]])
        return np.concatenate(parts)

    def known_outputs(self, y):
        """Return what desired outputs (T, O) tell of the groups of which measurements are read."""
        values, first = {}, 0
        for name, count in self.observed:
            if name in self.measured:
                values[name] = np.full((len(y), self.sizes[name]), np.nan)
                values[name][:, :count] = y[:, first : first + count]
            first += count
        return values

    def simulate(self, u, initial=None, weights=None, measured=None, known=None):
        """Run one sequence, inputs (T, M): outputs (T, O), values (T, size) by group, the state.

        `measured` has values (T, size) by group, NaN where not known; `known` tells which count.
        """
        weights = self.weights if weights is None else weights
        run = Run(self, u, initial, weights, measured or {}, known or blocks(np.inf))
        steps = range(len(u))
        states = {
            name: np.array([run.value(name, t) for t in steps]).reshape(len(u), size)
            for name, size in self.sizes.items()
            if name != "input"
        }
        outputs = np.hstack([states[name][:, :count] for name, count in self.observed])
        final = [
            run.value(name, len(u) - age)
            for name, depth in self.depths.items()
            for age in range(1, depth + 1)
        ]
        final += [
            run.seen(name, len(u) - age)
            for name, depth in self.measured.items()
            for age in range(1, depth + 1)
        ]
        return outputs, states, np.concatenate([*final, np.empty(0)])


class Run:
    """The values of one sequence, found when they are asked for."""

    def __init__(self, network, u, initial, weights, measured, known):
        self.network, self.u = network, u
        self.measurements, self.known = measured, known
        self.slots, first = {}, 0
        for name, values in network.slots.items():
            free = network.free[name]
            self.slots[name] = values.astype(np.result_type(values, weights))
            self.slots[name][free] = weights[first : first + free.sum()]
            first += free.sum()
        assert first == len(weights)
        self.matrices = {}
        self.past = self.given(initial) if initial is not None else self.own_past()
        self.found = {}

    def given(self, initial):
        past, first = {}, 0
        for name, depth in self.network.depths.items():
            for age in range(1, depth + 1):
                past[name, -age] = initial[first : first + self.network.sizes[name]]
                first += self.network.sizes[name]
        for name, depth in self.network.measured.items():
            for age in range(1, depth + 1):
                past["measured", name, -age] = initial[first : first + self.network.sizes[name]]
                first += self.network.sizes[name]
        assert first == len(initial)
        return past

    def own_past(self):
        past = {
            ("input", -age - 1): self.network.rest for age in range(self.network.depths["input"])
        }
        for name, group in self.network.groups.items():
            of = group["source"] if group["kind"] == "measured" else name
            if of in self.network.rests:
                for age in range(self.network.depths[name]):
                    past[name, -age - 1] = self.network.rests[of]
            if "initial" in group:
                values = self.slots[group["initial"]["weight"]]
                for age in range(group["initial"]["depth"]):
                    past[name, -age - 1] = values[age * group["size"] :][: group["size"]]
        return past

    def value(self, name, t):
        """All nodes of a group at a time."""
        if t < 0:
            return self.past.get((name, t), np.zeros(self.network.sizes[name]))
        if name == "input":
            return self.u[t]
        if (name, t) not in self.found:
            group = self.network.groups[name]
            self.found[name, t] = getattr(self, group["kind"])(group, t)
        return self.found[name, t]

    def learnware(self, group, t):
        total = np.zeros(group["size"])
        if "bias" in group:
            slots = self.slots[group["bias"]["weight"]]
            total = total + slots[group["bias"].get("index", slice(None))]
        for place, link in enumerate(group.get("connections", [])):
            key = group["name"], place
            if key not in self.matrices:
                self.matrices[key] = self.matrix(link, group["size"])
            total = total + self.matrices[key] @ self.value(link["source"], t - link["lag"])
        return total

    def matrix(self, link, rows):
        slots, columns = self.slots[link["weight"]], self.network.sizes[link["source"]]
        matrix = np.zeros((rows, columns), dtype=slots.dtype)
        if link["form"] == "dense":
            matrix[...] = slots.reshape(rows, columns)
        elif link["form"] == "diagonal":
            matrix[np.arange(rows), np.arange(rows)] = slots
        elif link["form"] == "sparse":
            if "entries" in link:
                matrix.flat[link["entries"]] = slots
            else:
                matrix[np.array(link["mask"]) != 0] = slots
        elif "entries" in link:
            matrix.flat[link["entries"]] = slots[link["slotOfEntry"]]
        else:
            index = np.array(link["index"])
            matrix[index >= 0] = slots[index[index >= 0]]
        return matrix

    def firmware(self, group, t):
        total = np.zeros(group["size"])
        for term in group.get("terms", []):
            product = term["coef"]
            for factor in term["factors"]:
                parameters = {key: x for key, x in factor["f"].items() if key != "name"}
                source = self.value(factor["source"], t - factor["lag"])
                function = {**FUNCTIONS, **READ}[factor["f"]["name"]]
                product = product * function(source, **parameters)
            total = total + product
        return total

    def softmax(self, group, t):
        z = self.value(group["source"], t - group["lag"]) / group.get("temperature", 1)
        terms = np.exp(z - np.real(z).max())
        return terms / terms.sum()

    def seen(self, name, t):
        """Return what was measured of a group, its own values where that is not known."""
        own = self.value(name, t)
        if t < 0:
            return self.past.get(("measured", name, t), own)
        if name not in self.measurements:
            return own
        found = self.measurements[name][t]
        return np.where(np.isnan(found), own, found)

    def measured(self, group, t):
        of = t - group["lag"]
        counts = group.get("standsForInput", False) or self.known(t, of)
        return (self.seen if counts else self.value)(group["source"], of)


def check(part, what):
    assert part.keys() <= set(KEYS[what].split()), f"{what}: {sorted(part)}"


def sources(group):
    """All that a group reads: names and lags."""
    check(group, "group")
    check(group.get("bias", {}), "bias")
    check(group.get("initial", {}), "initial")
    if group["kind"] in ("softmax", "measured"):
        yield group["source"], group["lag"]
    for link in group.get("connections", []):
        check(link, "connection")
        yield link["source"], link["lag"]
    for term in group.get("terms", []):
        check(term, "term")
        for factor in term["factors"]:
            check(factor, "factor")
            yield factor["source"], factor["lag"]
