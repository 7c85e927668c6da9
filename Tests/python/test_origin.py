"""Where weights come from: untouched, drawn by a seed, or set; what an estimation makes of it."""

import copy
import json
import pickle
import warnings

import backtune as bt
import numpy as np
import pytest

LARGEST = 2**64 - 1


@pytest.fixture
def data():
    return bt.datasets.reverse_engineering(units=4, seed=1)


def runs(net, u, y):
    """Return the bits of a run: costs and draws."""
    trace = bt.Estimator(net, u, y).run(60, progress=False)
    return trace.cost.tobytes(), trace.draw_costs.tobytes()


def test_states(tmp_path):
    net = bt.lnl_network(3)
    assert (net.origin, net.seed) == ("untouched", None)
    net.randomize(LARGEST)
    assert (net.origin, net.seed) == ("drawn", LARGEST)
    name = next(iter(net.weights))
    net.weights[name] = net.weights[name]
    net.set_weights(net.get_weights())
    assert (net.origin, net.seed) == ("drawn", LARGEST)
    net.save(tmp_path / "net.json")
    for other in (
        net.copy(),
        copy.deepcopy(net),
        pickle.loads(pickle.dumps(net)),
        bt.Network.from_json(net.to_json()),
        bt.Network.load(tmp_path / "net.json"),
    ):
        assert (other.origin, other.seed) == ("drawn", LARGEST)
    net.weights[name] = net.weights[name] + 0.5
    assert (net.origin, net.seed) == ("set", None)
    assert bt.Network.from_json(net.to_json()).origin == "set"
    # What was set is not adjusted: the rest is as drawn.
    net.weights.constrain(name, fixed=True)
    assert net.origin == "drawn"
    net.weights.constrain(name, fixed=False)
    assert net.origin == "set" and net.randomize(1).seed == 1


def test_fixing_what_was_set_leaves_the_rest_untouched():
    net = bt.lnl_network(2)
    first = next(iter(net.weights))
    net.weights[first] = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.simulate([1.0])
        net.simulate([1.0])
    net.weights.constrain(first, fixed=True)
    for _ in range(2):
        with pytest.warns(bt.BacktuneWarning, match="neither drawn nor set"):
            net.simulate([1.0])
    slopes = np.ones((1, net.outputs))
    assert net.gradient([1.0], slopes).size == net.get_weights().size
    net.weights.constrain(first, fixed=False)
    assert net.gradient([1.0], slopes).size == net.get_weights().size


@pytest.mark.parametrize("seed", [0, 2**53 + 1, LARGEST])
def test_a_copy_runs_as_its_original(data, seed):
    # Too small, so that all draws of the race are made.
    net = bt.lnl_network(1).randomize(seed)
    expected = runs(net.copy(), *data)
    assert len(expected[1]) // 8 == 8
    same = net.copy()
    same.set_weights(same.get_weights())
    for other in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net), same):
        assert runs(other, *data) == expected


def test_files_of_the_first_release():
    net = bt.lnl_network(3).randomize(5)
    document = json.loads(net.to_json())
    del document["seed"]
    for array in document["weights"]:
        del array["origin"]
    old = bt.Network.from_json(json.dumps(document))
    assert old.origin == "set" and np.array_equal(old.get_weights(), net.get_weights())


def test_documents_that_are_refused():
    document = json.loads(bt.lnl_network(3).randomize(5).to_json())
    assert document["seed"] == "5"
    for seed in ("-1", str(2**64), "five"):
        with pytest.raises(bt.ArgumentError, match="seed is"):
            bt.Network.from_json(json.dumps({**document, "seed": seed}))
    without = {name: value for name, value in document.items() if name != "seed"}
    with pytest.raises(bt.ArgumentError, match="origin of .*'drawn'"):
        bt.Network.from_json(json.dumps(without))
    document["weights"][0]["origin"] = ["drawn"] * 2
    with pytest.raises(bt.SizeError, match="origin of .* 2 values"):
        bt.Network.from_json(json.dumps(document))


def test_untouched_weights_are_drawn(data):
    u, y = data
    drawn = bt.lnl_network(4).randomize(0)
    expected = runs(drawn, u, y)
    net = bt.lnl_network(4)
    est = bt.Estimator(net, u, y)
    with pytest.warns(bt.BacktuneWarning, match="drawn with seed 0"):
        trace = est.run(60, progress=False)
    assert (trace.cost.tobytes(), trace.draw_costs.tobytes()) == expected
    assert net.origin == "set" and trace.nmse[-1] < 1e-3
    est.run(2, progress=False)  # once
    net = bt.lnl_network(4)
    with pytest.warns(bt.BacktuneWarning, match="drawn with seed 0") as told:
        bt.Estimator(net, u, y).step()
    assert told[0].filename == __file__


def test_untouched_weights_under_validation(data):
    u, y = data
    net = bt.lnl_network(4)
    with pytest.warns(bt.BacktuneWarning, match="seed 0"):
        trace = bt.Estimator(net, u, y).run(9, progress=False, validation=(u, y))
    assert np.isnan(trace.validation[0]) and trace.validation[1:].min() < 0.5


def test_simulation_warns(data):
    net = bt.lnl_network(2)
    for call in (net.simulate, lambda u: net.stream()):
        with pytest.warns(bt.BacktuneWarning, match="neither drawn nor set") as told:
            call(data[0])
        assert told[0].filename == __file__
    net.set_weights(np.zeros(net.get_weights().size))
    assert net.origin == "set" and (net.simulate(data[0]) == 0.5).all()


def test_weights_that_are_given_when_made(data):
    """Fixed random weights, given ones, and networks without any are no one's omission."""
    reservoir = bt.Network(1)
    reservoir.reservoir(20)
    assert reservoir.origin == "untouched"
    assert reservoir.simulate(data[0], states=True)[1]["reservoir.x"].any()
    # A readout has one minimum, wherever it starts: nothing to tell.
    bt.Estimator(reservoir, *data).run(3, progress=False)
    freed = bt.Network(1)
    freed.reservoir(20)
    freed.weights.constrain("reservoir.x2.W", fixed=False)
    assert freed.origin == "set"
    firmware = bt.Network(1)
    firmware.firmware(1).add(2.0, firmware.input.lag(0))
    assert firmware.origin == "set" and firmware.simulate([1.0])[0, 0] == 2
    partly = bt.lnl_network(2)
    partly.weights["lnl.x2.W"] = [[0.5, 0.0], [0.0, 0.5]]
    before = partly.weights["lnl.x2.W"]
    assert partly.origin == "set"
    bt.Estimator(partly, *data).run(0, progress=False)
    assert np.array_equal(partly.weights["lnl.x2.W"], before)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        partly.simulate(data[0])


def test_learnt_initial_states_count_as_drawn():
    net = bt.Network(1)
    x = net.lnl(2)
    net.randomize(3)
    x.learn_initial_state()
    assert net.seed == 3
