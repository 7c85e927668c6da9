"""The notebooks run from the first cell to the last, and show pictures."""

import json
import os
import re
import sys

import pytest
from conftest import ROOT, later

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

FOLDER = ROOT / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# That of identification takes longest: its recipe has tests of its own.
TRIED = [
    pytest.param(path, marks=later) if path.stem.startswith("5_") else path for path in NOTEBOOKS
]
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="not in the source tree"),
    # Of older versions of the tools of notebooks, not of what is tested.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Make a kernel of the interpreter that runs the tests, and with its path; return its name."""
    folder = tmp_path / "kernels" / "of-the-test"
    folder.mkdir(parents=True)
    description = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "of the test",
        "language": "python",
    }
    (folder / "kernel.json").write_text(json.dumps(description))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    return folder.name


def test_there_are_five():
    assert [path.name[0] for path in NOTEBOOKS] == list("12345")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_format(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", TRIED, ids=lambda path: path.stem)
def test_runs(path, kernel, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    check = nbformat.v4.new_code_cell("import sys; print(sys.executable, bt.__file__)")
    notebook.cells.append(check)
    client = nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name=kernel,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()  # an exception in a cell comes out
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    text = "".join(output.get("text", "") for output in outputs)
    assert "Warning" not in text, re.findall(".*Warning.*", text)
    import backtune

    assert check.outputs[0].text.split() == [sys.executable, backtune.__file__]
