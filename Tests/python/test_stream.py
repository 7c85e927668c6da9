"""A network run step by step."""

import copy
import pickle
import threading

import backtune as bt
import numpy as np
import pytest
from conftest import same

KINDS = ("linear", "lnl", "sparse_lnl", "lstm", "gru", "strongly_typed", "aif", "softmax")


def made(kind):
    net = bt.Network(2)
    getattr(net, kind)(5)
    return net.randomize(3)


@pytest.mark.parametrize("kind", [*KINDS, "state_space", "reservoir", "product"])
def test_the_bits_of_simulate(kind):
    net = made(kind)
    u = bt.random.normal(80, seed=4).reshape(40, 2)
    whole, final = net.simulate(u, return_state=True)
    stream = net.stream()
    singly = np.array([stream.step(row) for row in u])
    assert same(singly, whole) and same(stream.state, final)
    stream.reset()
    parts = [stream.run(u[:7]), stream.run(u[7:7]), [stream.step(u[7])], stream.run(u[8:])]
    assert same(np.vstack(parts), whole) and stream.steps == 40


def test_long_lags_and_learnt_states():
    net = bt.Network(1)
    x = net.lnl(3, leak="adjust", initial="learn")
    net.linear(2, sources=[x.lag(4), x.lag(0), net.input.lag(3)])
    net.randomize(1)
    net.weights["lnl.x.x0"] = np.full_like(net.weights["lnl.x.x0"], 0.3)
    u = bt.random.normal(30)
    stream = net.stream()
    assert same([stream.step(value) for value in u], net.simulate(u))
    state = stream.state
    net.weights["lnl.x.x0"] = np.full_like(net.weights["lnl.x.x0"], -0.3)
    assert same(stream.state, state)
    stream.reset()
    assert same(stream.run(u), net.simulate(u))


def test_without_inputs():
    net = bt.Network(0)
    net.lnl(3)
    net.randomize(1)
    start = np.array([0.1, 0.2, 0.3])
    stream = net.stream(start)
    assert same([stream.step(), stream.step(None), *stream.run(3)], net.simulate(5, start))
    stream.reset()
    assert same(stream.state, start)


@pytest.mark.parametrize(
    "row", [[1, -2], (1.0, -2.0), np.array([1, -2]), np.array([1, 9, -2, 9.0])[::2]]
)
def test_rows_of_any_kind(net, row):
    assert same(net.stream().step(row), net.simulate([[1.0, -2.0]])[0])


def test_what_comes_out_is_not_written_again(net):
    stream = net.stream()
    row = np.ones(2)
    first = stream.step(row)
    kept, state = first.copy(), stream.state
    stream.step(row)
    state[:] = 0
    assert same(first, kept) and same(row, np.ones(2)) and stream.state.any()


def test_wrong_inputs_change_nothing(net):
    stream = net.stream()
    stream.step([1, 2])
    state = stream.state
    for wrong in ([1.0], 1.0, [[1.0, 2.0]], np.zeros(3), None):
        with pytest.raises((bt.SizeError, TypeError)):
            stream.step(wrong)
    for wrong in ([1, np.nan], [np.inf, 0]):
        with pytest.raises(bt.ArgumentError, match="finite"):
            stream.step(wrong)
        with pytest.raises(bt.ArgumentError, match="finite"):
            stream.run([[0, 0], wrong])
    assert same(stream.state, state) and stream.steps == 1
    with pytest.raises(bt.ArgumentError, match="finite"):
        stream.state = np.full(net.state_size, np.nan)
    with pytest.raises(bt.SizeError, match="state"):
        stream.state = [1.0]


def test_state_is_handed_over(net):
    u = bt.random.normal(20).reshape(10, 2)
    first = net.stream()
    first.run(u[:5])
    second = net.stream(first.state)
    third = first.copy()
    assert third.steps == 5
    after = first.run(u[5:])
    assert same(second.run(u[5:]), after) and same(third.run(u[5:]), after)
    second.state = np.zeros(net.state_size)
    assert same(second.run(u), net.simulate(u))


