"""Time simulation, and simulation plus gradient, beside compiled JAX, both with all their threads.

The network is x(t) = tanh(W x(t-1) + b u(t)), unit 0 observed, 32 and 256 sequences of T = 200, in
double precision. JAX runs it by `lax.scan` over a batch, compiled; compiling is not counted. Values
and gradients are compared first. Contestants take turns; figures are medians of the clock.

usage: python benchmarks/jax_peer.py [N,N,...] [SEQUENCES,SEQUENCES]

Needs jax, where this package is importable too; prints a table, and what is asked: at most 0.3 of
its time for simulations, and 0.4 for gradients.
"""

import statistics
import sys
import time

import backtune as bt
import numpy as np

try:
    import jax
    from jax import lax
    from jax import numpy as jnp
except ImportError:
    sys.exit("jax is missing: pip install jax")

jax.config.update("jax_enable_x64", True)
STEPS, ROUNDS = 200, 7


def contestants(units, lanes):
    """Return (simulation, gradient) of both, for the same weights and data."""
    random = np.random.default_rng(units)
    w = random.normal(size=(units, units)) * 0.5 / np.sqrt(units)
    b = random.normal(size=units) * 0.5
    u, y = random.normal(size=(STEPS, lanes)), random.normal(size=(STEPS, lanes))

    net = bt.Network(1)
    net.lnl(units, activation="tanh", bias=False, input_lag=0)
    net.observe(net.groups["lnl.x"], count=1)
    net.weights["lnl.x2.W"], net.weights["lnl.x2.B"] = w, b[:, None]
    # One array of all sequences, as JAX has them.
    inputs, targets = (np.ascontiguousarray(values.T[..., None]) for values in (u, y))
    estimator = bt.Estimator(net, inputs, targets)
    weights = net.get_weights()

    def gradient():
        # New weights every time, an even number of them: what was computed before is of no use.
        for _ in range(2):
            weights[0] = -weights[0]
            net.set_weights(weights)
            found = estimator.gradient()
        return found

    def run(w, b):
        def step(x, drive):
            x = jnp.tanh(x @ w.T + drive[:, None] * b)
            return x, x[:, 0]

        return lax.scan(step, jnp.zeros((lanes, units)), u)[1]

    simulate = jax.jit(run)
    value = jax.jit(jax.value_and_grad(lambda w, b: 0.5 * jnp.mean((run(w, b) - y) ** 2), (0, 1)))
    pair = jnp.asarray(w), jnp.asarray(b)

    own = np.stack(net.simulate(inputs))[..., 0].T
    np.testing.assert_allclose(own, simulate(*pair), atol=1e-9)
    cost, slopes = gradient()
    expected, (by_w, by_b) = value(*pair)
    np.testing.assert_allclose(cost, expected, rtol=1e-9)
    found = dict(zip(net.weights, np.split(slopes, [w.size])))
    np.testing.assert_allclose(found["lnl.x2.W"].reshape(w.shape), by_w, atol=1e-9)
    np.testing.assert_allclose(found["lnl.x2.B"], by_b, atol=1e-9)
    return (
        (lambda: net.simulate(inputs), lambda: simulate(*pair).block_until_ready()),
        (gradient, lambda: jax.block_until_ready(value(*pair))),
    )


def timed(functions):
    """Return the median seconds of functions that take turns."""
    counts, rounds = [], [[] for _ in functions]
    for function in functions:
        function()
        began = time.perf_counter()
        function()
        counts.append(max(1, int(0.1 / max(time.perf_counter() - began, 1e-6))))
    for _ in range(ROUNDS):
        for place, (function, count) in enumerate(zip(functions, counts)):
            began = time.perf_counter()
            for _ in range(count):
                function()
            rounds[place].append((time.perf_counter() - began) / count)
    return [statistics.median(times) for times in rounds]


def main(units, lanes):
    """Print a row for every size."""
    print(f"{bt.get_threads()} threads, jax {jax.__version__}; ns a step and sequence\n")
    print("| N | sequences | simulation | jax | ratio | with gradient | jax | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for n in units:
        for count in lanes:
            simulation, gradient = contestants(n, count)
            a, b = timed(simulation)
            c, d = timed(gradient)
            c /= 2  # two of ours a call
            scale = 1e9 / (STEPS * count)
            print(
                f"| {n} | {count} | {a * scale:.1f} | {b * scale:.1f} | {a / b:.2f}"
                f" | {c * scale:.1f} | {d * scale:.1f} | {c / d:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    sizes = [[int(x) for x in text.split(",")] for text in sys.argv[1:]]
    main(*(sizes + [[8, 16, 32, 64, 128, 256], [32, 256]][len(sizes) :]))
