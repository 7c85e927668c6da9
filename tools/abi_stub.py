"""Writes a stub of the library out of its header: what a compiler with -g tells the types of.

Every function with an empty body, and what no function names: the enumerations and the numbers
behind macros. usage: abi_stub.py HEADER
"""

import re
import sys

MACROS = ("BT_INPUT", "BT_ABI_NUMBER")

header = open(sys.argv[1], encoding="utf-8").read()
code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
enums = []


def named(match):
    """Call an enumeration by its first constant: one without a name cannot be told apart."""
    enums.append(f"enum from_{match[1]}")
    return f"{enums[-1]} {{ {match[1]}"


code = re.sub(r"enum \{\s*(BT_\w+)", named, code)
functions = re.findall(r"^((?:const )?\w+ \*?bt_\w+\([^;]*\));", code, re.MULTILINE)
types = re.findall(r"^typedef [^;]*\(\*(bt_\w+)\)", code, re.MULTILINE)
if not functions or not enums or not types:
    sys.exit(f"{sys.argv[1]}: no functions, enumerations or callbacks found")

print(code)
print("enum macros {", ", ".join(f"value_of_{name} = (int) {name}" for name in MACROS), "};")
for number, name in enumerate([*enums, "enum macros", *types]):
    print(f"{name} *bt_type_{number};")
for function in functions:
    print(function, "{ return 0; }")
