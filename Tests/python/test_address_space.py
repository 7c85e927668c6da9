"""A limit on the address space that comes at any moment: MemoryError or a result, never an abort.

How many moments: BACKTUNE_TEST_LIMITS (2).
"""

import os
import random
import subprocess
import sys

import pytest

LIMITED = """
import math, resource, sys
import backtune as bt, numpy as np
steps, left, spare = map(int, sys.argv[1:])

def limit():
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + spare, used + spare))

def attempt(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except MemoryError:
        return None

bt.set_threads(2)
u = bt.random.normal(steps).reshape(steps, 1)
net = bt.lnl_network(4, outputs=2).randomize(1)
y = net.simulate(u)
net.randomize(2)
seen = []

def callback(report):
    seen.append(report.cost)
    if len(seen) == left:
        limit()

if left == 0:
    limit()
est = attempt(bt.Estimator, net, u, y)
if est is not None:
    attempt(est.run, 6, progress=False, callback=callback)
    cost = attempt(lambda: est.cost)
    assert cost is None or not seen or cost <= min(seen) * (1 + 1e-12), (cost, seen)
    attempt(est.uncertainty)
attempt(net.simulate, u)
text = attempt(net.to_json)
attempt(bt.Network.from_json, text or "{}") if text else None
attempt(net.export, format="onnx")
stream = attempt(net.stream)
if stream is not None:
    attempt(stream.run, u)
weights = attempt(net.get_weights)
assert weights is None or np.isfinite(weights).all()
print("survived")
"""


@pytest.mark.parametrize("seed", range(int(os.environ.get("BACKTUNE_TEST_LIMITS", "2"))))
def test_a_limit_ends_nothing(seed):
    """Between 1 and 400 MiB more than there are, before the data or after an iteration."""
    draw = random.Random(seed)
    steps, left = draw.choice([500, 20_000, 100_000]), draw.randrange(5)
    spare = int(2 ** (20 + draw.random() * 8.6))
    command = [sys.executable, "-c", LIMITED, str(steps), str(left), str(spare)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.stdout == "survived\n", (command[3:], done.returncode, done.stderr[-2000:])
