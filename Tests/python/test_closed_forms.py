"""The closed forms of appendix D, as the golden file and as the formulas say."""

import backtune as bt
import numpy as np
import pytest
from backtune import closed_forms as cf
from conftest import same
from golden_network import from_golden

NAMES = [
    *(f"delayed_step_{delay}" for delay in (0, 1, 3, 6)),
    *(f"paper_step_is_periodic_{delay}" for delay in (1, 3, 6)),
    *(f"delayed_clock_{delay}" for delay in (0, 1, 3, 6)),
    "flip_flop",
    "xor",
    "xor_product",
    "long_term_product",
    "sequence_delay_line",
    "sequence_ramp",
    "sequence_recurrence",
]
CORRECTED = ["paper_clock_3", "paper_clock_0"]  # the report's formula, which has no function


@pytest.fixture
def cases(golden):
    return {case["name"]: case for case in golden("closed_forms.json")["cases"]}


def make(case, sharpness=None):
    """Return the network of a case."""
    name, number = case["name"], case["name"].rsplit("_", 1)[-1]
    smooth = {} if sharpness is None else {"sharpness": sharpness}
    if name.startswith("delayed_step"):
        return cf.delayed_step(int(number), **smooth)
    if name.startswith("paper_step"):
        return cf.pulse_train(int(number) + 1, **smooth)
    if name.startswith("delayed_clock"):
        return cf.delayed_clock(int(number), **smooth)
    if name.startswith("sequence"):
        return getattr(cf, name)(case["expected"], **smooth)
    if name == "long_term_product":
        return cf.long_term_product(8, **smooth)
    return {"flip_flop": cf.sr_latch, "xor": cf.xor, "xor_product": cf.xor_product}[name](**smooth)


def run(net, case):
    u = np.array(case["inputs"], dtype=float)
    return net.simulate(u if net.inputs else len(u), states=True)


def states_of(case):
    """Return the golden states, single nodes of a line joined as in our groups."""
    states = {name: np.array(values, dtype=float) for name, values in case["states"].items()}
    if case["name"] == "sequence_delay_line":
        for name, new in (("x", "d"), ("y", "y")):
            line = [states.pop(f"{name}{n}") for n in range(10)]
            states[new] = np.hstack(line)
    return states


def test_no_case_is_left_out(cases):
    assert sorted([*NAMES, *CORRECTED]) == sorted(cases)


@pytest.mark.parametrize("name", NAMES)
def test_golden(cases, name):
    case = cases[name]
    y, states = run(make(case), case)
    np.testing.assert_allclose(y[:, 0], case["expected"], rtol=0, atol=1e-12)
    for group, expected in states_of(case).items():
        scale = max(np.abs(expected).max(), 1)
        np.testing.assert_allclose(states[group], expected, rtol=0, atol=1e-12 * scale)
    if case["threshold"]:
        assert same(states[case["observe"]][:, 0] > 0.5, np.array(case["expected"]) == 1)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sequence_recurrence"])
