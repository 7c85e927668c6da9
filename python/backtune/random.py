"""Numbers from the engine's own generator: the same seed and stream give the same bits."""

from ._engine.random import *  # noqa: F403
from ._engine.random import __all__ as __all__
