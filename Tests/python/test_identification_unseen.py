"""Long records: candidates see little of them, and are weighed by all."""

import backtune as bt
import numpy as np
import pytest
from backtune.identification.candidates import Candidate
from backtune.identification.fits import Kind
from backtune.identification.networks import Form, make_network
from backtune.identification.record import Record
from backtune.identification.search import Search
from backtune.identification.unseen import saw_little, scores_on_all
from test_identification_records import front

LONG = 20_000


def plant(steps, seed=0):
    """Return a record of two slow modes, with noise."""
    random = np.random.default_rng(seed)
    u = random.normal(size=steps)
    y, x = np.empty(steps), np.zeros(2)
    for t in range(steps):
        y[t] = x.sum()
        x = np.array([0.9, -0.5]) * x + u[t]
    return u[:, None], (y + 0.5 * random.normal(size=steps))[:, None]


@pytest.fixture(scope="module")
def model():
    return bt.identify(*plant(LONG), linear=True, max_order=3, focus="simulation", progress=False)


def alone(model, member):
    row = next(k for k, found in model.candidates.items() if found is member)
    return model.with_candidate(row)


def test_scores_in_free_run_are_errors_on_all_of_a_long_record(model):
    u, y = plant(LONG)
    told = [member for member in model.members if np.isfinite(member.scores[-1])]
    assert len(told) >= 3 and all(member.precise for member in model.members)
    least = min(member.scores[-1] for member in told)
    # The ratio to 1.02 times the least, to the power of -50, 0 below a thousandth.
    ratios = np.exp([least - member.scores[-1] for member in model.members])
    expected = np.minimum(1, (1.02 * ratios) ** 50)
    np.testing.assert_allclose(model.weights(), np.where(expected < 1e-3, 0, expected), rtol=1e-9)
    for member in told:
        error = np.mean((alone(model, member).simulate(u) - y) ** 2) / y.var()
        assert np.exp(member.scores[-1]) == pytest.approx(error, rel=1e-6)


def test_those_of_a_short_record_are_of_what_is_held_back():
    u, y = plant(1500)
    model = bt.identify(u, y, linear=True, max_order=2, focus="simulation", progress=False)
    member = model.members[0]
    error = np.mean((alone(model, member).simulate(u) - y) ** 2) / y.var()
    assert abs(np.exp(member.scores[-1]) / error - 1) > 1e-4 and not member.precise


def test_the_least_error_on_all_stands_first_but_for_the_order(model):
    u, y = plant(LONG)
    errors = [m.scores[-1] for m in model.members if m.kind != "arx"]
    assert model.members[0].scores[-1] <= min(errors) + 0.05
    assert model.order == 2 and model.score(u, y) > 0.85


def candidates(part):
    """Return two candidates that saw a part: the plant, and one that knows half of it."""
    found = []
    for poles in ([0.9, -0.5], [0.9, 0.0]):
        net = make_network(Form(1, 1, 2))
        net.weights = {
            "state_space.x.A": np.diag(poles),
            "state_space.x.B": np.ones((2, 1)),
            "state_space.y.C": np.ones((1, 2)),
        }
        found.append(Candidate(part, net, Kind("output error", Form(1, 1, 2), 0.0), Search(None)))
    return found


def test_errors_are_those_of_runs_from_starts_that_are_learnt():
    u, y = plant(5000, 1)
    # It begins elsewhere than at rest.
    y += 8 * 0.9 ** np.arange(5000)[:, None]
    record = Record.of(front(), [u], [y])
    part = record.part([(0, slice(0, 1000))], [slice(750, 1000)])
    items = candidates(part)
    assert saw_little(items, [record] * 2)
    assert not saw_little(items, [record, part])
    right, half = np.exp(scores_on_all(items, [record] * 2, Search(None)))
    assert right == pytest.approx(0.25, rel=0.1)
    states = items[1].net.simulate(record.u[0])
    expected = np.mean((states - record.y[0])[200:] ** 2)
    assert half == pytest.approx(expected, rel=0.05) and half > 2 * right


def test_one_that_runs_away_is_told():
    u, y = plant(3000, 1)
    record = Record.of(front(), [u], [y])
    item = candidates(record.part([(0, slice(0, 500))], [slice(400, 500)]))[0]
    weights = dict(item.net.weights.items())
    item.net.weights = {**weights, "state_space.x.A": np.diag([2.0, 0.5])}
    item.best = item.net.get_weights()
    assert scores_on_all([item], [record], Search(None))[0] == np.inf
