"""Public calls in any order; many more of them by `make fuzz`."""

import os

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from stateful_cases import Calls, machine_settings

EXAMPLES = int(os.environ.get("BACKTUNE_STATEFUL_EXAMPLES", "12"))


def test_any_calls_in_any_order():
    few = settings(machine_settings(EXAMPLES, 20), derandomize=EXAMPLES < 100)
    run_state_machine_as_test(Calls, settings=few)
    assert Calls.steps > 50
