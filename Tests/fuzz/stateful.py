"""The machine of Tests/python/stateful_cases.py for a time, each time with other examples.

usage: stateful.py [-max_total_time=SECONDS], as targets of libFuzzer; other arguments are left
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
    again = [a.partition("=")[2] for a in arguments if a.startswith("-seed=")]
    if again:
        run_state_machine_as_test(
            seed(int(again[0]))(Calls), settings=machine_settings(EXAMPLES, 40)
        )
        return
    seconds = [a.partition("=")[2] for a in arguments if a.startswith("-max_total_time=")]
    end = time.monotonic() + float(seconds[0] if seconds else 10)
    try:
        while time.monotonic() < end:
            number = time.time_ns()
            print("seed", number)
            once = settings(machine_settings(EXAMPLES, 40), phases=[Phase.generate])
            run_state_machine_as_test(seed(number)(Calls), settings=once)
    finally:
        print(f"stat::number_of_executed_units: {Calls.steps}")


if __name__ == "__main__":
    run(sys.argv)
