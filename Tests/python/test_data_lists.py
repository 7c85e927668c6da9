"""Several sequences in every form: lists, panels, arrays of three axes, object arrays."""

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from conftest import same

LENGTHS = (30, 12, 21)


def records():
    """Return a network, and inputs and outputs of sequences of unequal lengths, as lists."""
    net = bt.lnl_network(2).randomize(1)
    u = [bt.random.normal(n, seed=k).reshape(n, 1) for k, n in enumerate(LENGTHS)]
    return net, u, net.simulate(u)


def panel(parts, name, keys=("b", "a", "c")):
    frames = [pd.DataFrame({name: part[:, 0]}) for part in parts]
    return pd.concat(frames, keys=list(keys), names=["machine", "time"])


def boxed(parts):
    result = np.empty(len(parts), dtype=object)
    result[:] = parts
    return result


FORMS = {
    "panel": panel,
    "panel of a series": lambda parts, name: panel(parts, name)[name],
    "object array": lambda parts, name: boxed(parts),
    "object array of series": lambda parts, name: boxed([part[:, 0] for part in parts]),
    "series of arrays": lambda parts, name: pd.Series(boxed(parts)),
    "tuple of frames": lambda parts, name: tuple(pd.DataFrame(part) for part in parts),
    "nested lists": lambda parts, name: [part.tolist() for part in parts],
}


@pytest.mark.parametrize("form", FORMS)
def test_sequences_run_apart(form):
    net, u, y = records()
    given, desired = FORMS[form](u, "u"), FORMS[form](y, "y")
    found = net.simulate(given)
    if isinstance(found, list):
        found = np.concatenate([np.asarray(item) for item in found])
    np.testing.assert_allclose(found, np.concatenate(y), rtol=1e-12)
    for call in (
        bt.Estimator(net.copy(), given, desired),
        bt.Estimator(net.copy(), u, desired),
        bt.Estimator(net.copy(), given, y),
    ):
        assert call.nmse < 1e-25 and len(call._lengths) == 3
    other = net.copy().randomize(7)
    expected = bt.Estimator(other.copy(), u, y, [np.full((n, 1), n) for n in LENGTHS]).cost
    gains = FORMS[form]([np.full((n, 1), float(n)) for n in LENGTHS], "y")
    assert bt.Estimator(other, given, desired, gains).cost == expected


@pytest.mark.parametrize("form", FORMS)
def test_sequences_of_identify_and_validation(form):
    net, u, y = records()
    u, y = u * 2, y * 2
    given, desired = FORMS[form](u[:3], "u"), FORMS[form](y[:3], "y")
    model = bt.identify(given, desired, max_order=1, progress=False)
    expected = bt.identify(u[:3], y[:3], max_order=1, progress=False)
    assert len(model.initial_states) == 3
    assert same(model.net.get_weights(), expected.net.get_weights())
    trace = bt.Estimator(net, u, y).run(1, progress=False, validation=(given, desired))
    assert trace.validation[0] < 1e-25


@pytest.mark.parametrize("form", FORMS)
def test_sequences_of_regressors(form):
    pytest.importorskip("sklearn")
    if form == "object array of series":  # to scikit-learn, rows
        return
    _, u, y = records()
    model = bt.RecurrentRegressor(2, max_iter=3)
    expected = model.fit(u, y).predict(u)
    found = model.fit(FORMS[form](u, "u"), FORMS[form](y, "y")).predict(FORMS[form](u, "u"))
    assert len(model.final_states_) == 3
    if isinstance(found, list):
        found = np.concatenate([np.asarray(item).reshape(-1, 1) for item in found])
    assert same(np.asarray(found).reshape(-1, 1), np.concatenate(expected))


