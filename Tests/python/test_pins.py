"""What CI installs: versions and hashes of all that the project asks for."""

import re
import subprocess

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINS = {"": "dev", "-all": "test,docs,sktime,mpi,dask,onnx,nir,fmu,peers"}
pytestmark = pytest.mark.skipif(not (ROOT / ".ci").is_dir(), reason="not in the source tree")


def pinned(suffix):
    """Return versions by name, each with its hashes."""
    text = (ROOT / ".ci" / f"python3.11{suffix}.txt").read_text()
    found = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        first, *hashes = re.split(r" \\\n {4}", entry)
        name, version = re.fullmatch(r"([a-z0-9-]+)==([\w.+]+)(?: ; .*)?", first).groups()
        assert hashes and all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", item) for item in hashes)
        found[name] = version
    return found


def asked(extras):
    """Return what the project asks for with extras."""
    project = pytest.importorskip("tomllib").loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], "pip", "setuptools"]
    for extra in extras.split(","):
        for text in project["optional-dependencies"][extra]:
            if text.startswith("backtune["):
                yield from asked(",".join(Requirement(text).extras))
            else:
                texts.append(text)
    yield from map(Requirement, texts)


@pytest.mark.parametrize("suffix", PINS)
def test_all_that_is_asked_for_is_pinned(suffix):
    found = pinned(suffix)
    requirements = list(asked(PINS[suffix]))
    assert len(requirements) > 10 and len(found) > 50
    for requirement in requirements:
        version = found[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_extras_are_those_of_the_setup():
    lines = (ROOT / "tools" / "setup.sh").read_text().splitlines()
    named = [line.split()[-2:] for line in lines if "environment .venv" in line]
    assert named == [[f".venv{suffix}", extras] for suffix, extras in PINS.items()]


def test_ci_without_pins_is_told(tmp_path):
    """For another Python: not what pip would choose that day."""
    text = (ROOT / "tools" / "setup.sh").read_text()
    function = text[text.index("environment() {") : text.index("\nenvironment .venv")]
    program = f"set -eu\npython3() {{ echo 3.99; }}\n{function}\nenvironment .venv dev"
    result = subprocess.run(
        ["bash", "-c", program],
        cwd=tmp_path,
        env={"CI": "true", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (
        result.returncode == 1 and ".ci/python3.99.txt: make it with tools/pin.sh" in result.stderr
    )
