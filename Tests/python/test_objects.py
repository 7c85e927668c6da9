"""Life of the objects: copies, pickles, closing, collection, files."""

import copy
import gc
import json
import pickle
import weakref

import backtune as bt
import numpy as np
import pytest
from backtune._engine.abi import lib
from conftest import same

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "method": lambda net: net.copy(),
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "old pickle": lambda net: pickle.loads(pickle.dumps(net, protocol=0)),
    "json": lambda net: bt.Network.from_json(net.to_json()),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_equal_and_independent(net, how):
    net.weights.constrain("lnl.x2.B", fixed=True)
    net.weights.constrain("lnl.x2.W", lower=-3, upper=3)
    net.observe(net.groups["lnl.x"], count=2)
    other = COPIES[how](net)
    u = bt.random.normal(20).reshape(10, 2)
    assert same(other.simulate(u), net.simulate(u))
    assert list(other.weights) == list(net.weights) and list(other.groups) == list(net.groups)
    assert other.to_json() == net.to_json()
    before = net.get_weights()
    other.randomize(99)
    assert same(net.get_weights(), before)
    with pytest.raises(ValueError):
        other.observe(net.groups["lnl.x"])
    net.close()
    assert other.simulate(u).shape == (10, 2)


def test_default_output_survives(net):
    assert pickle.loads(pickle.dumps(net)).outputs == 2


def test_estimators_are_not_copied(problem):
    estimator = bt.Estimator(*problem)
    for how in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="pickle its network"):
            how(estimator)


def test_use_after_close(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    h = net.groups["lnl.x"]
    weights = net.weights
    net.close()
    net.close()
    assert net.closed and "closed" in repr(net)
    for use in (
        lambda: net.simulate(u),
        lambda: net.inputs,
        lambda: net.lnl(2),
        lambda: weights["lnl.x2.W"],
        lambda: h.connect(h.lag(1)),
        lambda: net.copy(),
        lambda: pickle.dumps(net),
        lambda: bt.Estimator(net, u, y),
        lambda: net.save("x"),
    ):
        with pytest.raises(bt.HandleError, match="closed"):
            use()
    assert len(estimator.run(2, progress=False)) > 1  # it keeps its network alive
    estimator.close()
    estimator.close()
    with pytest.raises(RuntimeError, match="closed"):
        estimator.run()
    with pytest.raises(bt.HandleError):
        _ = estimator.cost
    assert "closed" in repr(estimator)


def test_with_statement(problem):
    net, u, y = problem
    with net, bt.Estimator(net, u, y) as estimator:
        estimator.step()
    assert net.closed and estimator.closed


def test_foreign_and_freed_handles():
    net = bt.lnl_network(2)
    freed = net._pointer
    net.close()
    value = np.zeros(2)
    for handle in (freed, 1, 12345678, id(net), 2**63):
        with pytest.raises(bt.HandleError):
            lib.bt_network_randomize(handle, 0)
        with pytest.raises(bt.HandleError):
            lib.bt_estimator_get_weights(handle, value, 2)
        with pytest.raises(bt.HandleError):
            lib.bt_network_free(handle)
    other = bt.lnl_network(2)
    with pytest.raises(bt.HandleError):
        lib.bt_estimator_get_weights(other._pointer, value, 2)
    with pytest.raises(ValueError):
        lib.bt_network_randomize(None, 0)
    lib.bt_network_free(None)


def test_collection_frees(problem):
    net, u, y = problem
    estimator = bt.Estimator(net, u, y)
    handle = estimator._pointer
    gone = weakref.ref(estimator)
    del estimator
    gc.collect()
    assert gone() is None
    with pytest.raises(bt.HandleError):
        lib.bt_estimator_free(handle)


def test_failed_construction_leaves_nothing():
    with pytest.raises(ValueError):
        bt.Network(-1)
    broken = bt.Network.__new__(bt.Network)
    assert broken.closed and "closed" in repr(broken)
    broken.close()
    del broken


def test_shutdown_of_the_interpreter(python):
    code = """
import backtune as bt
class Holder: pass
u, y = bt.datasets.reverse_engineering(2)
net = bt.lnl_network(2).randomize()
estimator = bt.Estimator(net, u, y)
holder = Holder(); holder.me = holder; holder.net = net; holder.estimator = estimator
bt.keep = holder
"""
    assert python(code) == ""


# ---- Files


@pytest.mark.parametrize("name", ["net.json", "réseau à poids.json", "深い.json"])
def test_files_read_back_to_the_bit_elsewhere(net, tmp_path, python, name):
    path = tmp_path / name
    net.save(path)
    u = bt.random.normal(20, seed=3).reshape(10, 2)
    code = """
import sys, backtune as bt
net = bt.Network.load(sys.argv[1])
y = net.simulate(bt.random.normal(20, seed=3).reshape(10, 2))
print(y.tobytes().hex(), net.get_weights().tobytes().hex())
"""
    outputs, weights = python(code, path).split()
    assert outputs == net.simulate(u).tobytes().hex()
    assert weights == net.get_weights().tobytes().hex()
    assert same(bt.Network.load(str(path)).simulate(u), net.simulate(u))
    assert json.loads(path.read_text(encoding="utf-8"))


def test_a_network_that_was_trained_and_stopped_early(problem, tmp_path):
    net, u, y = problem
    bt.Estimator(net, u, y).run(50, progress=False, callback=lambda r: r.iteration == 2)
    net.save(tmp_path / "net.json")
    assert same(bt.Network.load(tmp_path / "net.json").simulate(u), net.simulate(u))


def test_a_failed_save_leaves_the_old_file(net, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "net.json"
    net.save(path)
    old = path.read_bytes()
    net.randomize(50)
    with pytest.raises(OSError):
        net.save(folder / "absent" / "net.json")
    with pytest.raises(OSError):
        net.save(folder)
    with pytest.raises(OSError):
        net.save("")
    with pytest.raises(ValueError):
        net.save("a\0b")
    with pytest.raises(TypeError):
        net.save(3)
    assert path.read_bytes() == old
    assert [p.name for p in folder.iterdir()] == ["net.json"]
    net.save(path)
    assert path.read_bytes() != old and len(list(folder.iterdir())) == 1


def test_a_full_disk_leaves_the_old_file(net, tmp_path, python):
    """A limit on the size of files stands in for the full disk."""
    path = tmp_path / "net.json"
    net.save(path)
    old = path.read_bytes()
    code = """
import resource, signal, sys, backtune as bt
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
net = bt.lnl_network(64).randomize(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    net.save(sys.argv[1])
except OSError as error:
    print(type(error).__name__)
"""
    assert python(code, path) == "FileError\n"
    assert path.read_bytes() == old and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "{}", '{"inputs": 1}', '{"format": "other"}', "NaN", "[" * 100_000],
)
def test_texts_that_are_no_network(text, tmp_path):
    with pytest.raises(ValueError):
        bt.Network.from_json(text)
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        bt.Network.load(path)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(OSError, match="absent"):
        bt.Network.load(tmp_path / "absent.json")
    with pytest.raises(OSError):
        bt.Network.load(tmp_path)
    with pytest.raises((ValueError, OSError)):
        bt.Network.load("/dev/null")
