"""The machine of Tests/python/stateful_cases.py for a time, each time with other examples.

usage: stateful.py [-max_total_time=SECONDS] [-first=NUMBER], as targets of libFuzzer: seeds from
       that on, from the clock by default; other arguments are left
       stateful.py -seed=NUMBER, that of a failure again, made small, which takes minutes
"""

import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
from hypothesis import Phase, seed, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from stateful_cases import Calls, machine_settings  # noqa: E402

EXAMPLES = 10


def run(arguments):
    """Run what the arguments say; what fails is shown as hypothesis shows it."""
    given = dict(a[1:].split("=", 1) for a in arguments if a.startswith("-") and "=" in a)
    if "seed" in given:
        run_state_machine_as_test(
            seed(int(given["seed"]))(Calls), settings=machine_settings(EXAMPLES, 40)
        )
        return
    end = time.monotonic() + float(given.get("max_total_time", 10))
    number = int(given.get("first", time.time_ns()))
    try:
        while time.monotonic() < end:
            print("seed", number)
            once = settings(machine_settings(EXAMPLES, 40), phases=[Phase.generate])
            run_state_machine_as_test(seed(number)(Calls), settings=once)
            number += 1
    finally:
        print(f"stat::number_of_executed_units: {Calls.steps}")


if __name__ == "__main__":
    run(sys.argv)