def test_golden_smooth(cases, name):
    case = cases[name]
    y, states = run(make(case, case.get("sharpness", 5000)), case)
    for group, expected in states_of(case).items():
        error = case.get("smooth_error", 0) + 1e-12
        np.testing.assert_allclose(states[group], expected, rtol=0, atol=error)
    np.testing.assert_allclose(y[:, 0], case["expected"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES + CORRECTED)
def test_described_networks(cases, name):
    """The golden descriptions themselves, built from groups, sharp and smooth."""
    case = cases[name]
    u = np.array(case["inputs"], dtype=float)
    for sharpness in (None, case.get("sharpness")):
        y, states = from_golden(case, sharpness).simulate(u, states=True)
        error = 1e-12 + (case.get("smooth_error", 0) if sharpness else 0)
        for group, expected in case["states"].items():
            np.testing.assert_allclose(states[group], expected, rtol=0, atol=error)
        y = y[:, 0] > 0.5 if case["threshold"] else y[:, 0]
        np.testing.assert_allclose(y, case["expected"], rtol=0, atol=1e-12)


def test_all_delays():
    steps = cf.LONGEST_DELAY + 200
    time = np.arange(steps)
    for delay in range(cf.LONGEST_DELAY + 1):
        assert same(cf.delayed_step(delay).simulate(steps)[:, 0], (time >= delay) * 1.0)
        assert same(cf.delayed_clock(delay).simulate(steps)[:, 0], (time == delay) * 1.0)
        pulses = (time + 1) % (delay + 1) == 0
        assert same(cf.pulse_train(delay + 1).simulate(steps)[:, 0], pulses * 1.0)


def test_smooth_threshold_range():
    """Inside the range the smooth unit with reset steps once and stays; below, never."""
    lower, upper = cf.smooth_threshold_range()
    firsts = []
    for sharpness in (0.25, 0.5, 1.0):
        for h in (lower + 1e-3, 0.4, 0.45, upper - 1e-3):
            s = cf.reset_step(h, sharpness=sharpness).simulate(100, states=True)[1]["s"][:, 0]
            first = np.argmax(s > 0.5)
            assert first > 0 and np.all(s[first:] > 0.5)
            firsts.append(first)
        low = cf.reset_step(lower - 1e-3, sharpness=sharpness)
        assert np.all(low.simulate(1000, states=True)[1]["s"] < 0.5)
        high = cf.reset_step(upper + 1e-3, sharpness=sharpness)
        assert high.simulate(1, states=True)[1]["s"][0, 0] > 0.5
    assert max(firsts) > min(firsts)


@pytest.mark.parametrize("sharpness", [None, 50])
def test_logic_gates(sharpness):
    pairs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    a, b = pairs.T == 1
    expected = {
        "not": ~a,
        "and": a & b,
        "or": a | b,
        "nand": ~(a & b),
        "nor": ~(a | b),
        "implies": ~a | b,
        "xor": a ^ b,
        "xnor": a == b,
    }
    assert sorted(expected) == sorted(cf.GATES)
    for kind, output in expected.items():
        net = cf.logic_gate(kind, sharpness=sharpness)
        u = np.vstack([pairs, [0, 0]])[:, : net.inputs]
        np.testing.assert_allclose(net.simulate(u)[1:, 0], output, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"'nosuch'.*nand"):
        cf.logic_gate("nosuch")


def test_memory_gate():
    u = np.array([[0, 3.0], [1, 4], [0, 5], [0.4, 6], [1, -7], [0, 8]])
    assert same(cf.memory_gate().simulate(u)[:, 0], np.array([0.0, 4, 4, 4, -7, -7]))
    smooth = cf.memory_gate(sharpness=50).simulate(u)[:, 0]
    np.testing.assert_allclose(smooth, [0, 4, 4, 4, -7, -7], rtol=0, atol=1e-7)


@pytest.mark.parametrize("delay", [2, 3, 20, cf.LONGEST_DELAY])
def test_long_term_product(delay):
    u = bt.random.normal(delay + 5, seed=delay)
    expected = u.copy()
    expected[delay] = u[0] * u[1]
    assert same(cf.long_term_product(delay).simulate(u)[:, 0], expected)


def largest_link(net):
    return max(np.abs(net.weights[f"x.W{lag}"]).max() for lag in range(1, net.range + 1))


def test_sequences_of_several_outputs():
    o = bt.random.normal(24, seed=4).reshape(8, 3)
    o[0, 1] = 0.0
    held = np.vstack([o, np.repeat(o[-1:], 4, axis=0)])
    for make in (cf.sequence_delay_line, cf.sequence_ramp):
        for sharpness in (None, 50):
            y = make(o, sharpness=sharpness).simulate(12)
            np.testing.assert_allclose(y, held, rtol=0, atol=1e-13)
    for sharpness in (None, 50):
        ring = cf.periodic_sequence(o, sharpness=sharpness).simulate(50)
        np.testing.assert_allclose(ring, np.tile(o, (7, 1))[:50], rtol=0, atol=1e-12)
    assert same(cf.periodic_sequence(o).simulate(16), np.vstack([o, o]))
    assert (cf.sequence_delay_line(o).range, cf.periodic_sequence(o).range) == (1, 1)
    recurrence = cf.sequence_recurrence(o)
    assert recurrence.range == 7 and "y" in recurrence.groups
    assert "y" not in cf.sequence_recurrence(o[:, 0]).groups
    # Rounding grows with the weights.
    size = largest_link(recurrence)
    np.testing.assert_allclose(recurrence.simulate(8), o, rtol=0, atol=1e-14 * size)
    near = cf.sequence_recurrence(o, offset=20.0)
    assert largest_link(near) < 1 < size
    np.testing.assert_allclose(near.simulate(8), o, rtol=0, atol=1e-12)


def test_sequences_of_one_value():
    for make in (cf.sequence_delay_line, cf.sequence_ramp, cf.sequence_recurrence):
        assert make([3.0]).simulate(1)[0, 0] == 3
    assert same(cf.periodic_sequence([3.0]).simulate(4), np.full((4, 1), 3.0))
    assert cf.sequence_recurrence([0.0]).simulate(1)[0, 0] == 0


def test_they_can_be_estimated():
    """A smooth closed form with one wrong weight is put right again."""
    net = cf.xor_product(sharpness=2)
    u = bt.random.normal(60, seed=1).reshape(30, 2)
    y = net.simulate(u)
    net.weights["a.B"] = [[0.7, 0.2]]
    trace = bt.Estimator(net, u, y).run(60, progress=False)
    assert trace.cost[-1] < 1e-6 * trace.cost[0]
    assert bt.Network.from_json(net.to_json()).weights.keys() == net.weights.keys()


def test_wrong_use():
    for call, message in [
        (lambda: cf.delayed_step(-1), "delay: -1"),
        (lambda: cf.delayed_step(49), "delay: 49 came, expected 0 to 48"),
        (lambda: cf.delayed_clock(3, sharpness=0), "sharpness: 0"),
        (lambda: cf.delayed_clock(3, sharpness=np.nan), "sharpness: nan"),
        (lambda: cf.reset_step(np.inf), "s.a"),
        (lambda: cf.pulse_train(0), "period: 0 came, expected 1 to 49"),
        (lambda: cf.long_term_product(1), "delay: 1 came, expected 2"),
        (lambda: cf.sequence_ramp([]), "values: shape"),
        (lambda: cf.sequence_ramp(np.zeros((2, 2, 2))), "values: shape"),
        (lambda: cf.sequence_delay_line([1, np.nan]), "values: not all finite"),
        (lambda: cf.sequence_recurrence([1.0, 2], offset=-1), "offset: -1"),
        (lambda: cf.sequence_recurrence([1e-200, 1e200, 1]), "overflow"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="delay"):
        cf.delayed_step(1.5)
