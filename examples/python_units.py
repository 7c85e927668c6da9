"""Networks by their equations: a memory, an exclusive or, and two species.

Every unit of this package is written with two operations: learnware, linear combinations with
adjustable weights, and firmware, sums of products of functions. Three networks show that they are
enough for one's own equations too; each part below can stand in a cell of a notebook.
"""

# %%
import backtune as bt
import numpy as np


# %% [markdown]
# ## A memory gate
#
# x(t) = (1 - Y(c(t))) x(t-1) + Y(c(t)) v(t), where Y is a threshold: 0 below 1/2, 1 above.
#
# While the gate c is shut the memory keeps its value, exactly and as long as one likes; when it
# opens, the memory takes the value v. Appendix D of RR-9100.
# %%
def memory_gate():
    """Return a memory with two inputs, gate and value."""
    net = bt.Network(inputs=2)
    c = net.learnware(1, "c").connect(net.input.lag(0))
    v = net.learnware(1, "v").connect(net.input.lag(0))
    x = net.firmware(1, "x")
    x.add(1, x.lag(1))  # what it holds ...
    x.add(-1, ("step", c.lag(0)), x.lag(1))  # ... unless the gate is open,
    x.add(1, ("step", c.lag(0)), v.lag(0))  # and then the value
    net.weights = {"c.B": [[1, 0]], "v.B": [[0, 1]]}
    return net.observe(x)


def show_memory():
    """Write into the memory twice, among distractors, and read it 1000 steps later."""
    value = bt.random.normal(1000, seed=1)
    gate = np.zeros(1000)
    gate[[3, 200]] = 1
    kept = memory_gate().simulate(np.column_stack([gate, value]))[:, 0]
    assert np.all(kept[3:200] == value[3]) and np.all(kept[200:] == value[200])
    print(f"memory: wrote {value[200]:.3f} at t = 200, reads {kept[-1]:.3f} at t = 999")


# %% [markdown]
# ## An exclusive or, from its examples
#
# x(t) = 1/2 - 2 (Y(a) - 1/2) (Y(b) - 1/2), of two inputs a, b one time step ago, is an exclusive or
# by one product: `bt.closed_forms.xor_product()`. With smooth thresholds and adjustable sums before
# and after, the four cases in random order are enough to find it.
# %%
def show_xor():
    """Check the closed form, then find weights from the four cases alone."""
    bits = bt.random.uniform(2 * 200, seed=2).reshape(200, 2) > 0.5
    expected = np.zeros(200)
    expected[1:] = bits[:-1, 0] ^ bits[:-1, 1]
    u = bits.astype(float)
    assert np.array_equal(bt.closed_forms.xor_product().simulate(u)[:, 0], expected)

    net = bt.Network(inputs=2)
    s = net.learnware(2, "s", bias=True).connect(net.input.lag(1))
    y = net.firmware(2, "y").add(1, (bt.upsilon(1), s.lag(0)))
    a = net.learnware(1, "a", bias=True).connect(y.lag(0))
    b = net.learnware(1, "b", bias=True).connect(y.lag(0))
    net.observe(net.firmware(1, "x").add(1, a.lag(0), b.lag(0)))
    net.randomize(seed=1)
    trace = bt.Estimator(net, u, expected).run(100, progress=False)
    wrong = np.sum((net.simulate(u)[:, 0] > 0.5) != (expected > 0.5))
    assert wrong == 0
    print(f"xor: {wrong} errors of 200 after learning, NMSE {trace.nmse[-1]:.1e}")


# %% [markdown]
# ## Two species
#
# The equations of Lotka and Volterra in discrete time, for prey x and predators y:
#
# x(t) = x(t-1) + r x(t-1) (1 - x(t-1)) - p x(t-1) y(t-1)
#
# y(t) = y(t-1) - q y(t-1) + e x(t-1) y(t-1)
#
# The products are firmware, the rates are learnware: weights with a name and a meaning, found from
# a record of both species.
# %%
RATES = {
    "prey.growth": 0.4,  # r
    "prey.predation": -0.6,  # -p
    "predator.mortality": -0.2,  # -q
    "predator.efficiency": 0.8,  # e
}


def two_species():
    """Return the network of two species that start from what the input brings at t = 0."""
    net = bt.Network(inputs=2)
    x, y = net.learnware(1, "prey"), net.learnware(1, "predator")
    limited = net.firmware(1, "limited").add(1, x.lag(1)).add(-1, x.lag(1), x.lag(1))
    met = net.firmware(1, "met").add(1, x.lag(1), y.lag(1))
    for species, start in ((x, [[1, 0]]), (y, [[0, 1]])):
        species.connect(species.lag(1), "past").connect(net.input.lag(0), "start")
        net.weights = {f"{species.name}.past": 1, f"{species.name}.start": start}
        net.weights.constrain(f"{species.name}.past", fixed=True)
        net.weights.constrain(f"{species.name}.start", fixed=True)
    x.connect(limited.lag(0), "growth").connect(met.lag(0), "predation")
    y.connect(y.lag(1), "mortality").connect(met.lag(0), "efficiency")
    return net.observe([x, y])


def show_two_species():
    """Find the rates of two species from their numbers, measured with an error of 1 %."""
    u = np.zeros((60, 2))
    u[0] = [0.6, 0.2]
    root = two_species()
    root.weights = RATES
    noise = 0.01 * bt.random.normal(120, seed=3).reshape(60, 2)
    measured = root.simulate(u) * (1 + noise)
    net = two_species()
    net.weights = {name: rate / 2 for name, rate in RATES.items()}
    trace = bt.Estimator(net, u, measured).run(100, progress=False)
    for name, rate in RATES.items():
        found = net.weights[name].item()
        print(f"two species: {name} {found:.3f}, true {rate:.3f}")
        assert abs(found - rate) < 0.02
    print(f"two species: NMSE {trace.nmse[-1]:.1e}")


# %%
if __name__ == "__main__":
    show_memory()
    show_xor()
    show_two_species()
