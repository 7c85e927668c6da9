"""The ABI of the library: what the last release had is there, unchanged."""

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

HEADER = ROOT / "include" / "backtune.h"
pytestmark = [
    pytest.mark.skipif(shutil.which("abidiff") is None, reason="no abidiff (abigail-tools)"),
    pytest.mark.skipif(not (ROOT / "tools" / "abi.sh").is_file(), reason="not in the source tree"),
]


def compared(header):
    """Return status and what was said of a header."""
    result = subprocess.run(
        [str(ROOT / "tools" / "abi.sh"), str(header)], capture_output=True, text=True, timeout=120
    )
    return result.returncode, result.stdout + result.stderr


def test_header_has_the_abi_of_the_last_release():
    status, text = compared(HEADER)
    assert status == 0, text


#: A place in the header, what stands there instead, and what is said; nothing for what may come.
CHANGES = {
    "a function more": ("bt_status bt_get_threads", "int64_t bt_more(void);\n", None),
    "a constant more": ("  BT_OK = 0,", "  BT_ERROR_MORE = -99,\n", None),
    "a function gone": ("bt_status bt_get_threads(int64_t *threads);", None, "bt_get_threads"),
    "another result": ("int32_t bt_abi_number", "int64_t bt_abi_number", "bt_abi_number"),
    "another parameter": ("bt_set_threads(int64_t", "bt_set_threads(int32_t", "bt_set_threads"),
    "a parameter more": ("bt_set_threads(int64_t", "bt_set_threads(int x, int64_t", "parameter 2"),
    "another constant": ("BT_ERROR_SIZE = -3", "BT_ERROR_SIZE = -33", "BT_ERROR_SIZE"),
    "a constant gone": ("  BT_SUM = 0,\n", "", "BT_SUM"),
    "another macro": ("BT_INPUT ((int64_t)-1)", "BT_INPUT ((int64_t)-2)", "value_of_BT_INPUT"),
    "another callback": (
        "(*bt_callback)(bt_estimator *estimator, int32_t event",
        "(*bt_callback)(bt_estimator *estimator, int64_t event",
        "bt_callback",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_more_may_come_and_nothing_may_go(name, tmp_path):
    place, instead, said = CHANGES[name]
    text = HEADER.read_text()
    assert text.count(place) == 1
    if said is None:
        text = text.replace(place, instead + place)
    else:
        text = text.replace(place, instead or "")
    changed = tmp_path / "backtune.h"
    changed.write_text(text)
    status, output = compared(changed)
    if said is None:
        assert status == 0 and "0 Removed, 0 Changed" in output
    else:
        assert status == 1 and said in output and "breaks the ABI" in output


def test_every_function_of_the_release_is_known():
    """What is compared with has the functions, enumerations and callbacks, and no paths."""
    text = (ROOT / "Tests" / "abi" / "libbacktune.so.1.xml").read_text()
    known = re.findall(r"<elf-symbol name='(bt_\w+)'[^>]*type='func-type'", text)
    declared = re.findall(r"^(?:const )?\w+ \*?(bt_\w+)\(", HEADER.read_text(), re.MULTILINE)
    assert len(known) > 120 and set(known) <= set(declared)
    for name in ("BT_ERROR_LOADER", "BT_STOP_SADDLE", "BT_NOTE_PARTING", "BT_MAX"):
        assert f"<enumerator name='{name}'" in text
    for name in ("bt_callback", "bt_loader", "bt_reduction"):
        assert f"<typedef-decl name='{name}'" in text
    assert "/tmp" not in text and "filepath" not in text
