"""The examples of the gallery run, and draw one figure each with a name at every axis."""

import os
import runpy

import pytest
from conftest import ROOT

GALLERY = ROOT / "examples" / "gallery"
SCRIPTS = sorted(GALLERY.glob("*.py"))
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.mark.skipif(not GALLERY.is_dir(), reason="not in the source tree")
def test_there_are_twenty():
    assert len(SCRIPTS) >= 20
    for script in SCRIPTS:
        lines = script.read_text().splitlines()
        assert lines[0] == '"""' and set(lines[2]) == {"="} and len(lines[1]) == len(lines[2]), (
            script
        )
        assert len(lines) <= 55, script


@pytest.mark.skipif("BACKTUNE_TEST_ALL" not in os.environ, reason="a minute: make test-all")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example_draws(script):
    plt.switch_backend("Agg")
    plt.close("all")
    runpy.run_path(str(script))
    (number,) = plt.get_fignums()
    axes = plt.figure(number).axes
    lowest = [ax for ax in axes if ax.get_subplotspec() and ax.get_subplotspec().is_last_row()]
    assert lowest and all(ax.get_xlabel() for ax in lowest)
    assert any(ax.get_ylabel() for ax in axes)
    assert any(ax.has_data() for ax in axes)
    plt.close("all")
