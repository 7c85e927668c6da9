"""The best on all of a long record, trained on there in free run, some with more nodes."""

from dataclasses import replace

import backtune as bt
import numpy as np
import pytest
from backtune.identification import course, longer, records
from backtune.identification.candidates import Candidate, Effort
from backtune.identification.fits import Kind
from backtune.identification.linear import output_error
from backtune.identification.longer import trained_longer
from backtune.identification.networks import Form, bent, states_of, widened
from backtune.identification.record import Record
from backtune.identification.search import Search
from backtune.identification.unseen import scores_on_all
from test_identification_records import front

WIDER = {"x.E", "y.H", "h2.a", "h2.F", "h2.G"}
STEPS, WINDOW = 5000, 1200


def plant(steps, seed=0):
    """Return a record of a mode that saturates, with noise."""
    random = np.random.default_rng(seed)
    u, x = random.normal(size=steps), 0.0
    y = np.empty(steps)
    for t in range(steps):
        y[t] = x
        x = 0.6 * x + 1.2 * np.tanh(u[t] + 0.5 * x)
    return u[:, None], (y + 0.2 * random.normal(size=steps))[:, None]


@pytest.fixture(scope="module")
def whole():
    u, y = plant(STEPS)
    return Record.of(front(), [u], [y])


@pytest.fixture(scope="module")
def part(whole):
    return whole.part([(0, slice(0, WINDOW))], [slice(3 * WINDOW // 4, WINDOW)])


def layered(record, hidden, draw=0):
    """Return a candidate with a layer on a linear one of order 1, trained a little."""
    search, form = Search(None), Form(1, 1, 1, hidden)
    line = output_error(record, replace(form, hidden=0), [1], 0, search)[0]
    net = bent(line.net, form, states_of(line.net, record.u, line.starts), (0, hidden))
    kind = Kind("output error", form, 1e-8, draw)
    return Candidate(record, net, kind, search).run(10).close().judge()


def parents_of(made):
    """Return whose copies they are, which keep the draw."""
    return [item.kind.draw for item in made]


def test_a_wider_layer_begins_as_it_was(part):
    item = layered(part, 2)
    form = Form(1, 1, 1, 6)
    states = states_of(item.net, part.u, item.starts)
    net = widened(item.net, form, states, 3)
    for name in item.net.weights:
        old, new = item.net.weights[name], net.weights[name]
        axis = next((k for k in range(old.ndim) if old.shape[k] != new.shape[k]), None)
        assert (axis is None) == (name.split(".", 1)[1] not in WIDER)
        assert np.array_equal(old, new if axis is None else new.take([0, 1], axis))
    assert net.get_weights().size == form.weights
    old, new = item.net.simulate(part.u[0]), net.simulate(part.u[0])
    assert 0 < np.mean((old - new) ** 2) < 1e-3 * old.var()
    again, other = (widened(item.net, form, states, seed) for seed in (3, 4))
    assert np.array_equal(again.get_weights(), net.get_weights())
    assert not np.array_equal(other.get_weights(), net.get_weights())


def test_the_best_on_all_of_a_long_record_are_trained_on_there(whole, part, monkeypatch):
    monkeypatch.setattr(longer, "_EFFORT", Effort(np.inf, 10, 10))
    monkeypatch.setattr(longer, "_VALUES_PER_WEIGHT", 10)
    items = [layered(part, hidden, k) for k, hidden in enumerate((2, 3, 4, 2))]
    wholes, search = [whole] * 4, Search(None)
    errors = scores_on_all(items, wholes, search)
    before = [item.best.copy() for item in items]
    made = trained_longer(items, wholes, errors, True, search)
    parents = parents_of(made)
    order = np.argsort(errors, kind="stable").tolist()
    assert parents == [*order[:2], order[0], order[0]]
    nodes = [m.kind.form.hidden - items[k].kind.form.hidden for m, k in zip(made, parents)]
    assert nodes == [0, 0, 4, 8]
    found = scores_on_all(made, [whole] * 4, search)
    # What noise leaves: 0.04 is the least.
    assert (found < errors[parents]).all() and np.exp(found[2:].min()) < 0.0405
    assert all(np.array_equal(item.best, old) for item, old in zip(items, before))
    made = trained_longer(items, wholes, errors, False, search)
    parents = parents_of(made)
    assert parents == order[:2] and [m.kind.form.hidden for m in made] == [
        items[k].kind.form.hidden for k in parents
    ]
    assert trained_longer(items, wholes, np.full(4, np.inf), True, search) == []
    # So many values for each weight that 4 nodes more are too many.
    weights = max(item.kind.form.weights for item in items)
    monkeypatch.setattr(longer, "_VALUES_PER_WEIGHT", STEPS / weights)
    assert parents_of(trained_longer(items, wholes, errors, True, search)) == order[:2]


def test_the_model_of_a_long_record_has_them_among_its_members(monkeypatch):
    monkeypatch.setattr(longer, "_EFFORT", Effort(np.inf, 10, 10))
    # As if it were long.
    monkeypatch.setattr(longer, "_VALUES_PER_WEIGHT", 10)
    monkeypatch.setattr(records, "RACE_STEPS", 600)
    monkeypatch.setattr(records, "_VALIDATION_STEPS", 300)
    monkeypatch.setattr(course, "_WORK", 1e8)
    u, y = plant(STEPS)
    model = bt.identify(u, y, order=1, focus="simulation", progress=False)
    # Of 2 to 8 nodes, and 8 more.
    assert any(trial.hidden >= 10 and trial.weight > 0 for trial in model.report)
    assert model.score(*plant(STEPS, 1)) > 0.98
