"""Who imports whom in the package, read from its files: in functions and for types too."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "python" / "backtune"
#: From the ground up; what else stands in the package is a face of these.
ROOMS = ("_engine", "networks", "estimation", "display", "identification", "forecasting")


def modules(package=PACKAGE):
    """Return the files of all modules by their dotted names."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _base(node, name, path):
    if not node.level:
        return node.module
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    above = package[: len(package) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def graph(files):
    """Return the modules that each imports."""
    edges = {}
    for name, path in files.items():
        read = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                base = _base(node, name, path)
                for item in node.names:
                    whole = f"{base}.{item.name}"
                    read.add(whole if whole in files else base)
            elif isinstance(node, ast.Import):
                read |= {item.name for item in node.names}
        edges[name] = {other for other in read if other in files and other != name}
    return edges


def circles(edges):
    """Return groups of modules that import each other."""
    found, left = [], dict(edges)
    while left:
        ends = [name for name, others in left.items() if not others & left.keys()]
        if not ends:
            # Of what is left, those that nobody reads are above the circles.
            read = set().union(*(others & left.keys() for others in left.values()))
            tops = left.keys() - read
            if not tops:
                return [sorted(left)]
            ends = list(tops)
        for name in ends:
            del left[name]
    return found


def room(name):
    """Return the room of a module: a face has the place above all."""
    part = [*name.split("."), ""][1]
    return ROOMS.index(part) if part in ROOMS else len(ROOMS)
