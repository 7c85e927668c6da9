"""One random network, the engine against the plain interpreter, in all that both can say of it.

Every comparison is a part (name, deviation, allowed). Derivatives of the interpreter are those of a
step of 1e-30 along the imaginary axis, exact but for rounding.

As a program, ``python differential.py FIRST LAST``: compares the networks of these seeds and tells
how far they are apart.
"""

import json
import sys
import time
import warnings

import backtune as bt
import numpy as np
from random_networks import RandomNetwork
from reference import Reference, blocks, until
from reference_cases import SEEDS, drawn, draws, inputs, starts
from respelled import respelled, spellings
from test_reference_gradient import CRITERIA, IMAGINARY, magnitude

OUTPUTS, GRADIENTS = 1e-12, 1e-8
HORIZONS = [1, 2, 3, np.inf]
LIKELIHOODS = {
    "bernoulli": lambda x, o: -o * np.log(x) - (1 - o) * np.log(1 - x),
    "poisson": lambda x, o: x - o * np.log(x) + o * np.log(np.where(o > 0, o, 1)) - o,
    "cross-entropy": CRITERIA["cross-entropy"][1],
}


def drawing(seed):
    """Return the network of a seed; those that other tests have, too, are drawn once."""
    return drawn(seed).net if seed in SEEDS else RandomNetwork(seed).net


