"""What `make install` puts, and that C programs are built against it: `make test-all`."""

import os
import re
import shutil
import subprocess

import backtune as bt
import pytest
from conftest import ROOT, later
from export_cases import compiler
from install_cases import files, installed, make, options, run

pytestmark = later

# Says its version, and which library it runs.
PROGRAM = """
#include <backtune.h>
#include <stdio.h>
#include <string.h>
#if BT_VERSION_NUMBER != BT_VERSION_MAJOR * 10000 + BT_VERSION_MINOR * 100 + BT_VERSION_PATCH
#error "version"
#endif
int main(void) {
  bt_network *network = NULL;
  char line[4096];
  FILE *maps = fopen("/proc/self/maps", "r");
  if (bt_network_create(1, &network) != BT_OK) return 1;
  if (bt_network_add_unit(network, "lnl", NULL, 4, NULL, NULL) != BT_OK) return 2;
  if (bt_network_randomize(network, 0) != BT_OK || bt_network_free(network) != BT_OK) return 3;
  printf("%s\\n", bt_version());
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    char *path = strstr(line, "/");
    if (path != NULL && strstr(path, "libbacktune") != NULL) {
      fputs(path, stdout);
      return 0;
    }
  }
  return 0;
}
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Install all, which builds what is not built yet."""
    return installed(tmp_path_factory)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "program.c"
    path.write_text(PROGRAM)
    return path


