"""The estimators for scikit-learn: states at the start of a prediction, forecasts."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from sklearn_cases import plant, small

pytest.importorskip("sklearn")

from backtune.sklearn import RecurrentRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# ---- The state at the start


def test_states_at_the_start():
    X, y = plant(400)
    model = RecurrentRegressor(max_order=2).fit(X[:300], y[:300])
    scores = {}
    for state in ("zero", "continue", "estimate"):
        model.set_params(initial=state)
        scores[state] = model.score(X[300:], y[300:])
    assert scores["continue"] > 0.999 and scores["estimate"] > 0.999
    assert scores["zero"] < scores["continue"]
    # In one go: the state at the end of fit is that before the rows that follow.
    whole = model.predict(X, y[:300])
    model.set_params(initial="continue")
    assert np.allclose(model.predict(X[300:]), whole[300:], rtol=1e-2)


@pytest.mark.parametrize("unit", ["lnl", "gru"])
def test_state_from_first_outputs(unit):
    X, y = plant(300)
    model = small(unit=unit, initial="estimate").fit(X, y)
    X, y = plant(100, seed=1, start=3.0)
    estimated = model.predict(X, y[:10])
    assert (
        abs(estimated - y)[:10].max()
        < 0.3 * abs(model.set_params(initial="zero").predict(X) - y)[:10].max()
    )
    # Only those given count, and none is no state.
    other = y.copy()
    other[10:] = 0
    assert same(model.predict(X, other[:10]), estimated)
    assert same(model.predict(X, np.full(10, np.nan)), model.predict(X))


def test_estimate_needs_outputs_and_scores_the_rest():
    X, y = plant(100)
    model = small(initial="estimate", n_initial=20).fit(X, y)
    with pytest.raises(bt.ArgumentError, match="first outputs are needed"):
        model.predict(X)
    residual = (model.predict(X, y[:20]) - y)[20:]
    expected = 1 - np.mean(residual**2) / np.var(y[20:])
    assert np.isclose(model.score(X, y), expected)


def test_first_outputs_are_checked(recipe):
    X, y = plant(60)
    for first, message in (
        (np.zeros((4, 2)), "2 outputs came, 1 in fit"),
        (np.zeros(61), "61 time steps, 60 in X"),
    ):
        with pytest.raises(bt.SizeError, match=message):
            recipe.predict(X, first)
    with pytest.raises(TypeError, match="array"):
        recipe.predict(X, 5)
    with pytest.raises(bt.SizeError, match="1 came for 2 sequences"):
        recipe.predict([X, X], [y])
    results = recipe.predict([X, X], [y[:9], y[:4]])
    assert np.allclose(results[1], recipe.predict(X, y[:4]))
    model = make_pipeline(StandardScaler(), small()).fit(X, y)
    assert not same(model.predict(X, y=y[:9]), model.predict(X))


def test_continue_needs_as_many_sequences(recipe):
    X, y = plant(60)
    model = small(initial="continue").fit([X, X[:40]], [y, y[:40]])
    assert [len(item) for item in model.predict([X, X[:5]])] == [60, 5]
    with pytest.raises(bt.ArgumentError, match="1 sequences came to continue the 2"):
        model.predict(X)


@pytest.mark.parametrize("options", [{}, {"units": 2, "max_iter": 10, "restarts": 0}])
def test_continue_of_rows_that_fit_had(options):
    pd = pytest.importorskip("pandas")
    X, y = plant(400)
    model = RecurrentRegressor(max_order=1, initial="continue", **options)
    times = pd.date_range("2026-01-01", periods=400, freq="h")
    for index in (times, pd.RangeIndex(1000, 1400), times.strftime("%d %H")):
        table, target = pd.DataFrame({"u": X[:, 0]}, index), pd.Series(y, index)
        model.fit(table[:300], target[:300])
        whole = model.predict(table)
        # Rows of fit are as after the fit, those that follow it too, wherever one begins.
        assert abs(whole - target)[:300].std() < 0.1 * y.std()
        for start in (1, 100, 299, 300):
            np.testing.assert_allclose(model.predict(table[start:]), whole[start:], rtol=1e-12)
    early = pd.DataFrame({"u": X[:, 0]}, times - pd.Timedelta("2h"))
    model.fit(table.set_axis(times)[:300], target.set_axis(times)[:300])
    for rows in (early, early.set_axis(times + pd.Timedelta("5min"))):
        with pytest.raises(bt.ArgumentError, match="'continue': sequence 0 of X begins at 20"):
            model.predict(rows)
    # By values: what begins like fit, in whole or in part; all other rows follow.
    model.fit(X[:300], y[:300])
    np.testing.assert_array_equal(model.predict(X), whole)
    np.testing.assert_array_equal(model.predict(X[:50]), whole[:50])
    np.testing.assert_allclose(model.predict(X[300:]), whole[300:], rtol=1e-12)
    plain = model.predict(pd.DataFrame(X[300:]))
    np.testing.assert_allclose(plain, whole[300:], rtol=1e-12)
    assert np.isclose(
        model.score(X[:300], y[:300]), 1 - np.mean((whole[:300] - y[:300]) ** 2) / y[:300].var()
    )


def test_continue_of_periodic_input_goes_on():
    X, y = plant(60)
    X, y = np.tile(X, (3, 1)), plant(60)[1]
    x, y = 0.0, np.empty(180)
    for t in range(180):
        y[t] = x
        x = 0.99 * x + 0.1 * (X[t, 0] - 3)
    model = small(unit="linear", initial="continue").fit(X[:120], y[:120])
    np.testing.assert_allclose(model.predict(X[120:]), y[120:], atol=0.05 * y.std())
    ones = np.ones((50, 1))
    model = small(unit="linear", initial="continue").fit(ones, 0.9 ** np.arange(50))
    assert same(model.predict(ones), model.predict(np.ones((60, 1)))[:50])


def test_continue_by_instance():
    pd = pytest.importorskip("pandas")
    lists = [plant(60, seed, start=4.0 * seed) for seed in (0, 1)]
    index = pd.MultiIndex.from_product([["a", "b"], range(60)])
    X = pd.DataFrame({"u": np.concatenate([item[0][:, 0] for item in lists])}, index)
    y = pd.Series(np.concatenate([item[1] for item in lists]), index)
    late = index.get_level_values(1) >= 40
    model = small(initial="continue").fit(X[~late], y[~late])
    whole = model.predict(X)
    swapped = model.predict(X[late].loc[["b", "a"]])
    np.testing.assert_allclose(swapped[y[late].index], whole[late], rtol=1e-12)
    np.testing.assert_allclose(model.predict(X[late].loc[["b"]]), whole[late].loc[["b"]])
    with pytest.raises(bt.ArgumentError, match=r"instance .*'c'.* came, which fit had not"):
        model.predict(X[late].rename(index={"a": "c"}))


def test_zero_state_is_that_of_fit():
    u = np.random.default_rng(0).normal(size=(200, 1))
    net = bt.Network(1)
    h = net.lnl(2, activation="tanh", input_lag=0)
    net.linear(1, sources=[h.lag(0), net.input.lag(0)])
    y = net.randomize(3).simulate(u)[:, 0]
    model = RecurrentRegressor(2, alpha=0).fit(u, y)
    assert model.score(u, y) > 0.9999


# ---- Forecasts


@pytest.fixture(scope="module")
def waves():
    t = np.arange(240)
    return np.column_stack([np.sin(t / 5), 2 + np.cos(t / 5)])


def test_next_step_and_free_run(waves):
    X, y = waves[:199], waves[1:200]
    model = RecurrentRegressor(3, alpha=1e-8, initial="continue").fit(X, y)
    assert abs(model.set_params(initial="zero").predict(X) - y)[20:].max() < 0.01
    forecast = model.forecast(X, steps=40)
    assert forecast.shape == (40, 2) and abs(forecast - waves[199:239]).max() < 0.2
    # Where fit ended, the next input is its last target.
    after = model.forecast(steps=40)
    assert after.shape == (40, 2) and abs(after - waves[200:240]).max() < 0.2
    assert np.allclose(model.forecast(X, steps=1), model.predict(X)[-1:])
    both = model.forecast([X, X[:50]], steps=5)
    assert np.allclose(both[0], forecast[:5]) and np.allclose(both[1], waves[50:55], atol=0.2)


def test_forecast_by_the_recipe(waves):
    X, y = waves[:100], waves[1:101]
    model = RecurrentRegressor(max_order=2).fit(X, y)
    for state in ("zero", "continue"):
        model.set_params(initial=state)
        forecast = model.forecast(X, steps=12)
        assert abs(forecast - waves[100:112]).max() < 0.05
        assert np.allclose(model.forecast(X, steps=1), model.predict(X)[-1:])
        # Each forecast is what the model says with those before as inputs.
        again = model.predict(np.vstack([X, forecast[:-1]]))[-12:]
        assert np.allclose(again, forecast, rtol=1e-9)
    assert abs(model.forecast(steps=10) - waves[101:111]).max() < 0.05
    assert same(model.forecast(steps=1), model.forecast(waves[:101], steps=1))
    assert model.forecast([X, X[:40]], y=[y[:20], y[:20]], steps=3)[1].shape == (3, 2)
    rows = model.forecast(X[60:], y[60:90], steps=2)
    assert abs(rows - waves[100:102]).max() < 0.1


def test_recipe_goes_on_with_its_best_member():
    X, y = plant(200)
    model = RecurrentRegressor(max_order=1, warm_start=True).fit(X[:100], y[:100])
    before = model.score(X[100:], y[100:])
    assert len(model.model_.members) > 1
    model.partial_fit(X, y)
    assert len(model.model_.members) == 1 and model.model_.net is model.network_
    assert model.trace_ is not None and model.n_iter_ >= 1
    assert model.score(X, y) > 0.97 and model.score(X[100:], y[100:]) > before - 0.05
    assert len(model.model_.initial_states) == len(model.final_states_) == 1
    assert model.fit(X[:150], y[:150]).score(X[:150], y[:150]) > 0.97
    with pytest.raises(bt.ArgumentError, match="whole record: none"):
        model.model_.with_candidate(0)


def test_model_of_a_short_record():
    X, y = plant(36)
    model = RecurrentRegressor().fit(X, y)
    small_one = model.model_
    assert model.report_ is None and (small_one.order, small_one.hidden) == (1, 0)
    assert model.score(X, y) > 0.9
    assert same(model.predict(X), small_one.simulate(X)[:, 0])
    deviation = np.sqrt(np.mean((model.predict(X) - y) ** 2))
    assert np.allclose(small_one.errors, deviation)
    late = model.predict(X, y[:20] + 30)
    assert abs(late[0] - y[0]) > 5  # first outputs set the state
    read = bt.IdentifiedModel.from_json(small_one.to_json())
    assert same(read.simulate(X), small_one.simulate(X))


def test_forecast_of_one_series(waves):
    model = small(initial="continue").fit(waves[:-1, :1], waves[1:, 0])
    assert model.forecast(steps=7).shape == (7,)
    with pytest.raises(bt.ArgumentError, match="cannot be the next 2 inputs"):
        small().fit(waves, waves[:, 0]).forecast(waves, steps=3)
    with pytest.raises(bt.ArgumentError, match="steps: 0"):
        model.forecast(steps=0)
    with pytest.raises(bt.ArgumentError, match="X: None"):
        model.predict()


def test_former_spelling_of_forecast_warns_and_gives_the_same(waves):
    model = RecurrentRegressor(2, "linear").fit(waves[:-1], waves[1:])
    for arguments in ((), (waves,), (waves, waves[1:100])):
        with pytest.warns(FutureWarning, match=r"forecast\(steps=") as caught:
            before = model.predict(*arguments, horizon=6)
        assert caught[0].filename == __file__
        assert np.array_equal(before, model.forecast(*arguments, steps=6))


def test_continue_of_an_earlier_release():
    """What was pickled before earlier rows were known goes on where fit ended."""
    X, y = plant(120)
    model = small(initial="continue").fit(X[:100], y[:100])
    expected = model.predict(X[100:])
    del model._past
    assert same(model.predict(X[100:]), expected)
    with pytest.raises(bt.ArgumentError, match="2 sequences came to continue the 1"):
        model.predict([X[100:], X[100:]])
