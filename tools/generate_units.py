"""Writes the methods of `Network` that add units, from the table that the engine exports.

usage: python tools/generate_units.py [LIBRARY]

LIBRARY is that of the package where there is none. It needs Python alone: the package, of which it
writes a part, is not imported.
"""

import ctypes
import json
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "python" / "backtune" / "networks" / "unit_methods.py"
# The first that there is: any processor runs it, or the package was built for this one.
LEVELS = ("", "x86-64-v3", "x86-64-v4")
LIBRARIES = [TARGET.parents[1] / "lib" / level / "libbacktune.so.1" for level in LEVELS]

HEADER = '''\
"""Units: a method of `Network` for each kind.

Written by ``python tools/generate_units.py`` from what the engine says of its units: change that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from numpy.typing import ArrayLike

from .functions import FunctionLike
from .group import Group
from .source import Source
from .units import GrowingNetwork


class UnitMethods(GrowingNetwork):
    """A network with a method for each kind of unit. An option of None is one of its default."""
'''

# By type of an option: what annotations and docstrings of Python call it, how it is written.
TYPES = {
    "boolean": ("bool", "bool", ""),
    "integer": ("int", "int", ""),
    "number": ("float", "float", ""),
    "function": (
        "FunctionLike",
        "str or Function",
        "One of {words}, or ``bt.zeta(a, b)``, ``bt.softplus(eps)``, ``bt.upsilon(w)``.",
    ),
    "functions": (
        "Iterable[FunctionLike]",
        "list of str or Function",
        'As activations elsewhere: ``["identity", "tanh", bt.softplus(0.1)]``; names are {words}.',
    ),
    "sources": (
        "Iterable[Source]",
        "list of Source",
        "Groups at a lag, ``[bt.SELF.lag(1), h.lag(0), net.input.lag(1)]``; `Source.masked` leaves"
        " connections out.",
    ),
    "mask": ("ArrayLike", "array of 0 and 1, shape (N, N)", ""),
}
# What Python says of a kind, or of an option, beyond the table.
ADDED = {
    "reservoir": 'They are freed by ``net.weights.constrain("reservoir.x2.W", fixed=False)``, drawn by'
    " `Network.randomize`.",
    "feedback": "See `Group.measured`, and the horizon of `Estimator`.",
    "temperature": "`softmax_group` is the softmax of any group.",
}


class Engine:
    """The library, as far as this needs it."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(str(path))

    def units(self):
        """Return the table of units: a list of dicts, one a kind."""
        return json.loads(self._text("bt_unit_options", None))

    def group(self, kind, inputs, size, options):
        """Add a unit to a network of its own; return the name of its output, and its size."""
        network, group, nodes = ctypes.c_void_p(), ctypes.c_int64(), ctypes.c_int64()
        self._call("bt_network_create", ctypes.c_int64(inputs), ctypes.byref(network))
        given = (kind.encode(), None, ctypes.c_int64(size), options.encode())
        self._call("bt_network_add_unit", network, *given, ctypes.byref(group))
        self._call("bt_network_group_size", network, group, ctypes.byref(nodes))
        name = self._text("bt_network_group_name", network, group)
        self._call("bt_network_free", network)
        return name, nodes.value

    def _call(self, function, *arguments):
        if getattr(self.lib, function)(*arguments):
            message = ctypes.create_string_buffer(1000)
            self.lib.bt_last_error(message, ctypes.c_int64(1000))
            raise SystemExit(f"{function}: {message.value.decode()}")

    def _text(self, function, *arguments):
        length = ctypes.c_int64()
        self._call(function, *arguments, None, ctypes.c_int64(0), ctypes.byref(length))
        buffer = ctypes.create_string_buffer(length.value + 1)
        self._call(function, *arguments, buffer, ctypes.c_int64(length.value + 1), None)
        return buffer.value.decode()


def generated(path):
    """Return the text of the module, as the library at `path` makes it."""
    engine = Engine(path)
    units = engine.units()
    kinds = {unit["kind"] for unit in units}
    return HEADER + "".join(method(unit, kinds, engine) for unit in units)


def method(unit, kinds, engine):
    """Return the method of a kind."""
    parameters = [
        "self",
        "size: int",
        "name: str | None = None",
        "*",
        *(f"{row['name']}: {annotation(row)} = {usual(row)}" for row in unit["options"]),
    ]
    lines = [
        f"    def {unit['kind']}(",
        *(f"        {parameter}," for parameter in parameters),
        "    ) -> Group:",
        *textwrap.indent(docstring(unit, kinds, engine), " " * 8).splitlines(),
        f"        return self._add_unit(UnitMethods.{unit['kind']}, locals())",
    ]
    return "\n" + "\n".join(lines) + "\n"


def annotation(row):
    """Return the type of an option."""
    words = ", ".join(json.dumps(word) for word in row.get("words", []))
    if row["type"] == "text":
        return f"Literal[{words}]"
    text = TYPES[row["type"]][0]
    if row["type"] == "number" and words:
        text += f" | Literal[{words}]"
    return text if row["default"] is not None else f"{text} | None"


def usual(row):
    """Return the default of an option, as it is written in Python."""
    value = row["default"]
    if row["type"] == "number" and isinstance(value, int):
        value = float(value)
    if isinstance(value, list):
        return f"({', '.join(written(item) for item in value)})"
    return written(value)


def written(value):
    """Write a value of JSON in Python."""
    if isinstance(value, list):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, dict) and "source" in value:
        place = {"self": "bt.SELF", "input": "net.input"}[value["source"]]
        return f"{place}.lag({value['lag']})"
    if isinstance(value, dict):
        parameters = (repr(item) for key, item in value.items() if key != "name")
        return f"bt.{value['name']}({', '.join(parameters)})"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def docstring(unit, kinds, engine):
    """Return the docstring of a method."""

    def marked(text, words=()):
        def mark(match):
            code = match[1]
            if code in words:
                return f'"{code}"'
            return f"`{code}`" if code in kinds else f"``{code}``"

        return re.sub("`([^`]+)`", mark, text)

    def entry(head, text):
        return [head, *wrapped(text, "    ")]

    kind, options = unit["kind"], unit["options"]
    by_default = f'"{kind}" by default, numbered when repeated ("{kind}2").'
    lines = [f'"""Add {marked(unit["summary"])}.', "", "::", ""]
    lines += [f"    {equation}" for equation in unit["text"].split("; ")]
    notes = " ".join(filter(None, (marked(unit["notes"]), ADDED.get(kind))))
    lines += ["", *wrapped(notes), "", "Parameters", "----------"]
    lines += entry("size : int", unit["size"])
    lines += entry(
        "name : str, optional",
        f"Its groups are ``name.group``, its weights ``name.group.role``; {by_default}",
    )
    for row in options:
        sentences = (marked(row["text"], row.get("words", ())), more(row))
        lines += entry(heading(row), " ".join(filter(None, sentences)))
    lines += ["", "Returns", "-------", *entry("Group", marked(unit["output"]))]
    types = {row["type"] for row in options}
    lines += ["", "Raises", "------"]
    lines += entry(
        "ArgumentError", "An option outside what is allowed, a source of another network."
    )
    lines += entry(
        "SizeError", f"A size below 1{', a mask of another shape' if 'mask' in types else ''}."
    )
    if "sources" in types:
        lines += entry("NetworkError", "Sources that would close a cycle at lag 0.")
    return "\n".join([*lines, "", *example(unit, engine), '"""'])