class Case:
    """A network, its interpreter, and sequences with what was measured in them.

    Attributes
    ----------
    text : str
        The JSON form, in words that the engine need not write.
    parts : list of (str, float, float)
        What was compared.
    """

    def __init__(self, seed, net):
        self.seed, self.random, self.parts = seed, draws(seed, 60), []
        self.text = respelled(net.to_json(), self.random)
        for name in spellings(json.loads(self.text)):
            self.note(name)
        self.take(bt.Network.from_json(self.text), Reference(self.text))
        lengths = (14 * self.random.random(2 + self.random.integers(4)) ** 2).astype(int)
        lengths[0] += 2
        self.u = inputs(self.net, self.random, *lengths)
        self.initial = starts(self.net, self.random, len(lengths))

    def take(self, net, reference):
        self.net, self.reference = net, reference

    @property
    def start(self):
        return None if self.initial[0] is None else self.initial

    def compare(self, name, found, expected, allowed=OUTPUTS):
        """Add a part; the deviation is relative to the largest value, 1/100 at least."""
        found, expected = np.asarray(found), np.asarray(expected)
        assert found.shape == expected.shape, (self.seed, name, found.shape, expected.shape)
        finite = np.isfinite(expected)
        assert np.array_equal(np.isfinite(found), finite), (self.seed, name)
        scale = np.abs(expected[finite]).max(initial=0.01)
        self.parts.append((name, np.abs(found - expected)[finite].max(initial=0) / scale, allowed))

    def note(self, name):
        """Say that this is something that the comparisons have in them."""
        self.parts.append((name, 0.0, 0.0))

    # ---- Values

    def values(self):
        """Compare outputs, all groups and last states of a free run of sequences together."""
        assert self.reference.state_size == self.net.state_size
        assert self.reference.weights.tobytes() == self.net.get_weights().tobytes()
        results = self.net.simulate(self.u, self.start, states=True, return_state=True)
        for result, u, start in zip(results, self.u, self.initial):
            outputs, states, last = self.reference.simulate(u, start)
            self.compare("outputs", result[0], outputs)
            for name, values in states.items():
                self.compare("groups", result[1][name], values)
            self.compare("last states", result[2], last)

    def stream(self):
        """Compare a stream, which is given measurements where the network reads them."""
        u, known = self.u[0], self.known(0) if self.reference.measured else {}
        expected = self.reference.simulate(u, self.initial[0], None, known, blocks(1))
        if not np.isfinite(expected[2]).all():
            # It takes no step more.
            self.note("streams that diverge")
            return
        stream = self.net.stream(self.initial[0])
        found = []
        for t, row in enumerate(u):
            for name, values in known.items():
                stream.set_measured(name, values[t])
            found.append(stream.step(row))
        self.compare("streams", np.reshape(found, expected[0].shape), expected[0])
        self.compare("states of streams", stream.state, expected[2])

    def predict(self):
        """Compare what is known one and some steps ahead."""
        self.measure()
        steps = int(self.random.integers(2, 5))
        for horizon in (1, steps, None):
            results = self.net.predict(
                *(self.u, self.y, horizon), initial=self.start, measured=self.others
            )
            for k, outputs in enumerate(results):
                self.compare(f"{horizon or 'free'} ahead", outputs, self.ahead(k, horizon))

    def ahead(self, k, horizon):
        if horizon in (1, None):
            return self.run(k, blocks(horizon or np.inf))[0]
        rows = [self.run(k, until(t - horizon))[0][t] for t in range(len(self.u[k]))]
        return np.reshape(rows, (len(self.u[k]), self.net.outputs))

    # ---- Measurements

    def measure(self):
        """Draw desired outputs, and what is given of other groups that are read as measured."""
        self.y = [self.gaps(len(u), self.net.outputs) for u in self.u]
        self.others = {
            name: [self.gaps(len(u), self.reference.sizes[name]) for u in self.u]
            for name in self.reference.measured
            if self.random.random() < 0.6
        }

    def gaps(self, steps, channels):
        values = self.random.normal(size=(steps, channels)) / 2
        values[self.random.random(values.shape) < self.random.choice([0, 0.2, 0.7])] = np.nan
        return values

    def known(self, k):
        if not hasattr(self, "others"):
            sizes = self.reference.sizes
            return {
                name: self.gaps(len(self.u[k]), sizes[name]) for name in self.reference.measured
            }
        known = self.reference.known_outputs(self.y[k])
        return {**known, **{name: values[k] for name, values in self.others.items()}}

    def run(self, k, known, weights=None):
        return self.reference.simulate(self.u[k], self.initial[k], weights, self.known(k), known)

    # ---- Costs

    def cost(self):
        """Compare cost and gradient: any criterion, gains, gaps, horizons, regularisation."""
        name = str(self.random.choice([*CRITERIA, "bernoulli", "poisson", "least-squares"]))
        self.observe_for(name)
        rho = LIKELIHOODS.get(name) or CRITERIA[name][1]
        criterion = name if name in LIKELIHOODS else CRITERIA[name][0]
        self.measure()
        self.desire(name)
        self.know_some()
        options = self.options()
        horizons = options.pop("horizons")
        penalties, rules = self.regularisation()
        for rule in rules:
            self.note(rule.name)
        for key, value in options.items():
            if value:
                self.note(key)
        if len(horizons) > 1:
            self.note("several horizons")
        if self.start is not None:
            self.note("own starts")
        estimator = bt.Estimator(
            *(self.net, self.u, self.y, self.gains),
            criterion=criterion,
            initial=self.start,
            measured=self.others,
            regularisation=rules,
            horizon=tuple(None if h == np.inf else int(h) for h in horizons),
            **options,
        )

        def cost(weights):
            total, divisor, states = 0, 0, []
            for horizon in horizons:
                runs = [self.run(k, blocks(horizon), weights) for k in range(len(self.u))]
                for (x, _, _), y, gains in zip(runs, self.y, self.counted(options)):
                    # Where the gain is 0 anything may stand.
                    x = np.where(gains > 0, x, 0.5)
                    total = total + (gains * rho(x, np.nan_to_num(y, nan=0.5))).sum()
                    divisor += gains.sum()
                states += [values for _, values, _ in runs]
            for penalty in penalties["activity"]:
                total = total + penalty(states)
            for penalty in penalties["weights"]:
                total = total + penalty(weights)
            return total / divisor

        weights = self.reference.weights
        found, gradient = estimator.gradient()
        self.compare(f"cost {name}", found, cost(weights))
        self.slopes(f"gradient {name}", gradient, lambda step: cost(weights + step))

    def slopes(self, name, gradient, function):
        """Compare slopes in some directions, relative to the largest derivative times theirs."""
        scale = np.abs(gradient).max(initial=1e-6)
        directions = list(self.random.normal(size=(3, gradient.size)))
        for place in self.random.permutation(gradient.size)[:3]:
            directions.append(np.arange(gradient.size) == place)
        for direction in directions:
            expected = np.imag(function(IMAGINARY * direction)) / IMAGINARY.imag
            if not np.isfinite(expected):
                continue
            size = scale * max(np.abs(direction).sum(), 1)
            deviation = abs(gradient @ direction - expected) / size
            if deviation > GRADIENTS and has_kink(function, direction, size):
                self.note("kinks")
            else:
                self.parts.append((name, deviation, GRADIENTS))

    def observe_for(self, name):
        """Observe what a criterion takes: probabilities, rates, a distribution."""
        makers = {"bernoulli": "logistic", "poisson": "exp"}
        if name not in LIKELIHOODS:
            return
        net = self.net.copy()
        groups = [group for group in net.groups.values() if group.size < 12]
        group = (groups or list(net.groups.values()))[self.random.integers(max(len(groups), 1))]
        if name == "cross-entropy":
            seen = net.softmax_group(group.lag(0), "seen")
        else:
            bounded = net.firmware(group.size, "bounded").add(1, ("tanh", group.lag(0)))
            seen = net.firmware(group.size, "seen").add(1, (makers[name], bounded.lag(0)))
        net.observe(seen)
        self.take(net, Reference(net.to_json()))
        if self.start is not None:
            self.initial = starts(net, self.random, len(self.u))

    def desire(self, name):
        if name in LIKELIHOODS:
            whole = {"poisson": 4, "bernoulli": 2, "cross-entropy": 3}[name]
            self.y = [np.where(np.isnan(y), y, np.floor(np.abs(y) * 4) % whole) for y in self.y]
        self.gains = [self.random.uniform(0.2, 2, y.shape) for y in self.y]
        for gains in self.gains:
            gains[self.random.random(gains.shape) < 0.1] = 0
        self.y[0][-1], self.gains[0][-1] = 1, 1.5

    def know_some(self):
        """Give something of every group that is read as measured: an estimation asks for it."""
        for name, size in self.reference.sizes.items():
            if name in self.reference.measured:
                known = [self.reference.known_outputs(y).get(name) for y in self.y]
                if known[0] is None or np.isnan(np.concatenate(known)).all():
                    self.others.setdefault(name, [self.gaps(len(u), size) for u in self.u])
        for values in self.others.values():
            values[0][-1] = 0.3

    def options(self):
        count = self.random.integers(1, 3) if self.reference.measured else 1
        horizons = self.random.choice(HORIZONS, count, replace=False)
        return {
            "washout": int(self.random.integers(2)),
            "static": bool(self.random.random() < 0.1),
            "horizons": horizons if self.reference.measured else [np.inf],
        }

    def counted(self, options):
        """Return the gain of every value, 0 where it is not compared."""
        for y, gains in zip(self.y, self.gains):
            first = max(options["washout"], len(y) - 1 if options["static"] else 0)
            yield np.where(np.isnan(y) | (np.arange(len(y)) < first)[:, None], 0, gains)

    def regularisation(self):
        """Draw some: functions of all values of the groups, or of the weights, and the engine's."""
        penalties, rules = {"activity": [], "weights": []}, []
        strength = self.random.uniform(0.01, 0.5)
        small = [name for name, group in self.reference.groups.items() if group["size"] < 12]
        groups = [name for name in small if self.random.random() < 0.4][:2]
        sparse = lambda x, eps: magnitude(x) - eps * np.log1p(magnitude(x) / eps)  # noqa: E731
        kind = self.random.integers(8)
        of_weights = [name for name, free in self.reference.free.items() if free.any()]

        if kind == 0 and of_weights:
            rules.append(bt.regularisation.Ridge(strength, weights=of_weights))
            penalties["weights"].append(lambda w: strength * (w * w).sum())
        elif kind == 1 and of_weights:
            rules.append(bt.regularisation.SparseWeights(strength, eps=0.02, weights=of_weights))
            penalties["weights"].append(lambda w: 2 * strength * sparse(w, 0.02).sum())
        elif kind in (2, 3, 4) and groups:
            rule, penalty = [
                (
                    bt.regularisation.SparseActivity(strength, eps=0.02, groups=groups),
                    lambda runs: sum(
                        2 * strength * sparse(x[name], 0.02).sum() for x in runs for name in groups
                    ),
                ),
                (
                    bt.regularisation.ActivityBound(strength, 0.7, 3, groups=groups),
                    lambda runs: sum(
                        strength * np.exp(3 * (x[name] - 0.7)).sum()
                        for x in runs
                        for name in groups
                    ),
                ),
                (
                    bt.regularisation.OrthogonalActivity(strength, groups=groups),
                    lambda runs: strength / 2 * squares(runs, groups),
                ),
            ][kind - 2]
            rules.append(rule)
            penalties["activity"].append(penalty)
        return penalties, rules

    def by_states(self):
        """Compare derivatives of a sum of outputs by weights and by the state at the start."""
        u, initial = self.u[0], self.initial[0]
        slopes = self.random.normal(size=(len(u), self.net.outputs))
        by_weights, by_state = self.net.gradient(u, slopes, initial, return_initial=True)
        weights = self.reference.weights

        def total(step, start=initial):
            return (slopes * self.reference.simulate(u, start, weights + step)[0]).sum()

        self.slopes("derivatives by weights", by_weights, total)
        start = self.reference.simulate(u[:0], initial)[2]
        of_inputs = self.reference.depths["input"] * self.net.inputs

        def from_state(step):
            step = np.where(np.arange(step.size) < of_inputs, 0, step)
            return total(0, start + (self.reference.tied(step) if initial is None else step))

        assert not by_state[:of_inputs].any()
        self.slopes("derivatives by states", by_state, from_state)

    def everything(self):
        """Return all parts."""
        with np.errstate(all="ignore"):
            self.values()
            self.stream()
            self.by_states()
            if self.reference.measured:
                self.predict()
            self.cost()
        return self.parts


