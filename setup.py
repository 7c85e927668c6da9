"""Builds the engine with the Swift toolchain, and puts it into the package.

All else is in pyproject.toml.

An editable install and ``pip install .`` build the best flavour that this machine runs, or that of
BACKTUNE_FLAVOUR (baseline, x86-64-v3, x86-64-v4). With BACKTUNE_PORTABLE=1 a wheel holds all: the
baseline build, one for processors of level x86-64-v3 (AVX2, FMA) and one for x86-64-v4 (AVX-512);
the package picks one when imported.

Archives have the same bytes wherever and whenever they are made: tools/archives.py.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop
from setuptools.command.editable_wheel import editable_wheel
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution
from setuptools.errors import ExecError, PlatformError

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "python" / "backtune"
LIBRARY = "libbacktune.so.1"
CAPTURED = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


def load(path):
    """Load a module that no import finds; the package itself cannot be imported yet."""
    specification = importlib.util.spec_from_file_location(f"backtune_{path.stem}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


# On processors.
CPU = load(PACKAGE / "_engine" / "cpu.py")
ARCHIVES = load(ROOT / "tools" / "archives.py")

# All but the first have a folder of their name; arm64 has the first alone.
FLAVOURS = ("baseline", *reversed(CPU.built_levels()))


def chosen_flavours():
    """List what to build: all for a portable wheel, else the best one that this machine runs."""
    if os.environ.get("BACKTUNE_PORTABLE", "0") not in ("", "0"):
        return list(FLAVOURS)
    given = os.environ.get("BACKTUNE_FLAVOUR")
    if given:
        if given not in FLAVOURS:
            raise PlatformError(
                f"backtune: BACKTUNE_FLAVOUR is '{given}', expected one of {', '.join(FLAVOURS)}"
            )
        return [given]
    return [(*CPU.supported_levels(), "baseline")[0]]


def build_flavour(flavour, quiet):
    """Run the Swift build of a flavour (quick when all is up to date); return its library."""
    if not sys.platform.startswith("linux"):
        raise PlatformError(f"backtune: the engine is built on Linux only, this is {sys.platform}")
    if shutil.which("swift") is None:
        raise ExecError(
            "backtune: 'swift' was not found. The engine is built with the Swift toolchain (6.0 or"
            " later, see https://www.swift.org/install): put it in PATH, or install a wheel."
        )
    command = [str(ROOT / "tools" / "library.sh"), flavour]
    if not quiet:
        print(" ".join(command), flush=True)
    result = subprocess.run(command, cwd=ROOT, text=True, **(CAPTURED if quiet else {}))
    if result.returncode != 0:
        sys.stderr.write(result.stdout or "")
        raise ExecError(f"backtune: the Swift build failed with status {result.returncode}")
    return ROOT / f".build-lib-{flavour}" / "release" / "libbacktune-c.so"


def install_engine(folder, quiet):
    """Build what is chosen, and make it the content of that folder."""
    built = {flavour: build_flavour(flavour, quiet) for flavour in chosen_flavours()}
    for flavour in FLAVOURS:
        target = folder / ("" if flavour == "baseline" else flavour) / LIBRARY
        if flavour not in built:
            target.unlink(missing_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place: a process that has the old file loaded keeps it.
        beside = target.with_name(f"{target.name}.new")
        shutil.copyfile(built[flavour], beside)
        beside.replace(target)


class BuildEngine(Command):
    """``python setup.py build_engine``: the engine into the source tree."""

    description = "build the engine with the Swift toolchain"
    user_options = [("folder=", None, "where it goes (default: into the package)")]

    def initialize_options(self):
        """Set the default."""
        self.folder = None

    def finalize_options(self):
        """Need nothing else."""

    def run(self):
        """Build."""
        install_engine(Path(self.folder or PACKAGE / "lib"), quiet=not self.distribution.verbose)


class BuildPackage(build_py):
    """The Python files, and the engine beside them."""

    def run(self):
        """Build."""
        super().run()
        if not getattr(self, "editable_mode", False):
            install_engine(Path(self.build_lib) / "backtune" / "lib", quiet=False)


class Develop(develop):
    """An editable install, the old way."""

    def run(self):
        """Build."""
        self.run_command("build_engine")
        super().run()


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 on this platform: native, but no extension of an interpreter."""

    def finalize_options(self):
        """Say that the content is native."""
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        """Return the tag py3-none-platform."""
        return "py3", "none", super().get_tag()[2]

    def run(self):
        """Build, and write the wheel anew."""
        super().run()
        for command, _, path in self.distribution.dist_files:
            if command == "bdist_wheel":
                ARCHIVES.even_zip(path)


class Sources(sdist):
    """The source archive."""

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, *others, **named):
        """Write the archive, the usual one by ourselves."""
        if format != "gztar" or root_dir:
            return super().make_archive(base_name, format, root_dir, base_dir, *others, **named)
        return ARCHIVES.write_tar(f"{base_name}.tar.gz", base_dir)


class NativeDistribution(Distribution):
    """A distribution whose files belong to a platform."""

    def has_ext_modules(self):
        """Return True, so that files go where platform-dependent ones do."""
        return True


class EditableWheel(editable_wheel):
    """An editable install."""

    def run(self):
        """Build."""
        self.run_command("build_engine")
        super().run()


setup(
    distclass=NativeDistribution,
    cmdclass={
        "build_engine": BuildEngine,
        "build_py": BuildPackage,
        "develop": Develop,
        "editable_wheel": EditableWheel,
        "bdist_wheel": PlatformWheel,
        "sdist": Sources,
    },
)