def wrapped(text, indent=""):
    """Return lines of at most 100 characters, once they stand in a method."""
    lines = textwrap.wrap(
        text, 92, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return [line.replace("\xa0", " ") for line in lines]


def heading(row):
    """Return the line of an option in numpydoc."""
    words = row.get("words", [])
    if row["type"] == "text":
        text = f"{{{', '.join(json.dumps(word) for word in words)}}}"
    else:
        text = TYPES[row["type"]][1]
        if row["type"] == "number":
            text += "".join(f" or {json.dumps(word)}" for word in words)
    default = "optional" if row["default"] is None else f"default {usual(row)}"
    return f"{row['name']} : {text}, {default}"


def more(row):
    """Say what follows from the row: the range of a number, how it is written in Python."""
    words = ", ".join(json.dumps(word) for word in row.get("words", []))
    sentences = [TYPES[row["type"]][2].format(words=words)] if row["type"] in TYPES else []
    least, most = row.get("least"), row.get("most")
    if most is not None:
        # A space that no line is broken at.
        sentences.append(f"In [{least},\xa0{most}].")
    elif least is not None and row["type"] == "integer":
        sentences.append(f"{least} or more.")
    sentences.append(ADDED.get(row["name"], ""))
    return " ".join(filter(None, sentences))


def example(unit, engine):
    """Return the example of a kind, with what it prints."""
    shown = unit["example"]
    options = json.loads(shown["options"])
    arguments = [str(shown["size"])]
    arguments += [f"{key}={written(value)}" for key, value in options.items()]
    name, size = engine.group(unit["kind"], shown["inputs"], shown["size"], shown["options"])
    text = shown["text"]
    return [
        "Examples",
        "--------",
        *([f"{text[0].upper()}{text[1:]}:", ""] if text else []),
        f">>> net = bt.Network(inputs={shown['inputs']})",
        f">>> net.{unit['kind']}({', '.join(arguments)})",
        f"<Group {name} of {size} nodes>",
    ]


def main():
    """Write the module."""
    given = [Path(path) for path in sys.argv[1:2]]
    path = next((path for path in given or LIBRARIES if path.is_file()), None)
    if path is None:
        raise SystemExit(f"generate_units.py: no {(given or LIBRARIES)[0]}, run make build first")
    TARGET.write_text(generated(path))


if __name__ == "__main__":
    main()
