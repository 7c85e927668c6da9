"""Files that cannot be written, or are not what they seem: an error, soon and in little memory."""

import errno
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
import saves
from backtune._engine import files
from backtune.command.tables import read
from backtune.errors import ArgumentError, FileError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a file system")


@pytest.fixture
def mounted(tmp_path):
    """Mount file systems in memory: a function of options that returns the folder."""
    made = []

    def mount(options):
        folder = tmp_path / f"mounted{len(made)}"
        folder.mkdir()
        found = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False
        )
        if found.returncode != 0:
            pytest.skip("no file system can be mounted here")
        made.append(folder)
        return folder

    yield mount
    for folder in made:
        subprocess.run(["umount", folder], check=True)


def refused(kind, item, path, *reasons, kept=None):
    """Look at a write that fails for one of some reasons, while what stands there stays."""
    folder = kept or Path(path).parent
    before = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    if kind == "command":
        with pytest.raises(OSError, match="the command failed"):
            item.write(path, 1)
    else:
        with pytest.raises(FileError) as caught:
            item.write(path, 1)
        assert any(os.strerror(reason) in str(caught.value) for reason in reasons)
    assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == before


@needs_root
@pytest.mark.parametrize("kind", saves.KINDS)
def test_full_disk(kind, tmp_path, mounted):
    folder = mounted("size=1m")
    item, path = saves.make(kind, tmp_path)
    path = os.path.join(folder, os.path.basename(path))
    item.write(path, 0)
    with open(folder / "filler", "wb") as filler:
        left = os.statvfs(folder)
        filler.write(bytes(left.f_bavail * left.f_frsize))
    refused(kind, item, path, errno.ENOSPC)
    (folder / "filler").unlink()
    item.write(path, 1)


