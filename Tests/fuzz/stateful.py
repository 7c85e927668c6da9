"""The machine of Tests/python/stateful_cases.py for a time, each time with other examples.

usage: stateful.py [-max_total_time=SECONDS], as targets of libFuzzer; other arguments are left
"""

import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
from hypothesis import seed  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from stateful_cases import Calls, machine_settings  # noqa: E402


def run(arguments):
    """Run what the arguments say; what fails is shown as hypothesis shows it."""
    seconds = [a.partition("=")[2] for a in arguments if a.startswith("-max_total_time=")]
    end = time.monotonic() + float(seconds[0] if seconds else 10)
    try:
        while time.monotonic() < end:
            number = time.time_ns()
            print("seed", number)
            left = end - time.monotonic()
            run_state_machine_as_test(
                seed(number)(Calls), settings=machine_settings(50 if left > 60 else 10, 40)
            )
    finally:
        print(f"stat::number_of_executed_units: {Calls.steps}")


if __name__ == "__main__":
    run(sys.argv)
