"""A network in a table: a row for each unit, and what to know of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._engine import shown
from .._engine.network import NetworkHandle
from .structure import INPUT, Structure

#: What is said of a network whose outputs owe nothing to inputs of the same time step.
NOT_AT_ONCE = (
    "no output reads an input of the same time step: where the data do, lag 0 gives it, by"
    " input_lag=0 or sources=[..., net.input.lag(0)]"
)

# Networks of more are not looked at after a fit, where that would take long.
_MOST_WEIGHTS = 500_000


@dataclass
class UnitSummary:
    """A unit, or a group of one's own.

    Attributes
    ----------
    name : str
    sizes : list of int
        Of its groups, each once: nodes.
    groups : int
        How many it has.
    reads : dict of str to set of int
        The lags at which it reads units, itself among them, and the input.
    free, fixed : int
        Weights that estimation adjusts, and those that it leaves as they are.
    observed : int
        Nodes that are outputs of the network.
    """

    name: str
    sizes: list[int] = field(default_factory=list)
    groups: int = 0
    reads: dict[str, set[int]] = field(default_factory=dict)
    free: int = 0
    fixed: int = 0
    observed: int = 0

    def cells(self) -> tuple[str, ...]:
        """Return what the table says of it, as `HEADINGS` names it."""
        reads = [
            f"{'itself' if source == self.name else source} {_listed(lags)}"
            for source, lags in self.reads.items()
        ]
        nodes = ", ".join(map(str, self.sizes))
        nodes += f" ({self.groups} groups)" if self.groups > 1 else ""
        seen = str(self.observed or "")
        return self.name, nodes, "; ".join(reads), str(self.free), str(self.fixed), seen


#: Of the columns of a summary.
HEADINGS = ("unit", "nodes", "reads at lag", "free", "fixed", "outputs")


@dataclass(frozen=True, repr=False)
class Summary:
    """What `Network.summary` returns: its `repr` is a table.

    Attributes
    ----------
    head : str
        The network in a line.
    units : list of UnitSummary
        In the order of definition.
    hints : list of str
        What may be meant otherwise.
    """

    head: str
    units: list[UnitSummary]
    hints: list[str]

    def __repr__(self) -> str:
        rows = [HEADINGS, *(unit.cells() for unit in self.units)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(HEADINGS))]
        right = (False, False, False, True, True, True)
        lines = [
            "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right))
            for row in rows
        ]
        notes = [f"hint: {hint}" for hint in self.hints]
        return "\n".join([self.head, *(line.rstrip() for line in lines), *notes])

    def _repr_html_(self) -> str | None:
        return shown.html(self)


def summary(net: NetworkHandle, head: str) -> Summary:
    """Return the table of a network, see `Network.summary`."""
    structure = Structure(net)
    units: dict[str, UnitSummary] = {}
    counted: set[str] = set()
    for name, group in structure.groups.items():
        own = _unit(name)
        unit = units.setdefault(own, UnitSummary(own))
        if group["size"] not in unit.sizes:
            unit.sizes.append(group["size"])
        unit.groups += 1
        for source, lag in structure.reads(name):
            inside = source != INPUT and _unit(source) == own
            # What its groups read of each other at once is how it is made.
            if not inside or lag:
                unit.reads.setdefault(_unit(source), set()).add(lag)
        # Arrays may be shared, and have any name in a file: each counts with its first reader.
        for array in structure.weights_of(name):
            if array in counted:
                continue
            counted.add(array)
            flags = structure.is_free(array)
            unit.free, unit.fixed = unit.free + int(flags.sum()), unit.fixed + int((~flags).sum())
    for name, count in structure.observed:
        units[_unit(name)].observed += count
    return Summary(head, list(units.values()), [] if answers_at_once(structure) else [NOT_AT_ONCE])


def answers_at_once(structure: Structure) -> bool:
    """Tell whether an output reads an input of its time step; of a network without either it does.

    What is measured counts as an input where it stands for one.
    """
    outputs = [name for name, count in structure.observed if count]
    if not structure.sizes[INPUT] or not outputs:
        return True
    seen: set[str] = set()
    while outputs:
        name = outputs.pop()
        if name == INPUT:
            return True
        if name in seen:
            continue
        seen.add(name)
        group = structure.groups[name]
        if group["kind"] == "measured":
            if group.get("standsForInput") and group["lag"] == 0:
                return True
            continue
        outputs += [source for source, lag in structure.reads(name) if lag == 0]
    return False


def hint_of(net: NetworkHandle) -> str:
    """Return what may be meant otherwise of a network that does not follow its data; or nothing."""
    if net._weight_count > _MOST_WEIGHTS or answers_at_once(Structure(net)):
        return ""
    return NOT_AT_ONCE


def _unit(name: str) -> str:
    """Return the unit of a group."""
    return name.split(".")[0]


def _listed(lags: set[int]) -> str:
    return ", ".join(map(str, sorted(lags)))
