"""The memory that calls take is about what include/backtune.h says."""

import subprocess
import sys

import pytest
from conftest import later

pytestmark = later

MEASURED = """
import re, sys
import backtune as bt, numpy as np
what, units, outputs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def most():  # not that of resource, in which the process that started this one counts
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
T = 100_000
bt.set_threads(1)
u, y = bt.random.normal(T).reshape(T, 1), bt.random.normal(T * outputs, 1).reshape(T, outputs)
net = bt.lnl_network(units, outputs=outputs).randomize(1)
net.simulate(u[:100])
before = most()
if what == "simulate":
    net.simulate(u)
elif what == "gradient":
    net.gradient(u, y)
else:
    method = "backward-tuning" if what == "tuning" else None
    est = bt.Estimator(net, u, y, restarts=0, method=method)
    if what == "cost":
        est.cost
    elif what == "uncertainty":
        est.uncertainty()
    else:
        est.run(3, progress=False)
growth = most() - before
print(growth * 1024 / 8, net.get_weights().size, sum(g.size for g in net.groups.values()))
"""


@pytest.mark.parametrize("what", ["simulate", "gradient", "cost", "run", "tuning", "uncertainty"])
@pytest.mark.parametrize("units, outputs", [(8, 1), (24, 8)])
def test_memory_is_what_the_header_says(what, units, outputs):
    """The engine's, and some arrays of Python's."""
    T, O = 100_000, outputs  # noqa: E741
    command = [sys.executable, "-c", MEASURED, what, str(units), str(outputs)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    grown, P, V = map(float, found)
    own = T + 3 * O * T
    # Rows of a small Jacobian.
    kept = P * O * T if P <= 256 and P * O * T <= 2**23 else 0
    told = {
        "simulate": 2 * (1 + O) * T,
        "gradient": 1.5 * V * T + 2 * O * T,
        "cost": own + 3 * V * T + 10 * O * T,
        "run": own + 4 * V * T + 12 * O * T + 3 * P * P + kept,
        "tuning": own + 12 * V * T + 17 * O * T,
        "uncertainty": own + 5 * V * T + 18 * O * T + 8 * P * P,
    }[what]
    python = 3 * (1 + O) * T + 1e6
    assert grown < 1.25 * told + python
    # That of a simulation may be what the drawing of its inputs has left.
    assert what == "simulate" or grown > 0.3 * told
