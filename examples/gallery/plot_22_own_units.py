"""
Units of your own
=================

Any equation made of linear combinations (learnware) and products of functions (firmware) is a
network: here Lotka and Volterra, whose four rates are found from a record with an error of one
per cent.
"""

import backtune as bt
import numpy as np

rates = {"prey.growth": 0.4, "prey.eaten": -0.6, "hunters.lost": -0.2, "hunters.fed": 0.8}


def two_species():
    """Return x(t) = x + growth x (1 - x) + eaten x y, y(t) = y + lost y + fed x y."""
    net = bt.Network(inputs=2)
    x, y = net.learnware(1, "prey"), net.learnware(1, "hunters")
    limited = net.firmware(1, "limited").add(1, x.lag(1)).add(-1, x.lag(1), x.lag(1))
    met = net.firmware(1, "met").add(1, x.lag(1), y.lag(1))
    for species, start in ((x, [[1, 0]]), (y, [[0, 1]])):
        species.connect(species.lag(1), "past").connect(net.input.lag(0), "start")
        net.weights = {f"{species.name}.past": 1, f"{species.name}.start": start}
        net.weights.constrain(f"{species.name}.past", fixed=True)
        net.weights.constrain(f"{species.name}.start", fixed=True)
    x.connect(limited.lag(0), "growth").connect(met.lag(0), "eaten")
    y.connect(y.lag(1), "lost").connect(met.lag(0), "fed")
    net.observe([x, y])
    net.output_names = ["prey", "hunters"]
    return net


start = np.zeros((60, 2))
start[0] = [0.6, 0.2]  # the input sets the state at t = 0
nature, net = two_species(), two_species()
nature.weights = rates
measured = nature.simulate(start) * (1 + 0.01 * bt.random.normal(120, seed=3).reshape(60, 2))
net.weights = {name: rate / 2 for name, rate in rates.items()}
guess = net.simulate(start)
bt.Estimator(net, start, measured).run(100, progress=False)
for name, rate in rates.items():
    print(f"{name:12} found {net.weights[name].item():7.3f}   true {rate:7.3f}")

# %%
bt.plot.compare({"first guess": guess, "found": net}, start, measured)
