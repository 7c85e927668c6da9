"""Which build of the engine a processor can run.

setup.py loads this file too, so it imports nothing of the package.
"""

from __future__ import annotations

import platform
from pathlib import Path

# The instructions of each level that /proc/cpuinfo names (abm stands for lzcnt), the best first.
_LEVELS = {
    "x86-64-v4": frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    "x86-64-v3": frozenset({"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "abm"}),
}

#: The levels that have a build of their own, in a folder of that name below backtune/lib.
LEVELS = tuple(_LEVELS)


def built_levels() -> tuple[str, ...]:
    """List the levels that this kind of processor may have a build of; elsewhere one fits all."""
    return LEVELS if platform.machine() in ("x86_64", "AMD64") else ()


def supported_levels(cpuinfo: str = "/proc/cpuinfo") -> tuple[str, ...]:
    """List the levels whose code this processor runs, the best first; others die by SIGILL.

    x86-64-v3 has AVX2, FMA and BMI2; x86-64-v4 AVX-512 too.
    """
    if not built_levels():
        return ()
    try:
        lines = Path(cpuinfo).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    for line in lines:
        key, _, flags = line.partition(":")
        if key.strip() == "flags":
            own = set(flags.split())
            lower = own >= _LEVELS["x86-64-v3"]
            return tuple(level for level in LEVELS if lower and own >= _LEVELS[level])
    return ()