def test_panels_give_panels():
    pytest.importorskip("sklearn")
    net, u, y = records()
    given, desired = panel(u, "u"), panel(y, "y")
    bt.Estimator(net, given, desired)
    result = net.simulate(given)
    assert isinstance(result, pd.DataFrame) and result.index.equals(given.index)
    assert list(result.columns) == ["y"]
    # Rows come back where they were, whatever their order.
    shuffled = given.sort_index(level="time", sort_remaining=False)
    assert shuffled.index[1][0] != shuffled.index[0][0]
    back = net.simulate(shuffled)
    assert back.index.equals(shuffled.index)
    np.testing.assert_allclose(back.loc["a"], net.simulate(shuffled.loc["a"]), rtol=1e-12)
    items = net.simulate(given, states=True)
    assert [len(outputs) for outputs, _ in items] == list(LENGTHS)
    assert items[1][0].index.equals(given.iloc[30:42].index)
    model = bt.RecurrentRegressor(2, max_iter=3).fit(given, desired)
    assert model.predict(given).index.equals(given.index)
    series = bt.RecurrentRegressor(2, max_iter=3).fit(given, desired["y"]).predict(given)
    assert isinstance(series, pd.Series) and series.name == "y"
    recipe = bt.identify(given, desired, max_order=1, progress=False)
    assert recipe.simulate(given).index.equals(given.index)


def test_panels_are_matched_by_instance():
    pytest.importorskip("sklearn")
    net, u, y = records()
    given = panel(u, "u")
    other = panel([y[1], y[2], y[0]], "y", ["a", "c", "b"])
    assert bt.Estimator(net, given, other).nmse < 1e-25
    short = other.drop("a")
    for call in (
        lambda: bt.Estimator(net, given, short),
        lambda: bt.identify(given, short),
        lambda: bt.RecurrentRegressor(2).fit(given, short),
    ):
        with pytest.raises(bt.ArgumentError, match="no rows of instances 'a'"):
            call()
    with pytest.raises(bt.ArgumentError, match="no rows of instances 'a'"):
        bt.Estimator(net, given.drop("a"), other)
    model = bt.RecurrentRegressor(2, max_iter=3).fit(given, other)
    expected = bt.RecurrentRegressor(2, max_iter=3).fit(u, y)
    assert same(model.network_.get_weights(), expected.network_.get_weights())
    # Levels before the last one are the instance, one instance is a list of one.
    deep = pd.concat({"x": given.loc[["a"]]}, names=["site"])
    assert len(net.simulate(deep, return_state=True)) == 1
    assert same(net.simulate(deep), net.simulate(u[1]))


def test_labels_of_instances():
    pytest.importorskip("sklearn")
    _, u, _ = records()
    labels = pd.Series({"a": "up", "b": "down", "c": "up"})
    model = bt.RecurrentClassifier(2, max_iter=5).fit(panel(u, "u"), labels)
    expected = bt.RecurrentClassifier(2, max_iter=5).fit(u, ["down", "up", "up"])
    assert model.per_sequence_
    assert same(model.network_.get_weights(), expected.network_.get_weights())
    assert model.score(panel(u, "u"), labels) == expected.score(u, ["down", "up", "up"])


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


ARRAYS = {
    "as it is": lambda u: u,
    "read-only": read_only,
    "by channel": lambda u: np.ascontiguousarray(u.transpose(2, 0, 1)).transpose(1, 2, 0),
    "every other": lambda u: np.repeat(u, 2, axis=0)[::2],
    "other bytes": lambda u: u.astype(">f8"),
    "objects": lambda u: u.astype(object),
    "masked": np.ma.array,
    "list": list,
    "one of them other": lambda u: [u[0], *(item.astype(">f8") for item in u[1:])],
    "list of every other step": lambda u: [np.repeat(item, 2, axis=0)[::2] for item in u],
}


@pytest.mark.parametrize("form", ARRAYS)
def test_all_sequences_in_one_array(form):
    net = bt.Network(inputs=2)
    net.lnl(2)
    net.randomize(1)
    u = bt.random.normal(60).reshape(3, 10, 2)
    state = bt.random.normal(net.state_size, seed=2)
    results = net.simulate(ARRAYS[form](u), [None, state, None])
    expected = [net.simulate(u[0]), net.simulate(u[1], state), net.simulate(u[2])]
    assert all(map(same, results, expected))
    full = net.simulate(ARRAYS[form](u), state, states=True, return_state=True)
    for item, one in zip(full, u):
        alone = net.simulate(one, state, states=True, return_state=True)
        assert same(item.outputs, alone.outputs) and same(item.state, alone.state)
        assert item.states.keys() == alone.states.keys()
        assert all(same(item.states[name], alone.states[name]) for name in alone.states)
    # Results are apart from each other, and from what came.
    results[0][...] = 0.0
    assert same(results[1], expected[1]) and same(results[2], expected[2])


