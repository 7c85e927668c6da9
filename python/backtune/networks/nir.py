"""Networks of integrate-and-fire nodes as NIR, which neuromorphic tools read.

NIR has sharp spikes: what is written is the limit of sharp ones.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping

import numpy as np

from .._engine.arrays import as_number
from .._engine.errors import ArgumentError, NetworkError
from .._engine.files import write_whole
from .document import ConnectionForm, FactorForm, FunctionForm, TermForm
from .simulation import SimulatingNetwork
from .structure import INPUT, Structure

#: A node: the name of its type in NIR, and what that takes.
Node = tuple[str, dict[str, object]]

_THRESHOLD = 0.5
_IDENTITY: FunctionForm = {"name": "identity"}
_GATE: FunctionForm = {"name": "zeta", "a": 0, "b": 1}


def write(
    net: SimulatingNetwork, path: str | os.PathLike | None, dt: object = None, **others: object
) -> bytes | None:
    """Write a network as NIR, see `Network.export`.

    Returns
    -------
    None or bytes
        Without a path what the file holds.
    """
    if others:
        raise ArgumentError(
            f"format nir: unknown option {next(iter(others))!r}, expected one of dt"
        )
    time = dt if dt is not None else net.sampling_time or 1.0
    time = as_number(time, "option dt of format nir")
    if not time > 0:
        raise ArgumentError(f"option dt of format nir: {time} came, expected more than 0")
    nodes, edges = graph(net, time)
    try:
        import nir
    except ImportError as error:
        raise ImportError(
            "format nir needs the packages nir and h5py: pip install backtune[nir]"
        ) from error
    made = nir.NIRGraph(
        nodes={name: getattr(nir, kind)(**taken) for name, (kind, taken) in nodes.items()},
        edges=edges,
        metadata={"dt": time},
    )
    content = io.BytesIO()
    nir.write(content, made)
    if path is None:
        return content.getvalue()
    write_whole(path, content.getvalue())
    return None


def graph(net: SimulatingNetwork, dt: float) -> tuple[dict[str, Node], list[tuple[str, str]]]:
    """Return the nodes and edges that compute what a network with sharp spikes does.

    Raises
    ------
    NetworkError
        What NIR cannot say, by its name.
    """
    if np.any(net._own_start()):
        raise _cannot("a network that does not start at zero: initial states, inputs at rest")
    return _Maker(Structure(net), dt).made()


def _cannot(what: str) -> NetworkError:
    return NetworkError(f"format nir cannot say {what}")


class _Maker:
    def __init__(self, structure: Structure, dt: float) -> None:
        self.structure, self.dt = structure, dt
        self.nodes: dict[str, Node] = {}
        self.edges: list[tuple[str, str]] = []
        # Groups x of integrate-and-fire units, and groups that are sums, by the names of nodes.
        self.names: dict[str, str] = {}
        self.spikes: dict[str, str] = {}
        for name, group in structure.groups.items():
            unit = name.rpartition(".")[0]
            if group["kind"] == "learnware" and self._fires(unit, name):
                self.spikes[f"{unit}.z"] = name

    def made(self) -> tuple[dict[str, Node], list[tuple[str, str]]]:
        structure = self.structure
        count = structure.sizes[INPUT]
        if count:
            self.nodes["input"] = ("Input", {"input_type": {"input": np.array([count])}})
        self.names[INPUT] = "input"
        wanted = [name for name, _ in structure.observed]
        for place, (name, nodes) in enumerate(structure.observed):
            if nodes != structure.sizes[name]:
                raise _cannot(f"{nodes} of the {structure.sizes[name]} nodes of {name} as outputs")
            out = self._named("output" if len(wanted) == 1 else f"output_{place}")
            self.nodes[out] = ("Output", {"output_type": {"output": np.array([nodes])}})
            self.edges.append((self._source(name, 0, out, is_output=True), out))
        return self.nodes, self.edges

    # ---- Groups

    def _fires(self, unit: str, name: str) -> bool:
        """Tell whether a group is x of an integrate-and-fire unit that reads its own past."""
        groups, x = self.structure.groups, f"{unit}.x"
        if name != x or not all(f"{unit}.{role}" in groups for role in ("z", "p")):
            return False
        own, z = _read(x, 1), _read(f"{unit}.z", 0)
        if groups[f"{unit}.p"].get("terms") != [_term(1, own), _term(-1, z, own)]:
            return False
        spike = groups[f"{unit}.z"].get("terms")
        if spike == [_term(1, _read(x, 1, {"name": "step"}))]:
            return True
        return spike == [_term(1, _read(f"{unit}.q", 0, _GATE))] and self._is_slope(unit)

    def _is_slope(self, unit: str) -> bool:
        """Tell whether q is w (x(t-1) - 1/2) with w above 0."""
        groups, x = self.structure.groups, _read(f"{unit}.x", 1)
        group = groups[f"{unit}.q"]
        if group["kind"] == "firmware":
            terms = group.get("terms") or [_term(0)]
            w = terms[0]["coef"]
            return w > 0 and terms == [_term(w, x), _term(-w * _THRESHOLD)]
        centred = groups.get(f"{unit}.c")
        if centred is None or centred.get("terms") != [_term(1, x), _term(-_THRESHOLD)]:
            return False
        items = group.get("connections", [])
        places = [(item["source"], item["lag"], item["form"]) for item in items]
        if "bias" in group or places != [(f"{unit}.c", 0, "diagonal")]:
            return False
        return bool(np.all(self.structure.slots[items[0]["weight"]] > 0))

    def _node(self, group: str) -> str:
        """Return the node of a group, which is made with all that it reads."""
        if group in self.names:
            return self.names[group]
        if group in self.spikes.values():
            return self._firing(group)
        if self.structure.groups[group]["kind"] != "learnware":
            raise _cannot(f"{group}: no integrate-and-fire unit, and no sum with weights")
        return self._sum(group)

    def _firing(self, group: str) -> str:
        unit = group.rpartition(".")[0]
        name = self.names[group] = self._named(unit)
        size, bias = self.structure.sizes[group], self.structure.bias(group)
        leak, others = np.zeros(size), []
        for item in self.structure.groups[group].get("connections", []):
            if item["source"] != f"{unit}.p" or item["lag"]:
                others.append(item)
            elif item["form"] != "diagonal":
                raise _cannot(f"{group}: a leak that is no diagonal matrix")
            else:
                leak = leak + self.structure.slots[item["weight"]]
        own = {"v_threshold": np.full(size, _THRESHOLD), "v_reset": np.zeros(size)}
        left = self._integrator(name, group, leak, bias, own, ("LIF", "IF"))
        self._connect(group, name, others, left)
        return name

    def _sum(self, group: str) -> str:
        name = self.names[group] = self._named(group)
        size, bias = self.structure.sizes[group], self.structure.bias(group)
        items = self.structure.groups[group].get("connections", [])
        own = [i for i in items if (i["source"], i["lag"], i["form"]) == (group, 1, "diagonal")]
        others = [item for item in items if item not in own]
        if own:
            leak = sum((self.structure.slots[item["weight"]] for item in own), np.zeros(size))
            left = self._integrator(name, group, leak, bias, {}, ("LI", "I"))
            self._connect(group, name, others, left)
        elif len(others) == 1:
            matrix = self.structure.matrix(group, others[0])
            self.nodes[name] = ("Affine", {"weight": matrix, "bias": bias})
            self.edges.append((self._source(others[0]["source"], others[0]["lag"], name), name))
        else:
            # What comes over several edges is added.
            self.nodes[name] = ("Affine", {"weight": np.eye(size), "bias": bias})
            self._connect(group, name, others, None)
        return name

    def _integrator(
        self,
        name: str,
        group: str,
        leak: np.ndarray,
        bias: np.ndarray,
        own: Mapping[str, object],
        kinds: tuple[str, str],
    ) -> np.ndarray | None:
        """Add a node v(t) = leak v(t-1) + bias + what comes; return the bias that it cannot have.

        By steps of Euler's method: v(t) = v(t-1) + dt/tau (v_leak - v(t-1) + R I), or + dt R I.
        """
        if np.all(leak == 1):
            self.nodes[name] = (kinds[1], {"r": np.full(leak.shape, 1 / self.dt), **own})
            return bias if np.any(bias) else None
        if not np.all((leak >= 0) & (leak < 1)):
            shown = ", ".join(f"{value:.6g}" for value in leak)
            raise _cannot(f"{group}: its leak is {shown}, expected below 1, or 1 throughout")
        rest = 1 - leak
        taken = {"tau": self.dt / rest, "r": 1 / rest, "v_leak": bias / rest, **own}
        self.nodes[name] = (kinds[0], taken)
        return None

    # ---- Connections

    def _connect(
        self, group: str, name: str, items: list[ConnectionForm], bias: np.ndarray | None
    ) -> None:
        """Add a matrix for each connection, the bias with the first of them."""
        if bias is not None and not items:
            raise _cannot(f"{group}: a bias of nodes without a leak that read nothing")
        for item in items:
            between = self._named(f"{name}.{item['weight'].rpartition('.')[2]}")
            matrix = self.structure.matrix(group, item)
            if bias is None:
                self.nodes[between] = ("Linear", {"weight": matrix})
            else:
                self.nodes[between], bias = ("Affine", {"weight": matrix, "bias": bias}), None
            self.edges.append((self._source(item["source"], item["lag"], group), between))
            self.edges.append((between, name))

    def _source(self, source: str, lag: int, reader: str, is_output: bool = False) -> str:
        """Return the node that gives what a reader gets of a source."""
        if source in self.spikes:
            # z(t) are the spikes of x(t-1). What a node reads of itself comes a step late anyway.
            group = self.spikes[source]
            steps = 0 if reader == group and lag == 0 else lag + 1
            return self._late(self._node(group), group, steps)
        if source in self.spikes.values() and not is_output:
            raise _cannot(f"{reader}: it reads {source}, of which NIR gives the spikes alone")
        return self._late(self._node(source), source, lag)

    def _late(self, node: str, group: str, steps: int) -> str:
        if steps == 0:
            return node
        name = f"{node}.delay{steps}"
        if name not in self.nodes:
            delay = np.full(self.structure.sizes[group], steps * self.dt)
            self.nodes[name] = ("Delay", {"delay": delay})
            self.edges.append((node, name))
        return name

    def _named(self, wanted: str) -> str:
        """Return a name that a group of HDF5 may have, and no node has."""
        base = wanted.replace("/", "_") or "unit"
        name, number = base, 2
        while name in self.nodes or name in self.names.values():
            name, number = f"{base}_{number}", number + 1
        return name


def _read(source: str, lag: int, function: FunctionForm = _IDENTITY) -> FactorForm:
    return {"f": function, "lag": lag, "source": source}


def _term(coefficient: float, *factors: FactorForm) -> TermForm:
    return {"coef": coefficient, "factors": list(factors)}
