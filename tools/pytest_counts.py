"""Run pytest with the given arguments, and close with a line "N passed, N failed" whatever happened."""

import sys

import pytest


class Counts:
    """Counts outcomes: an error of set-up or collection is a failure."""

    passed = 0
    failed = 0

    def pytest_runtest_logreport(self, report):
        """Count a phase of a test."""
        if report.failed:
            self.failed += 1
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_collectreport(self, report):
        """Count a file that could not be read."""
        if report.failed:
            self.failed += 1


if __name__ == "__main__":
    counts = Counts()
    status = pytest.main(sys.argv[1:], plugins=[counts])
    print(f"{counts.passed} passed, {counts.failed} failed")
    sys.exit(status)