def test_copies_and_pickles_go_on(net):
    stream = net.stream()
    stream.step([1, 2])
    others = [copy.copy(stream), copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))]
    assert others[0].net is net and others[1].net is not net
    after = stream.step([0, 1])
    assert all(same(other.step([0, 1]), after) and other.steps == 2 for other in others)
    both = copy.deepcopy({"net": net, "stream": stream})
    assert both["stream"].net is both["net"]
    assert "2 steps" in repr(stream)


def test_weights_that_change_count_from_the_next_step(net):
    u = bt.random.normal(20).reshape(10, 2)
    other = net.copy().randomize(7)
    before, state = net.simulate(u[:5], return_state=True)
    stream = net.stream()
    first = stream.run(u[:5])
    net.set_weights(other.get_weights())
    assert same(first, before)
    assert same([stream.step(row) for row in u[5:]], other.simulate(u[5:], state))


def test_a_changed_structure_is_refused(net):
    stream = net.stream()
    net.lnl(2)
    with pytest.raises(bt.SizeError, match="expected"):
        stream.step([0, 0])
    net.close()
    with pytest.raises(bt.HandleError, match="closed"):
        stream.step([0, 0])


def test_a_structure_of_the_same_sizes_is_followed(net):
    u = bt.random.normal(20).reshape(10, 2)
    stream = net.stream()
    stream.run(u[:5])
    state, reset = stream.state, net.stream()
    net.groups["lnl.x"].add(-0.25)
    expected = net.simulate(u[5:], state)
    assert not same(expected, net.copy().simulate(u[5:]))
    assert same([stream.step(row) for row in u[5:]], expected) and stream.steps == 10
    assert same(reset.run(u), net.simulate(u))


def test_lists_of_numbers():
    net = bt.Network(3)
    net.lnl(4)
    net.randomize(1)
    expected = net.simulate([[1.0, 2.0, -3.0]])[0]
    for row in (
        [1, 2.0, -3],
        [np.float64(1), 2, -3.0],
        [np.float32(1), 2, np.int8(-3)],
        (1, 2, -3),
    ):
        assert same(net.stream().step(row), expected)
    stream = net.stream()
    for wrong in (
        ["1", "2", "3"],
        [[1.0], [2.0], [3.0]],
        [1.0, 2.0],
        [1.0] * 4,
        [1.0, None, 2.0],
        [],
    ):
        with pytest.raises((TypeError, bt.ArgumentError)):
            stream.step(wrong)
    with pytest.raises((OverflowError, TypeError, bt.ArgumentError)):
        stream.step([10**400, 0, 0])
    assert stream.steps == 0 and same(stream.step([1, 2, -3]), expected)


def test_a_network_that_is_closed(net):
    stream = net.stream()
    other = stream.copy()
    stream.step([1, 2])
    state = stream.state
    net.close()
    for call in (lambda: stream.step([0, 0]), lambda: stream.run([[0, 0]]), stream.reset):
        with pytest.raises(bt.HandleError, match="closed"):
            call()
    assert same(stream.state, state) and stream.steps == 1 and other.steps == 0


def test_copies_of_what_diverged_have_diverged():
    net = bt.linear_network(1)
    net.weights["linear.x.W1"] = 1e200
    net.weights["linear.x.B"] = 1.0
    stream = net.stream()
    stream.run(np.ones(4))
    for other in (stream.copy(), copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))):
        assert same(other.state, stream.state) and other.steps == 4
        with pytest.raises(bt.StateError, match="diverged"):
            other.step(1.0)
        other.reset()
        assert other.step(1.0) == 0


