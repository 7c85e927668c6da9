"""Scalar functions of units and firmware. Appendix A of the report RR-9100."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .._engine.arrays import as_number


@dataclass(frozen=True)
class Function:
    """A scalar function: its name in the engine, and its named parameters.

    Functions without parameters need no object: their name will do, as in ``activation="relu"``.
    """

    name: str
    parameters: tuple[tuple[str, float], ...] = ()

    def to_option(self) -> str | dict[str, object]:
        """Write it the way the options of a unit take it."""
        return {"name": self.name, **dict(self.parameters)} if self.parameters else self.name

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{value:g}' for _, value in self.parameters)})"


FunctionLike = Union[str, Function]


def zeta(a: float, b: float) -> Function:
    """Return the sigmoid (a+b)/2 + (b-a)/2 tanh(2u/(b-a)): from a to b, of slope 1 at 0.

    ``zeta(0, 1)`` is "zeta01", 1/(1+exp(-4u)); ``zeta(-1, 1)`` is "tanh".

    Examples
    --------
    >>> import backtune as bt
    >>> net = bt.Network(inputs=1)
    >>> net.lnl(3, activation=bt.zeta(-2, 2))
    <Group lnl.x of 3 nodes>
    """
    return Function("zeta", (("a", as_number(a, "zeta a")), ("b", as_number(b, "zeta b"))))


def softplus(eps: float) -> Function:
    """Return eps log(1 + exp(u/eps)), a smooth relu."""
    return Function("softplus", (("eps", as_number(eps, "softplus eps")),))


def upsilon(w: float) -> Function:
    """Return the smooth threshold zeta01(w (u - 1/2)); "step" is its limit."""
    return Function("upsilon", (("w", as_number(w, "upsilon w")),))


def as_function(function: object, what: str) -> Function:
    """Read a name or a `Function`."""
    if isinstance(function, Function):
        return function
    if not isinstance(function, str):
        raise TypeError(
            f"{what}: {function!r} came, expected a name or a function such as bt.zeta(0, 1)"
        )
    return Function(function)
