"""Checks an installed wheel: fits by both methods, factors by LAPACK, threads; next to other packages if named.

python wheel_check.py [package ...]      (imported first; with a "+" in front, after backtune)
"""

import importlib
import sys
import threading
from pathlib import Path

for name in sys.argv[1:]:
    if not name.startswith("+"):
        importlib.import_module(name)

import backtune as bt  # noqa: E402
import numpy as np  # noqa: E402

for name in sys.argv[1:]:
    if name.startswith("+"):
        importlib.import_module(name[1:])


def fit(method: str, seed: int) -> float:
    """Fit a network of 8 units to another one; return the NMSE."""
    u, y = bt.datasets.reverse_engineering(units=8, seed=seed)
    net = bt.lnl_network(units=8, inputs=1, outputs=1).randomize(seed=100 + seed)
    est = bt.Estimator(net, u, y, method=method)
    trace = est.run(40, progress=False)
    assert np.isfinite(est.uncertainty().standard_errors["lnl.x2.W"]).any()
    return float(trace.nmse[-1])


def other(name: str) -> None:
    """Let another package use its own threads and BLAS."""
    if name == "torch":
        import torch

        a = torch.randn(300, 300, dtype=torch.float64)
        torch.linalg.solve(a, a @ a).sum().item()
    elif name.startswith("scipy"):
        import scipy.linalg

        a = np.random.default_rng(0).normal(size=(300, 300))
        scipy.linalg.svd(a @ a)


errors: list[BaseException] = []


def work(seed: int) -> None:
    """Fit while other threads do."""
    try:
        for method in ("gauss-newton", "backward-tuning"):
            assert fit(method, seed) < 0.5
        for name in sys.argv[1:]:
            other(name.lstrip("+"))
    except BaseException as error:  # noqa: BLE001 - reported by the main thread
        errors.append(error)


threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if errors:
    raise errors[0]
maps = Path("/proc/self/maps")
lines = maps.read_text().splitlines() if maps.exists() else []
blas = sorted({line.split()[-1] for line in lines if "blas" in line.rsplit("/", 1)[-1]})
print(f"backtune {bt.__version__}, Python {sys.version.split()[0]}, NumPy {np.__version__}: passed")
print("\n".join(f"  {path}" for path in blas))
