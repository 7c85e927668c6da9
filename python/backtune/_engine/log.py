"""The logger of the package, silent unless the program that uses it asks for more."""

from __future__ import annotations

import logging

#: INFO: one line per run of an estimator; DEBUG: one per iteration too.
logger = logging.getLogger("backtune")
logger.addHandler(logging.NullHandler())