def test_arrays_of_no_sequence_or_step():
    net, _, _ = records()
    assert net.simulate(np.empty((0, 5, 1))) == []
    assert [item.shape for item in net.simulate(np.empty((3, 0, 1)))] == [(0, 1)] * 3
    with pytest.raises(bt.SizeError, match=r"inputs\[0\]: shape \(5, 2\)"):
        net.simulate(np.zeros((3, 5, 2)))


def test_an_array_of_three_axes():
    pytest.importorskip("sklearn")
    net, _, _ = records()
    u = bt.random.normal(60).reshape(3, 20, 1)
    y = np.stack(net.simulate(u))
    assert bt.Estimator(net, u, y).nmse < 1e-25
    assert len(bt.identify(u, y, max_order=1, progress=False).initial_states) == 3
    assert len(bt.RecurrentRegressor(2, max_iter=2).fit(u, y).predict(u)) == 3
    xr = pytest.importorskip("xarray")
    axes = ("instance", "time", "channel")
    model = bt.RecurrentRegressor(2, max_iter=2)
    expected = model.fit(u, y).predict(u)
    found = model.fit(xr.DataArray(u, dims=axes), xr.DataArray(y, dims=axes)).predict(
        xr.DataArray(u, dims=axes)
    )
    assert same(np.stack([item.values for item in found]), np.stack(expected))
    results = net.simulate(xr.DataArray(u, dims=axes))
    assert [type(item).__name__ for item in results] == ["DataArray"] * 3
    assert same(np.stack([item.values for item in results]), y)


def test_one_sequence_only():
    net, u, y = records()
    for call in (
        lambda: net.stream().run(u),
        lambda: net.stream().run(panel(u, "u")),
        lambda: bt.OnlineEstimator(net, window=5).update(u, y),
        lambda: net.gradient(u, y),
    ):
        with pytest.raises(bt.SizeError, match="sequence"):
            call()


# ---- One channel without its axis; what can be gone through once only


def test_one_channel_of_regressors():
    pytest.importorskip("sklearn")
    u = bt.random.normal(80, seed=1)
    y = np.tanh(u)
    column = u.reshape(-1, 1)
    model = bt.RecurrentRegressor(2, max_iter=4)
    expected = model.fit(column, y).predict(column)
    for X in (u, u.tolist(), pd.Series(u)):
        assert same(model.fit(X, y).predict(X), expected)
        assert model.score(X, y) > 0.5 and model.n_features_in_ == 1
    named = model.fit(pd.Series(u, name="voltage"), y)
    assert named.feature_names_in_.tolist() == ["voltage"]
    assert isinstance(named.predict(pd.Series(u, name="voltage")), pd.Series)
    assert same(bt.RecurrentClassifier(2, max_iter=3).fit(u, u > 0).predict(u)[:3], u[:3] > 0)
    # Of several channels a row is no sequence.
    model.fit(np.column_stack([u, u]), y)
    with pytest.raises(ValueError, match="Reshape your data"):
        model.predict([1.0, 2.0])


ONCE = {
    "generator": lambda: (k for k in [1.0, 2.0]),
    "map": lambda: map(float, [1, 2]),
    "zip": lambda: zip([1.0], [2.0]),
    "list_iterator": lambda: iter([1.0, 2.0]),
}


@pytest.mark.parametrize("kind", ONCE)
def test_generators_are_refused_by_name(kind):
    pytest.importorskip("sklearn")
    net, u, y = records()
    make = ONCE[kind]
    for call in (
        lambda: net.simulate(make()),
        lambda: net.simulate([make(), make()]),
        lambda: bt.Estimator(net, make(), y),
        lambda: bt.Estimator(net, u, make()),
        lambda: bt.Estimator(net, u, y, make()),
        lambda: bt.identify(make(), y),
        lambda: bt.identify(u, make()),
        lambda: net.stream().run(make()),
        lambda: net.stream().step(make()),
        lambda: bt.OnlineEstimator(net, window=5).update(make(), [0]),
        lambda: bt.OnlineEstimator(net, window=5).update([0], make()),
        lambda: bt.RecurrentRegressor(2).fit(make(), y),
        lambda: bt.RecurrentRegressor(2).fit(u[0], make()),
        lambda: bt.Estimator(net, u, y).run(1, progress=False, validation=(make(), y)),
        lambda: bt.RecurrentClassifier(2).fit(make(), [0]),
    ):
        with pytest.raises(TypeError, match=f"a {kind} came, expected"):
            call()
