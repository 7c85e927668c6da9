"""Networks whose weights are known in closed form: appendix D of the report RR-9100."""

from .networks.closed_forms import *  # noqa: F403
from .networks.closed_forms import __all__ as __all__
