"""How well an identified model does: NMSE, R^2, fit in percent, first outputs, tables."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from identified_cases import Y_SCALE, arx, model_of, record, state_space


def test_exact_model_has_no_error():
    u, y, _ = record()
    for member in (state_space(), arx()):
        model = model_of([member])
        for horizon in (None, 1, 5):
            assert model.nmse(u, y, horizon, first=0)[0] < 1e-20
            assert model.score(u, y, horizon, first=0) == 1.0
        assert model.fit_percent(u, y).shape == model.nmse(u, y).shape == (1,)
        assert abs(model.fit_percent(u, y) - 100).max() < 1e-8


def test_values_are_those_of_the_formulas():
    u, y, e = record(noise=0.3)
    model = model_of([arx()])
    for first in (0, 7):
        errors, known = e[first:], y[first:]
        expected = (errors**2).sum() / ((known - known.mean()) ** 2).sum()
        assert np.allclose(model.nmse(u, y, 1, first=first), expected, rtol=1e-9)
        assert np.isclose(model.score(u, y, 1, first=first), 1 - expected, rtol=1e-12)
        fit = 100 * (1 - np.linalg.norm(errors) / np.linalg.norm(known - known.mean()))
        assert np.allclose(model.fit_percent(u, y, horizon=1, first=first), fit, rtol=1e-9)


def test_first_outputs_set_the_state_and_do_not_count():
    u, y, _ = record(200)
    late = y + Y_SCALE * 5 * 0.8 ** np.arange(1, 201)[:, None]  # a start of 5 deviations
    model = model_of([state_space()])
    # By default a tenth of a record that is not known, at most 50 rows.
    assert same(model.nmse(u, late), model.nmse(u, late, first=20))
    long = record(1000)
    assert same(model.nmse(*long[:2]), model.nmse(*long[:2], first=50))
    assert model.score(u, late) > 1 - 1e-9
    assert model.nmse(u, late, first=0)[0] > 0.02
    # The record of the fit begins as it did there, and all rows count.
    known = model_of([state_space(start=5.0)], u)
    assert known.nmse(u, late)[0] < 1e-20
    assert same(known.nmse(u, late), known.nmse(u, late, first=0))


def test_missing_and_short_outputs_do_not_count():
    u, y, e = record(300, noise=0.2)
    model = model_of([arx()])
    holes = y.copy()
    holes[100:110] = np.nan
    counted = np.delete(np.arange(5, 300), np.arange(95, 106))  # the next one is not of one step
    errors = model.predict(u, holes, 1) - holes
    known = np.isfinite(errors)
    known[:5] = False
    assert np.allclose(abs(errors[counted]), abs(e[counted]), rtol=1e-6)
    expected = (errors[known] ** 2).sum() / ((holes[known] - holes[known].mean()) ** 2).sum()
    assert np.allclose(model.nmse(u, holes, 1, first=5), expected, rtol=1e-12)
    assert same(model.nmse(u, y[:200], 1, first=5), model.nmse(u[:200], y[:200], 1, first=5))


def test_sequences_count_together():
    lists = [record(80, seed, 0.3) for seed in (1, 2)]
    u, y, e = ([item[k] for item in lists] for k in range(3))
    whole, errors = np.concatenate(y), np.concatenate(e)
    expected = (errors**2).sum() / ((whole - whole.mean()) ** 2).sum()
    assert np.allclose(model_of([arx()]).nmse(u, y, 1, first=0), expected, rtol=1e-9)


def test_tables_go_by_name_and_index():
    pd = pytest.importorskip("pandas")
    u, y, _ = record(100, noise=0.1)
    index = pd.date_range("2026-01-01", periods=100, freq="s")
    model = model_of([arx()], input_names=["drive"], output_names=["speed"])
    given, known = pd.DataFrame({"drive": u[:, 0]}, index), pd.DataFrame({"speed": y[:, 0]}, index)
    expected = model.nmse(u, y, 1, first=10)
    assert same(model.nmse(given, known, 1, first=10), expected)
    holes = np.where(np.arange(100) < 30, np.nan, y[:, 0])
    expected = model.nmse(u, holes, 1, first=0)
    assert same(model.nmse(given, known[30:], 1, first=0), expected)
    assert model.score(given, known[:50], 1) == model.score(u, y[:50], 1)
    with pytest.raises(bt.ArgumentError, match="'other'"):
        model.score(given.rename(columns={"drive": "other"}), known)


def test_constant_and_diverging_outputs():
    u, y, _ = record(100)
    model = model_of([state_space()])
    assert np.isnan(model.nmse(u, np.full(100, 0.1))).all()
    assert np.isnan(model.score(u, np.full(100, 0.1)))
    wild = model_of([state_space(A=1e4)])
    assert wild.nmse(u, y, first=0)[0] == np.inf and wild.score(u, y, first=0) == -np.inf


def test_bad_calls():
    u, y, _ = record(100)
    model = model_of([state_space()])
    for options, message in (
        ({"first": -1}, "first: -1 came, expected 0 or more"),
        ({"horizon": 0}, "horizon: 0 came"),
        ({"horizon": 1.5}, "horizon: 1.5 came"),
        ({"first": 100}, "no value of output 0 is known after the first 100 rows"),
    ):
        with pytest.raises(bt.ArgumentError, match=message):
            model.score(u, y, **options)
    with pytest.raises(bt.ArgumentError, match="y: None came"):
        model.score(u, None)
    with pytest.raises(bt.SizeError, match="100 time steps of u, 101 of y"):
        model.fit_percent(u, np.zeros(101))
    with pytest.raises(bt.ArgumentError, match="no value of output 0"):
        model.nmse(u, np.full(100, np.nan))


def test_filter_goes_on_where_it_ended():
    u, y, _ = record(120, noise=0.3)
    model = model_of([state_space(), arx()])
    found = model.filter(u[:80], y[:80])
    assert same(found.outputs, model.predict(u[:80], y[:80]))
    best = model.members[1]  # the only one with an error of one step
    after = best.net.predict(
        best.front.inputs(u[80:]), best.front.outputs(y[80:]), initial=found.state
    )
    expected = model.predict(u, y)[80:]
    assert np.allclose(best.front.restore(after, 40), expected, rtol=1e-12)
    both = model.filter([u, u[:80]], [y, y[:80]])
    assert same(both.state[1], found.state) and same(both.outputs[1], found.outputs)
    # Without a network that reads outputs: the state of the free run from the first outputs.
    alone = model_of([state_space()])
    found = alone.filter(u[:80], y[:80])
    run = alone.members[0].net.simulate(alone.members[0].front.inputs(u[80:]), found.state)
    expected = alone.simulate(u, y[:80])[80:]
    assert np.allclose(alone.members[0].front.restore(run, 40), expected, rtol=1e-9)


def test_inputs_that_begin_with_those_of_the_record_begin_as_it_did():
    u, y, _ = record(200)
    late = y + Y_SCALE * 5 * 0.8 ** np.arange(1, 201)[:, None]
    model = model_of([state_space(start=5.0)], u[:80])
    expected = model.simulate(u[:80])
    assert abs(expected - late[:80]).max() < 1e-9
    for steps in (81, 200):
        assert abs(model.simulate(u[:steps]) - late[:steps]).max() < 1e-9
    # Neither a part of it does, nor do other inputs, nor longer ones than a few steps.
    other = u.copy()
    other[79] += 1e-9
    for given in (u[:79], other, u[1:]):
        assert abs(model.simulate(given)[0] - late[0]) > 1
    short = model_of([state_space(start=5.0)], u[:7])
    assert abs(short.simulate(u[:7])[0] - late[0]) < 1e-9
    assert abs(short.simulate(u[:8])[0] - late[0]) > 1
    # The longest counts.
    two = model_of([state_space(start=5.0)], u[:80])
    two._digests.append(model_of([state_space()], u[:90])._digests[0])
    two.members[0].starts.append(np.zeros(2))
    assert abs(two.simulate(u)[0] - y[0]) < 1e-9 < abs(two.simulate(u[:85])[0] - y[0])


def test_sequences_of_the_same_inputs_begin_one_after_the_other():
    u, _, _ = record(40)
    model = model_of([state_space(start=5.0)], u)
    model._digests *= 2
    model.members[0].starts.append(np.zeros(2))
    one, two, three = model.simulate([u, u, u])
    assert not same(one, two) and same(one, three)
    assert same(one, model.simulate(u))
    first, second = model.filter([u, u], [one, two]).outputs
    assert same(first, one) and same(second, two)


def test_predictions_of_the_record_begin_as_it_did():
    u, y, _ = record(100)
    late = y + Y_SCALE * 5 * 0.8 ** np.arange(1, 101)[:, None]
    known, unknown = model_of([state_space(start=5.0)], u), model_of([state_space()])
    assert abs(known.predict(u, late) - late).max() < 1e-9
    # Elsewhere outputs tell where it began, but of the first value.
    found = unknown.predict(u, late)
    assert found[0] == pytest.approx(y[0], abs=1e-9)
    assert abs(found[1:] - late[1:]).max() < 0.02 < 10 < abs(y[1] - late[1])
    assert abs(known.filter(u, late).state - unknown.filter(u, late).state).max() < 1e-6
