"""The header, the table of prototypes and the library say the same."""

import ctypes
import json
import re
import subprocess

import backtune as bt
import pytest
from backtune._engine import abi, errors, library

KINDS = {
    "int64_t": ctypes.c_int64,
    "int32_t": ctypes.c_int32,
    "uint64_t": ctypes.c_uint64,
    "double": ctypes.c_double,
    "bt_status": ctypes.c_int32,
    "bt_callback": abi.Callback,
    "bt_reduction": abi.Reduction,
    "bt_loader": abi.Loader,
    "const char *": ctypes.c_char_p,
    "const char *const *": abi.texts,
    "char *": ctypes.c_char_p,
    "void *": ctypes.c_void_p,
    "bt_network *": ctypes.c_void_p,
    "const bt_network *": ctypes.c_void_p,
    "bt_estimator *": ctypes.c_void_p,
    "const bt_estimator *": ctypes.c_void_p,
    "bt_stream *": ctypes.c_void_p,
    "bt_network **": ctypes.POINTER(ctypes.c_void_p),
    "bt_estimator **": ctypes.POINTER(ctypes.c_void_p),
    "bt_stream **": ctypes.POINTER(ctypes.c_void_p),
    "const double *": abi.doubles,
    "const int64_t *": abi.integers,
    "const uint8_t *": abi.flags,
    "const int8_t *": abi.signs,
    "uint8_t *": abi.flags,
    "int32_t *": ctypes.POINTER(ctypes.c_int32),
    "uint64_t *": ctypes.POINTER(ctypes.c_uint64),
}
# A pointer that is written: one value, or an array when a length stands beside it.
ONE = {"double *": ctypes.POINTER(ctypes.c_double), "int64_t *": ctypes.POINTER(ctypes.c_int64)}
MANY = {"double *": abi.doubles, "int64_t *": abi.integers}


@pytest.fixture(scope="module")
def header():
    from conftest import ROOT

    text = (ROOT / "include" / "backtune.h").read_text()
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def declarations(header):
    pattern = r"(?m)^((?:const )?\w+ \*?)(bt_\w+)\(([^)]*)\);"
    for result, name, parameters in re.findall(pattern, header):
        split = [] if parameters.strip() == "void" else [p.strip() for p in parameters.split(",")]
        yield result.strip(), name, [re.sub(r"\s+", " ", parameter) for parameter in split]


def kind(name, parameters, place):
    match = re.fullmatch(r"(.*?)(\w+)(\[2\])?", parameters[place])
    text, parameter, array = match[1].strip(), match[2], match[3]
    if array:
        return abi.integers
    if text in ONE:
        follows = parameters[place + 1 : place + 4]
        is_array = any(re.fullmatch(r"int64_t \w*length", p) for p in follows) and not (
            name in ("bt_decay_fit", "bt_estimator_gradient") and parameter in ("cost", "beta")
        )
        return (MANY if is_array else ONE)[text]
    return KINDS[text]


def test_every_declaration_has_its_prototype(header):
    declared = {name: (result, parameters) for result, name, parameters in declarations(header)}
    assert len(declared) > 50
    assert set(declared) == set(abi.FUNCTIONS)
    for name, (result, parameters) in declared.items():
        restype, argtypes = abi.FUNCTIONS[name]
        assert restype is KINDS[result], name
        assert len(argtypes) == len(parameters), name
        for place, argtype in enumerate(argtypes):
            assert argtype is kind(name, parameters, place), (name, parameters[place])


def test_numbers_of_the_header(header):
    values = dict(re.findall(r"(BT_\w+) = (-?\d+)", header))
    assert int(re.search(r"BT_ABI_NUMBER (\d+)", header)[1]) == library.ABI_NUMBER
    assert {int(v) for k, v in values.items() if k.startswith("BT_ERROR")} == set(errors.STATUS)
    assert int(values["BT_EVENT_ITERATION"]) == abi.EVENT_ITERATION
    assert int(values["BT_EVENT_POLL"]) == abi.EVENT_POLL
    assert int(values["BT_STOP_NONE"]) == abi.STOP_NONE
    assert "BT_INPUT ((int64_t)-1)" in header and abi.INPUT == -1


def test_exported_symbols():
    path = abi.lib._name
    output = subprocess.run(
        ["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split() for line in output.splitlines()]
    symbols = {name.split("@")[0] for _, kind, name in lines if kind.isupper()}
    assert symbols == set(abi.FUNCTIONS)


def test_needs_no_swift():
    output = subprocess.run(
        ["ldd", abi.lib._name], capture_output=True, text=True, check=True
    ).stdout
    assert "swift" not in output.lower() and "Foundation" not in output
    assert "not found" not in output
    assert not re.search("blas|lapack|gfortran|gomp", output.lower())


def test_soname():
    output = subprocess.run(
        ["readelf", "-d", abi.lib._name], capture_output=True, text=True, check=True
    ).stdout
    assert "[libbacktune.so.1]" in output


def test_one_version_number():
    assert abi.lib.bt_version().decode() == bt.__version__


def test_status_words_differ():
    words = {abi.lib.bt_status_string(status).decode() for status in range(-10, 1)}
    assert len(words) == 11 and "unknown" not in words
    assert abi.lib.bt_status_string(99) == b"unknown"
    reasons = {abi.lib.bt_stop_string(reason).decode() for reason in range(8)}
    assert len(reasons) == 8 and "unknown" not in reasons
    assert abi.lib.bt_stop_string(-1) == b"unknown"


def test_public_names_exist():
    assert all(hasattr(bt, name) for name in bt.__all__)


def test_errors_are_built_in_exceptions_too():
    assert issubclass(bt.SizeError, ValueError) and issubclass(bt.NetworkError, ValueError)
    assert issubclass(bt.OutOfMemoryError, MemoryError) and issubclass(bt.FileError, OSError)
    for kind_of in errors.STATUS.values():
        assert issubclass(kind_of, bt.BacktuneError)
        assert str(kind_of("text")) == "text"


def test_keys_of_the_table_of_units():
    """The comment of the header names every key of the table, and no other."""
    from conftest import ROOT

    text = (ROOT / "include" / "backtune.h").read_text()
    comment = text.split("bt_status bt_unit_options(")[0].rsplit("/*", 1)[1]
    units = json.loads(abi.read_text(abi.lib.bt_unit_options, None))
    parts = [*units, *(unit["example"] for unit in units)]
    parts += [row for unit in units for row in unit["options"]]
    assert {key for part in parts for key in part} == set(re.findall(r'"(\w+)"', comment))
    for unit in units:
        one = abi.read_text(abi.lib.bt_unit_options, unit["kind"].encode())
        assert json.loads(one) == unit
        assert all(isinstance(unit[key], str) for key in ("summary", "text", "notes", "output"))
