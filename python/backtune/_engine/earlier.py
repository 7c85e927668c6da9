"""Modules under the names of earlier releases, which pickles and programs have: for one release."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

#: What was where, below ``backtune``.
MOVED = {
    "_input_model": "estimation.input_fit",
    "_gaps": "estimation.gaps",
    "_modelled": "networks.modelled",
    "_restored": "_engine.restored",
    "_results": "estimation.results",
    "estimator": "estimation.estimator",
    "functions": "networks.functions",
    "group": "networks.group",
    "identification.confidence": "estimation.linear_uncertainty",
    "identification.correlations": "estimation.correlations",
    "identification.front": "_engine.data.front",
    "identification.linearisation": "networks.linear.system",
    "identification.responses": "networks.linear.responses",
    "missing_inputs": "estimation.input_model",
    "network": "networks.network",
    "online": "estimation.online",
    "source": "networks.source",
    "stream": "networks.stream",
    "trace": "estimation.trace",
    "uncertainty": "estimation.uncertainty",
    "weights": "networks.weights",
}


class _Earlier(MetaPathFinder, Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = name.partition(".")
        return spec_from_loader(name, self) if package == "backtune" and rest in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        now = importlib.import_module(f"backtune.{MOVED[module.__name__.partition('.')[2]]}")
        public = {name: value for name, value in vars(now).items() if not name.startswith("__")}
        vars(module).update(public)
        warnings.warn(
            f"{module.__name__} is {now.__name__} now; what is public is in backtune itself",
            DeprecationWarning,
            stacklevel=2,
        )


def install() -> None:
    """Let the names be found where nothing else has them."""
    if not any(isinstance(finder, _Earlier) for finder in sys.meta_path):
        sys.meta_path.append(_Earlier())