def has_kink(function, direction, size):
    """Tell whether slopes to either side differ: a relu whose argument is 0 but for rounding."""
    here = function(0 * direction)
    left, right = ((function(h * direction) - here) / h for h in (-1e-6, 1e-6))
    return abs(left - right) > 1e-4 * size


def squares(runs, groups):
    """Return the sum over pairs of different nodes of the squares of their products over time."""
    rows = np.concatenate([np.hstack([x[name] for name in groups]) for x in runs])
    products = rows.T @ rows
    return (products * products).sum() - (np.diag(products) ** 2).sum()


def main(first, last):
    """Compare the networks of some seeds; print how far the parts are apart, and what is wrong."""
    begin, worst, wrong, kinks = time.process_time(), {}, 0, 0
    for seed in range(first, last):
        try:
            parts = Case(seed, RandomNetwork(seed).net).everything()
        except (bt.BacktuneError, AssertionError) as error:
            print(f"network {seed}: {type(error).__name__}: {error}", flush=True)
            wrong += 1
            continue
        kinks += any(name == "kinks" for name, _, _ in parts)
        for name, deviation, allowed in parts:
            if not deviation <= allowed:
                print(f"network {seed}, {name}: {deviation:.3g}", flush=True)
                wrong += 1
            if allowed and deviation >= worst.get(name, (0, 0))[0]:
                worst[name] = (deviation, seed)
    for name, (deviation, seed) in sorted(worst.items()):
        print(f"{name:30s} {deviation:8.2e} (network {seed})")
    spent = time.process_time() - begin
    print(
        f"{last - first} networks from {first} on, {wrong} wrong, {kinks} at a kink, {spent:.0f} s"
    )
    return wrong


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
