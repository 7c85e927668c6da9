"""Processes killed while they write a file: what stands there is the old one, or the new, whole.

BACKTUNE_TEST_KILLS processes are killed, 24 by default, in turn of every kind that writes.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest
import saves

KILLS = int(os.environ.get("BACKTUNE_TEST_KILLS", 24))


def contents(path):
    """Return files of a folder by name, without what killed processes left beside."""
    return {p.name: p.read_bytes() for p in path.iterdir() if not p.name.startswith(".backtune-")}


@pytest.mark.parametrize("kind", saves.KINDS)
def test_killed(kind, tmp_path):
    item, path = saves.make(kind, tmp_path)
    folder = Path(path).parent
    states = []
    for which in (1, 0):
        item.write(path, which)
        states.append(contents(folder))
    begin = time.perf_counter()
    item.write(path, 1)
    lasts = time.perf_counter() - begin
    assert states[0].keys() == states[1].keys() and states[0] != states[1]
    # Which was there, by every kill: both must come, or nothing was tried.
    seen = set()
    draws = random.Random(kind)
    for _ in range(max(KILLS // len(saves.KINDS), 1)):
        child = os.fork()
        if child == 0:
            try:
                while True:
                    for which in (0, 1):
                        item.write(path, which)
            finally:
                os._exit(1)
        time.sleep(draws.uniform(0, 4 * lasts))
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        found = contents(folder)
        assert found.keys() == states[0].keys()
        for name, content in found.items():
            assert content in (states[0][name], states[1][name]), name
            seen.add(content)
        # Those that killed processes left have the number of these in their names.
        for left in set(os.listdir(folder)) - found.keys():
            assert left.startswith(f".backtune-{child}-")
            os.unlink(folder / left)
    item.write(path, 0)
    assert contents(folder) == states[1]
    assert KILLS < 400 or len(seen) >= 2
