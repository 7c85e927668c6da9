"""The manual is built without a warning, runs its examples, and needs no network to be read."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

WANTED = ("sphinx", "myst_nb", "furo", "sphinx_gallery", "latex2mathml")
pytestmark = pytest.mark.skipif(
    "BACKTUNE_TEST_ALL" not in os.environ
    or not (ROOT / "docs").is_dir()
    or any(importlib.util.find_spec(name) is None for name in WANTED),
    reason="a minute and the packages of make docs: make test-all",
)


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """Build the pages; links that lead nowhere and blocks that fail are warnings, thus errors."""
    folder = tmp_path_factory.mktemp("manual") / "docs"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-E", "--keep-going", "-b", "html"]
    result = subprocess.run(
        [*command, ROOT / "docs", folder], capture_output=True, text=True, timeout=1800
    )
    assert result.returncode == 0, result.stderr
    return folder


def test_pages_need_no_network(manual):
    pages = list(manual.rglob("*.html"))
    assert len(pages) > 70
    for page in pages:
        loaded = re.findall(
            r"<(?:script|img|link)\b[^>]*?(?:src|href)=\"(https?:[^\"]*)", page.read_text()
        )
        assert not loaded, page


def test_equations_have_the_numbers_of_the_report(manual):
    text = (manual / "method.html").read_text()
    numbers = re.findall(r'class="eqno">\((\d+)\)', text)
    assert numbers == [str(number) for number in range(1, 13)]
    assert len(re.findall('<math[^>]*display="block"', text)) >= 14


def test_blocks_show_what_they_print_and_draw(manual):
    guide = (manual / "guide.html").read_text()
    assert "adjustable weights" in guide and "Trace of 40 iterations" in guide
    assert guide.count("cell_output") >= 6 and guide.count("<img") >= 2


def test_examples_show_their_figures(manual):
    for script in (ROOT / "examples" / "gallery").glob("*.py"):
        page = (manual / "gallery" / f"{script.stem}.html").read_text()
        assert len(set(re.findall(rf"sphx_glr_{script.stem}_\d+\.png", page))) == 1, script


def test_signatures_have_types_and_defaults(manual):
    text = re.sub("<[^>]+>", "", (manual / "api" / "networks.html").read_text())
    start = text.index("lnl(", text.index("linear("))
    signature = text[start : start + 1500]
    assert "input_lag: int = 1" in signature and "mask: ArrayLike | None" in signature


def test_types_are_told_by_their_names(manual):
    for page in (manual / "api").glob("*.html"):
        text = re.sub("<[^>]+>", "", page.read_text())
        assert not re.search(r"_SupportsArray|_NestedSequence|dtype\[|~numpy", text), page


def test_search_finds(manual):
    index = (manual / "searchindex.js").read_text()
    for word in ("reservoir", "lagrangian", "plot_11_spiking"):
        assert word in index