def test_steps_beside_an_estimation():
    """What another thread's run finds is followed while it runs; a step is never refused."""
    root = bt.lnl_network(4).randomize(1)
    u = bt.random.normal(400)
    net = bt.lnl_network(4).randomize(2)
    estimator = bt.Estimator(net, u, root.simulate(u))
    stream, first = net.stream(), net.copy().stream()
    seen = []
    thread = threading.Thread(target=estimator.run, args=(20,), kwargs={"progress": False})
    thread.start()
    is_over = False
    while not is_over:
        is_over = not thread.is_alive()
        stream.state = first.state
        seen.append(float(stream.step(0.7)[0]))
    thread.join()
    stream.state = first.state
    assert same(stream.step(0.7), net.simulate([0.7])[0])
    assert np.isfinite(seen).all()


def test_divergence_is_told():
    net = bt.linear_network(1)
    net.weights["linear.x.W1"] = 1e200
    net.weights["linear.x.B"] = 1.0
    stream = net.stream()
    outputs = [stream.step(1.0) for _ in range(4)]
    assert same(outputs, net.simulate(np.ones(4))) and not np.isfinite(outputs[-1])
    for call in (lambda: stream.step(1.0), lambda: stream.run([1.0])):
        with pytest.raises(bt.StateError, match="diverged"):
            call()
    with pytest.raises(bt.ArgumentError, match="inputs"):
        stream.step(np.nan)
    stream.reset()
    assert stream.step(1.0) == 0


def test_estimation_from_a_given_state(net):
    """The second half of a sequence, from the state that the first half left."""
    u = bt.random.normal(60).reshape(30, 2)
    root = net.copy().randomize(5)
    y = root.simulate(u)
    state = root.simulate(u[:12], return_state=True)[1]
    with bt.Estimator(root, u[12:], y[12:], initial=state) as estimator:
        assert estimator.cost < 1e-30
    for method in ("gauss-newton", "backward-tuning"):
        learner = net.copy()
        estimator = bt.Estimator(learner, u[12:], y[12:], initial=state, method=method, restarts=0)
        slope = gradient(learner, u[12:], y[12:], state)
        trace = estimator.run(3, progress=False)
        assert trace.cost[-1] < 0.5 * trace.cost[0]
        error = learner.simulate(u[12:], state) - y[12:]
        np.testing.assert_allclose(estimator.cost, np.mean(error**2) / 2, rtol=1e-12)
        assert slope < 1e-6
    several = bt.Estimator(root, [u[12:], u], [y[12:], y], initial=[state, None])
    assert several.cost < 1e-30
    with pytest.raises(bt.SizeError, match="1 came for 2"):
        bt.Estimator(root, [u, u], [y, y], initial=[state])
    with pytest.raises(bt.ArgumentError, match="finite"):
        bt.Estimator(root, u, y, initial=np.full_like(state, np.inf))


def gradient(net, u, y, state):
    """Largest difference of the adjoint's and of central differences, relative."""
    weights = net.get_weights()
    values = []
    for k in range(weights.size):
        sides = []
        for step in (1e-5, -1e-5):
            moved = weights.copy()
            moved[k] += step
            net.set_weights(moved)
            sides.append(np.mean((net.simulate(u, state) - y) ** 2) / 2)
        values.append((sides[0] - sides[1]) / 2e-5)
    net.set_weights(weights)
    error = (net.simulate(u, state) - y) / y.size
    adjoint = net.gradient(u, error, state)
    return np.abs(adjoint - values).max() / np.abs(values).max()


def test_learnt_states_start_from_those_given(net):
    u = bt.random.normal(60).reshape(30, 2)
    state = np.full(net.state_size, 0.4)
    y = net.simulate(u, state)
    estimator = bt.Estimator(net, u, y, initial=state)
    estimator.set_option("initial_states", 1)
    trace = estimator.run(2, progress=False)
    assert trace.cost[-1] < 1e-30
    np.testing.assert_allclose(estimator.initial_states[0], state, rtol=1e-12)
