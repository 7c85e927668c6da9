"""Searches, cross-validation and `identify` on workers of joblib: loky, Dask."""

import importlib.util
import pickle

import backtune as bt
import joblib
import numpy as np
import pytest
from backtune.identification.workers import _cloudpickle
from conftest import later
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="distributed is not installed"
)
cloudpickle = _cloudpickle()
BACKENDS = ["loky", pytest.param("dask", marks=[needs_dask, later])]


def record(steps=300, seed=0):
    random = np.random.default_rng(seed)
    u = random.normal(size=(steps, 1))
    y = bt.lnl_network(2).randomize(3).simulate(u)
    return u, y + 0.02 * y.std() * random.normal(size=y.shape)


@pytest.fixture(params=BACKENDS)
def workers(request):
    """Enter a context of joblib with two workers."""
    if request.param == "loky":
        with joblib.parallel_config("loky", n_jobs=2):
            yield request.param
        return
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster), joblib.parallel_config("dask"):
            yield request.param


def assert_same_model(a, b, u):
    assert np.array_equal(a.net.get_weights(), b.net.get_weights())
    assert len(a.members) == len(b.members)
    for one, other in zip(a.members, b.members):
        assert np.array_equal(one.net.get_weights(), other.net.get_weights())
    assert np.array_equal(a.simulate(u), b.simulate(u))
    for one, other in zip(a.report, b.report):
        assert (one.validation, one.crossed) == (other.validation, other.crossed)
        assert (one.iterations, one.weight) == (other.iterations, other.weight)


def test_linear_identification(workers):
    u, y = record()
    expected = bt.identify(u, y, max_order=1, linear=True, progress=False)
    with joblib.parallel_config("sequential"):
        alone = bt.identify(u, y, max_order=1, linear=True, progress=False, n_jobs=1)
    assert_same_model(expected, alone, u)
    two = bt.identify(u, y, max_order=1, linear=True, progress=False, n_jobs=2)
    assert_same_model(expected, two, u)


@later
def test_identification(workers):
    """With races, whose candidates go on from worker to worker."""
    u, y = record()
    found = bt.identify(u, y, max_order=2, progress=False)
    with joblib.parallel_config("sequential"):
        expected = bt.identify(u, y, max_order=2, progress=False)
    assert_same_model(found, expected, u)


def test_reports_and_ends(workers):
    """A callback is told here, and ends the search."""
    told = []

    def callback(report):
        told.append(report)
        return len(told) == 3

    model = bt.identify(*record(), max_order=2, progress=False, callback=callback)
    assert len(told) == 3 and all(np.isfinite(item.best) for item in told)
    assert np.isfinite(model.simulate(record()[0])).all()


def test_a_time_limit(workers):
    """A search that has not begun in time gives a model all the same."""
    model = bt.identify(*record(), max_order=1, linear=True, progress=False, time_limit=1e-6)
    assert model.order == 1


def test_searches(workers):
    u, y = record(200)
    regressor = bt.RecurrentRegressor(units=2, max_iter=5)
    grid = {"units": [1, 2, 3]}
    cuts = TimeSeriesSplit(3)
    found = GridSearchCV(regressor, grid, cv=cuts).fit(u, y[:, 0])
    scores = cross_val_score(regressor, u, y[:, 0], cv=cuts)
    with joblib.parallel_config("sequential"):
        expected = GridSearchCV(regressor, grid, cv=cuts).fit(u, y[:, 0])
        alone = cross_val_score(regressor, u, y[:, 0], cv=cuts)
    assert np.array_equal(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    assert found.best_params_ == expected.best_params_
    assert np.array_equal(found.predict(u), expected.predict(u))
    assert np.array_equal(scores, alone)


def fitted(seed):
    u, y = record(200)
    net = bt.lnl_network(2).randomize(seed)
    trace = bt.Estimator(net, u, y, restarts=0).run(5, progress=False)
    return net, trace


def test_restarts(workers):
    """Networks and traces come back from workers as they are made here."""
    found = joblib.Parallel()(joblib.delayed(fitted)(seed) for seed in range(3))
    for seed, (net, trace) in enumerate(found):
        own, expected = fitted(seed)
        assert np.array_equal(net.get_weights(), own.get_weights())
        assert np.array_equal(trace.cost, expected.cost)


def sizes(value):
    """Return the sizes of its pickles, which are the same thing again."""
    return [len(module.dumps(value)) for module in (pickle, cloudpickle)]


def test_pickles_are_small():
    """No class goes along, nor the record."""
    for units in (2, 16, 64):
        net = bt.lnl_network(units).randomize(0)
        for module in (pickle, cloudpickle):
            copy = pickle.loads(module.dumps(net))
            assert np.array_equal(copy.get_weights(), net.get_weights())
        assert max(sizes(net)) < 1000 + 25 * net.get_weights().size
    net, trace = fitted(0)
    assert max(sizes(trace)) < 1000 + 500 * len(trace)
    models = []
    for steps in (300, 1500):
        u, y = record(steps)
        model = bt.identify(u, y, max_order=1, linear=True, progress=False)
        models.append((max(sizes(model)), len(model.members)))
        assert np.array_equal(pickle.loads(cloudpickle.dumps(model)).simulate(u), model.simulate(u))
    assert all(size < 8_000 * members for size, members in models)
