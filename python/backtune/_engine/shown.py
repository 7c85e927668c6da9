"""How objects are shown: asked here, answered in ``display``: nothing knows its own pictures."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .types import AxesLike


@singledispatch
def html(item: object) -> str | None:
    """Return what a notebook shows of an object; None: its `repr`."""
    return None


@singledispatch
def svg(item: object) -> str:
    """Return a drawing of an object as an ``<svg>`` element."""
    raise TypeError(f"svg: a {type(item).__name__} came, which has no drawing")


@singledispatch
def figure(item: object, ax: AxesLike | None = None, **options: object) -> Axes:
    """Draw an object with matplotlib, into axes or a new figure; return the axes."""
    raise TypeError(f"figure: a {type(item).__name__} came, which has no figure")
