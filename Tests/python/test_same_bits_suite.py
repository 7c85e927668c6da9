"""What is promised of bits, on the suite of reverse engineering.

The same with any number of threads, under load, and where the process is stopped and goes on. Of
builds for other instruction sets: outputs, costs and gradients to rounding.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from backtune._engine.abi import lib
from backtune._engine.cpu import supported_levels
from conftest import ROOT, later

FILES = sorted(map(str, (ROOT / "Tests" / "data" / "reverse_engineering").glob("*.csv")))
#: Of the largest value: sums in another order, fused products.
ROUNDING = 1e-12


def started(target, threads, files, library):
    command = [sys.executable, str(Path(__file__).with_name("same_bits_suite.py"))]
    return subprocess.Popen(
        [*command, str(target), str(threads), *files],
        env={**os.environ, "BACKTUNE_LIBRARY": str(library)},
        stderr=subprocess.PIPE,
    )


def stop_and_go_on(process, seed):
    """Stop it at random moments, for random times, till it ends; return how often."""
    draw, count = random.Random(seed), 0
    while process.poll() is None:
        time.sleep(draw.uniform(0, 0.03))
        process.send_signal(signal.SIGSTOP)
        time.sleep(draw.uniform(0, 0.02))
        process.send_signal(signal.SIGCONT)
        count += 1
    return count


def found(folder, threads, files=FILES, library=lib._name, seed=None):
    """Run the suite; with a seed it is stopped now and then."""
    target = folder / "found.npz"
    process = started(target, threads, files, library)
    try:
        stops = 0 if seed is None else stop_and_go_on(process, seed)
        message = process.communicate(timeout=600)[1]
    finally:
        process.kill()
    assert process.returncode == 0, message.decode()
    assert seed is None or stops > 3
    with np.load(target, allow_pickle=False) as arrays:
        return dict(arrays)


def bits(results):
    return {name: values.tobytes() for name, values in results.items()}


def test_threads_and_stops(tmp_path):
    files = FILES[::7]
    expected = found(tmp_path, 1, files)
    assert len(expected) == 30 and all(np.isfinite(v).any() for v in expected.values())
    assert bits(found(tmp_path, 2, files, seed=1)) == bits(expected)


def builds():
    """Return the library for every level that this machine runs, built where it must be."""
    for flavour in ("baseline", *supported_levels()):
        subprocess.run(
            [str(ROOT / "tools" / "library.sh"), flavour, "--quiet"], check=True, timeout=3600
        )
        yield flavour, ROOT / f".build-lib-{flavour}" / "release" / "libbacktune-c.so"


@later
@pytest.mark.skipif(not (ROOT / "Package.swift").is_file(), reason="not in the source tree")
def test_builds_threads_load_and_stops(tmp_path):
    firsts = {}
    for flavour, library in builds():
        expected = found(tmp_path, 1, library=library)
        assert len(expected) == 18 * 5
        for threads in (1, 2, 5):
            for seed in (None, *range(4)):
                again = found(tmp_path, threads, library=library, seed=seed)
                assert bits(again) == bits(expected), (flavour, threads, seed)
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
        try:
            for threads in (1, 2, 5):
                again = found(tmp_path, threads, library=library)
                assert bits(again) == bits(expected), (flavour, threads)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        firsts[flavour] = expected
    reference = firsts.pop("baseline")
    for flavour, results in firsts.items():
        for name, values in results.items():
            if not name.endswith(("simulation", " cost", "gradient")):
                continue
            scale = np.abs(reference[name]).max()
            assert np.abs(values - reference[name]).max() <= ROUNDING * scale, (flavour, name)