@needs_root
@pytest.mark.parametrize("kind", saves.KINDS)
def test_read_only(kind, tmp_path, mounted):
    folder = mounted("size=4m")
    item, path = saves.make(kind, tmp_path)
    path = os.path.join(folder, os.path.basename(path))
    item.write(path, 0)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    refused(kind, item, path, errno.EROFS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("kind", saves.KINDS)
def test_folder_without_permission(kind, tmp_path):
    item, path = saves.make(kind, tmp_path)
    item.write(path, 0)
    folder = Path(path).parent
    folder.chmod(0o500)
    try:
        refused(kind, item, path, errno.EACCES)
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("kind", saves.KINDS)
def test_limit_on_files(kind, tmp_path):
    item, path = saves.make(kind, tmp_path)
    item.write(path, 0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        refused(kind, item, path, errno.EFBIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", saves.KINDS)
def test_paths(kind, tmp_path):
    item, path = saves.make(kind, tmp_path)
    folder, suffix = os.path.dirname(path), item.suffix
    for name in ("x" * (256 - len(suffix)), "y/" * 3000 + "x"):
        long = os.path.join(folder, name + suffix)
        refused(kind, item, long, errno.ENAMETOOLONG, kept=folder)
    absent = os.path.join(folder, "absent", f"x{suffix}")
    refused(kind, item, absent, errno.ENOENT, errno.ENOTDIR, kept=folder)
    # The longest name there is; FMUs and C programs are named by it.
    if kind not in ("c", "fmu"):
        longest = os.path.join(folder, "x" * (255 - len(suffix)) + suffix)
        item.write(longest, 0)
        assert os.path.isfile(longest)


@pytest.mark.parametrize("kind", saves.KINDS)
def test_links_and_devices(kind, tmp_path):
    item, path = saves.make(kind, tmp_path)
    if kind not in ("c", "fmu"):
        target = os.path.join(tmp_path, f"target{item.suffix}")
        item.write(target, 0)
        os.chmod(target, 0o640)
        before = Path(target).read_bytes()
        os.symlink(target, path)
        item.write(path, 1)
        assert os.path.islink(path) and os.path.realpath(path) == target
        assert Path(target).read_bytes() != before and os.stat(target).st_mode & 0o777 == 0o640
        os.unlink(path)
    for name in ("null", "full"):
        # By a link: what is wrong here would replace the device.
        os.symlink(f"/dev/{name}", path)
        device = os.stat(path)
        if name == "full":
            with pytest.raises(OSError):
                item.write(path, 0)
        else:
            item.write(path, 0)
        assert os.stat(path).st_rdev == device.st_rdev and os.path.islink(path)
        os.unlink(path)


# ---- What is read


def load_network(path):
    return bt.Network.load(path)


def load_model(path):
    return bt.IdentifiedModel.load(path)


def load_series(path):
    bare = Path(path).with_suffix("")
    if not os.path.lexists(f"{bare}.csv"):
        os.symlink(path, f"{bare}.csv")
    return bt.mnemonas.BufferedInput(os.fspath(bare), "csv")


LOADS = [load_network, load_model, load_series, lambda path: read(os.fspath(path))]


@pytest.mark.parametrize("load", LOADS, ids=["network", "model", "series", "table"])
@pytest.mark.parametrize("name", ["zero", "urandom", "null"])
def test_devices_are_no_files(load, name, tmp_path):
    path = tmp_path / "linked"
    path.symlink_to(f"/dev/{name}")
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if load is load_series and name == "null":
        pytest.skip("a series of no values")
    with pytest.raises((ArgumentError, FileError)):
        load(path)
    assert time.perf_counter() - begin < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("load", LOADS, ids=["network", "model", "series", "table"])
def test_folders_are_no_files(load, tmp_path):
    with pytest.raises(FileError, match="directory"):
        load(tmp_path)


def written(path, kind):
    """Write a file that can be read, of some size; return how it is read."""
    if kind == "network":
        bt.lnl_network(60).randomize(1).save(path)
        return load_network
    rows = "\n".join(map(repr, bt.random.normal(20_000, seed=1).tolist()))
    path.write_text(f"u\n{rows}\n")
    return lambda path: read(os.fspath(path))


@pytest.mark.parametrize("kind", ["network", "table"])
@pytest.mark.parametrize("how", ["shrinks", "grows"])
def test_files_that_change_while_they_are_read(kind, how, tmp_path):
    """The whole of it, or an error: never a hang, nor a part taken for the whole."""
    path = tmp_path / "changing"
    load = written(path, kind)
    content, whole = path.read_bytes(), load(path)
    stop = threading.Event()

    def change():
        while not stop.is_set():
            with open(path, "r+b") as file:
                if how == "shrinks":
                    file.truncate(len(content) // 3)
                else:
                    file.seek(len(content))
                    for _ in range(20):
                        file.write(b" " * 10_000)
                        file.flush()
            with open(path, "r+b") as file:
                file.write(content)
                file.truncate(len(content))

    thread = threading.Thread(target=change)
    thread.start()
    answers = set()
    try:
        for _ in range(20):
            begin = time.perf_counter()
            try:
                found = load(path)
            except (ArgumentError, FileError):
                answers.add("refused")
            else:
                answers.add("read")
                if kind == "network":
                    assert np.array_equal(found.get_weights(), whole.get_weights())
            assert time.perf_counter() - begin < 10
    finally:
        stop.set()
        thread.join()
    assert answers


def test_a_file_that_became_shorter(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5000)
    monkeypatch.setattr(files, "_PART", 1000)
    real = files._read

    def cut(file, *others):
        os.truncate(path, 100)
        return real(file, *others)

    monkeypatch.setattr(files, "_read", cut)
    with pytest.raises(FileError, match="became shorter meanwhile: 100 of 5000 bytes"):
        files.read_whole(path)


def test_pipes(tmp_path, monkeypatch):
    """What comes by and by is read whole; what does not end is not."""
    net = bt.lnl_network(30).randomize(1)
    text, path = net.to_json().encode(), tmp_path / "pipe"
    os.mkfifo(path)

    def feed(parts):
        try:
            with open(path, "wb") as pipe:
                for part in parts:
                    pipe.write(part)
                    pipe.flush()
                    time.sleep(0.001)
        except BrokenPipeError:
            pass

    def fed(load, parts):
        thread = threading.Thread(target=feed, args=[parts])
        thread.start()
        try:
            return load(path)
        finally:
            thread.join()

    loaded = fed(load_network, [text[:100], text[100:5000], text[5000:]])
    assert np.array_equal(loaded.get_weights(), net.get_weights())
    assert len(fed(lambda path: read(os.fspath(path)), [b"u\n1\n", b"2\n3\n"]).rows) == 3
    monkeypatch.setattr(files, "_MOST", 100_000)
    with pytest.raises(ArgumentError, match="more than 100000 bytes"):
        fed(lambda path: read(os.fspath(path)), [b"1\n" * 100_000])


def test_series_with_a_wrong_first_line(tmp_path):
    for line in (b"-1 -5", b"1000000 100000000", b"2", b"1" * 10_000_000, b"1 3"):
        (tmp_path / "x.dat").write_bytes(line + b"\n" + bytes(16))
        with pytest.raises(FileError):
            bt.mnemonas.BufferedInput(os.fspath(tmp_path / "x"), "binary-unit-time")


def test_the_command_reads_a_pipe(tmp_path):
    """A model that comes by a pipe is read once."""
    net = bt.lnl_network(2).randomize(1)
    net.input_names, net.output_names = ["u"], ["y"]
    (tmp_path / "data.csv").write_text("u\n1\n2\n")
    program = [sys.executable, "-m", "backtune", "simulate", "/dev/stdin", tmp_path / "data.csv"]
    found = subprocess.run(
        program, input=net.to_json(), capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("y\n") and found.stdout.count("\n") == 3
