"""The engine against the plain interpreter, in all that both can say of random networks.

As many as BACKTUNE_NETWORKS says, by default 200, 1000 in `make test-all`. How far they are apart
tells ``python Tests/python/differential.py 0 10000``, which takes minutes.
"""

import os
from collections import Counter

import pytest
from differential import LIKELIHOODS, Case, drawing
from test_reference_gradient import CRITERIA

USUAL = "1000" if "BACKTUNE_TEST_ALL" in os.environ else "200"
COUNT = int(os.environ.get("BACKTUNE_NETWORKS", USUAL))
FIRST = int(os.environ.get("BACKTUNE_FIRST_NETWORK", "0"))
PART = 25

#: Names of what was compared, how often.
compared: Counter = Counter()


@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, PART))
def test_networks(first):
    for seed in range(first, min(first + PART, FIRST + COUNT)):
        for name, deviation, allowed in Case(seed, drawing(seed)).everything():
            assert deviation <= allowed, f"network {seed}, {name}: {deviation:.2g}"
            compared[name] += 1


def test_everything_was_compared():
    if len(compared) == 0 or COUNT < 200:
        pytest.skip("not all networks were run")
    of_all = ["outputs", "groups", "last states", "streams", "states of streams"]
    of_all += ["derivatives by weights", "derivatives by states", "1 ahead", "3 ahead"]
    of_all += ["free ahead", "ridge", "sparse-weights", "sparse-activity", "activity-bound"]
    of_all += ["orthogonal-activity", "several horizons", "washout", "static", "own starts"]
    of_all += [f"cost {name}" for name in (*CRITERIA, *LIKELIHOODS)]
    of_all += [f"gradient {name}" for name in (*CRITERIA, *LIKELIHOODS)]
    of_all += ["matrix for sparse", "matrix for shared", "function by its usual name"]
    of_all += ["value for every place", "rest of groups", "version 1", "version 2", "version 3"]
    assert {name: compared[name] for name in of_all if compared[name] < 3} == {}
