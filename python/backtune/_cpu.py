"""Which build of the engine a processor can run.

setup.py loads this file too, so it imports nothing of the package.
"""

from __future__ import annotations

import platform
from pathlib import Path

#: Folder, below backtune/lib, of the build for processors of level x86-64-v3.
V3_FOLDER = "x86-64-v3"

# The instructions of that level that /proc/cpuinfo names (abm stands for lzcnt).
_V3_FLAGS = frozenset({"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "abm"})


def supports_v3(cpuinfo: str = "/proc/cpuinfo") -> bool:
    """Tell whether this processor runs x86-64-v3 code (AVX2, FMA, BMI2); others die by SIGILL."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        lines = Path(cpuinfo).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        key, _, flags = line.partition(":")
        if key.strip() == "flags":
            return set(flags.split()) >= _V3_FLAGS
    return False