def test_needs_no_python():
    shown = subprocess.run(
        ["make", "-n", "install", "uninstall"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "tools/install.sh" in shown.stdout and "python" not in shown.stdout
    scripts = ["install.sh", "library.sh", "static.sh", "install/man.sh"]
    assert not any(re.search("python", (ROOT / "tools" / name).read_text()) for name in scripts)


def test_files(prefix):
    levels = [f"lib/glibc-hwcaps/x86-64-v{k}/libbacktune.so.1" for k in (3, 4)]
    assert files(prefix) == [
        "include/backtune.h",
        "lib/cmake/backtune/backtune-config-version.cmake",
        "lib/cmake/backtune/backtune-config.cmake",
        *levels,
        "lib/libbacktune.a",
        "lib/libbacktune.so",
        "lib/libbacktune.so.1",
        f"lib/libbacktune.so.1.{bt.__version__}",
        "lib/pkgconfig/backtune.pc",
        "share/doc/backtune/GCC.txt",
        "share/doc/backtune/LAPACK.txt",
        "share/doc/backtune/LICENSE",
        "share/doc/backtune/Swift.txt",
        "share/doc/backtune/Unicode.txt",
        "share/man/man3/backtune.3",
    ]
    for name in ("libbacktune.so.1", *(level[4:] for level in levels)):
        command = [compiler("readelf"), "-d", prefix / "lib" / name]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "SONAME" in found and "[libbacktune.so.1]" in found
    assert options(prefix, "--modversion") == [bt.__version__]


@pytest.mark.parametrize("cc", ["gcc", "clang", "g++", "clang++"])
def test_pkg_config(cc, prefix, source, tmp_path):
    program = tmp_path / "program"
    language = ["-x", "c++"] if cc.endswith("++") else ["-std=c99"]
    flags = ["-Wall", "-Wextra", "-Werror", *language, source]
    subprocess.run(
        [compiler(cc), *flags, "-o", program, *options(prefix, "--cflags", "--libs")], check=True
    )
    version, library = run(program, LD_LIBRARY_PATH=str(prefix / "lib"))
    assert version == bt.__version__ and library.startswith(str(prefix))


def test_the_best_level_is_loaded(prefix, source, tmp_path):
    program = tmp_path / "program"
    link = [*options(prefix, "--cflags", "--libs"), f"-Wl,-rpath,{prefix}/lib"]
    subprocess.run([compiler("gcc"), source, "-o", program, *link], check=True)
    from backtune._engine.cpu import supported_levels

    best = supported_levels()[:1]
    folder = prefix / "lib" / "glibc-hwcaps" / best[0] if best else prefix / "lib"
    assert run(program)[1].startswith(f"{folder}/libbacktune.so.1")
    loader = "/lib64/ld-linux-x86-64.so.2"
    if not os.path.exists(loader):
        pytest.skip(f"no {loader}")
    for level in ("x86-64-v3", "x86-64-v2"):
        command = [loader, "--glibc-hwcaps-mask", level, program]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        own = f"glibc-hwcaps/{level}/" if level == best[-1:] or level in supported_levels() else ""
        assert shown.splitlines()[1].startswith(f"{prefix}/lib/{own}libbacktune.so.1")


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_static(cc, prefix, source, tmp_path):
    """Nothing else is needed, and no name but bt_* is given."""
    program = tmp_path / "program"
    given = options(prefix, "--cflags", "--libs", "--static")
    given = ["-l:libbacktune.a" if word == "-lbacktune" else word for word in given]
    subprocess.run([compiler(cc), source, "-o", program, *given], check=True, capture_output=True)
    assert run(program) == [bt.__version__]
    example = ROOT / "examples" / "c" / "minimal.c"
    subprocess.run([compiler(cc), example, "-o", program, *given], check=True, capture_output=True)
    assert run(program)
    command = [compiler("nm"), "-g", "--defined-only", prefix / "lib" / "libbacktune.a"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^\w+ \w (\w+)$", found, re.MULTILINE)
    assert names and all(name.startswith("bt_") for name in names)


@pytest.mark.parametrize("target", ["backtune", "static"])
def test_cmake(target, prefix, source, tmp_path):
    tool = compiler("cmake")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(example C CXX)\n"
        f"find_package(backtune {bt.__version__} REQUIRED)\n"
        f"add_executable(program program.c)\ntarget_link_libraries(program backtune::{target})\n"
    )
    build = tmp_path / "build"
    command = [tool, "-S", tmp_path, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}"]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run([tool, "--build", build], check=True, capture_output=True)
    assert run(build / "program")[0] == bt.__version__
    for version, is_found in (("0.1", True), ("0.2", False), ("0.0.9", False), ("1", False)):
        text = (tmp_path / "CMakeLists.txt").read_text()
        asked = re.sub(r"backtune \S+ REQUIRED", f"backtune {version} REQUIRED", text)
        other = tmp_path / version
        other.mkdir()
        (other / "CMakeLists.txt").write_text(asked.replace("program.c", "../program.c"))
        command = [tool, "-S", other, "-B", other / "build", f"-DCMAKE_PREFIX_PATH={prefix}"]
        assert (subprocess.run(command, capture_output=True).returncode == 0) is is_found


def test_manual_page(prefix):
    page = (prefix / "share" / "man" / "man3" / "backtune.3").read_text()
    header = (prefix / "include" / "backtune.h").read_text()
    names = re.findall(r"^bt_status (bt_\w+)\(", header, re.MULTILINE)
    assert len(names) > 100 and all(f"{name}(" in page for name in names)
    if shutil.which("groff"):
        command = [
            "groff",
            "-man",
            "-Tutf8",
            "-ww",
            prefix / "share" / "man" / "man3" / "backtune.3",
        ]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not shown.stderr and "BACKTUNE(3)" in shown.stdout


def test_uninstall_and_folders(prefix, tmp_path):
    """A folder that stands for /, a folder of libraries elsewhere, and nothing left of either."""
    stage = tmp_path / "stage"
    kept = stage / "usr" / "lib" / "x" / "cmake"
    kept.mkdir(parents=True)
    (kept / "other").touch()
    given = {"DESTDIR": stage, "LIBDIR": "/usr/lib/x"}
    make("install", "/usr", **given)
    assert len(files(stage)) == len(files(prefix)) + 1
    described = (stage / "usr/lib/x/pkgconfig/backtune.pc").read_text()
    assert "prefix=/usr\n" in described and "libdir=/usr/lib/x\n" in described
    config = (stage / "usr/lib/x/cmake/backtune/backtune-config.cmake").read_text()
    assert "${_backtune_lib}/../../include" in config
    make("uninstall", "/usr", **given)
    assert files(stage) == ["usr/lib/x/cmake/other"]
    assert not (stage / "usr/lib/x/glibc-hwcaps").exists()
    assert not (stage / "usr/share/doc/backtune").exists()
