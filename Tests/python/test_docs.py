"""The pages of the documentation: all in the site, and what they show runs."""

import re

import backtune as bt
import pytest
from conftest import ROOT

DOCS = ROOT / "docs"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="not in the source tree")


def toctrees(text):
    """Return the pages that the toctrees of a page name."""
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(":")]


def test_every_page_is_in_the_site_once():
    named = toctrees((DOCS / "index.md").read_text())
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert sorted(named) == sorted({*pages, "gallery/index"})
    parts = {f"api/{path.stem}" for path in (DOCS / "api").glob("*.md")}
    assert sorted(toctrees((DOCS / "api.md").read_text())) == sorted(parts)


def test_links_lead_somewhere():
    pages = [*DOCS.glob("*.md"), *DOCS.glob("api/*.md"), *ROOT.glob("*.md")]
    assert len(pages) > 40
    for path in pages:
        for target in re.findall(r"\]\(([^)#:]+\.(?:md|svg|cff))[^)]*\)", path.read_text()):
            assert (path.parent / target).is_file(), f"{path.name}: {target}"


def test_readme_is_short():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) < 100
    assert sum(line.startswith("![") for line in lines) == 1
    assert {"    make run", "    make test"} <= {line.split("#")[0].rstrip() for line in lines}


def test_api_names_what_the_package_gives():
    text = "\n".join(path.read_text() for path in (DOCS / "api").glob("*.md"))
    modules = re.findall(r"automodule:: backtune\.(\w+)", text)
    named = set(re.findall(r"auto\w+:: backtune\.(\w+)", text))
    for module in modules:
        named |= set(dir(getattr(bt, module, None) or __import__(f"backtune.{module}")))
    # The first is told in the text of sources; the last two have pages of their own.
    missing = set(bt.__all__) - named - {"SELF", "__version__", "mnemonas"}
    assert not missing


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "guide",
        "coming-from",
        "data",
        "export",
        "forecasting",
        "how-sure",
        "identified-models",
        "prediction",
        "reservoirs",
        "spikes",
    ],
)
def test_blocks_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / f"{name}.md").read_text(), re.M | re.S)
    assert len(blocks) > (1 if name in ("export", "reservoirs", "spikes") else 4)
    exec(compile("\n".join(blocks), f"{name}.md", "exec"), {})
