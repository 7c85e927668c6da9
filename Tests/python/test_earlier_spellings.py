"""What things were called in the last release: still there, with a warning."""

import pickle

import backtune as bt
import numpy as np
import pytest


def problem():
    u, y = bt.datasets.reverse_engineering(units=2, seed=0)
    return bt.lnl_network(2).randomize(seed=0), u, y


def test_weights_are_fixed_freed_and_bounded():
    net, new = bt.lnl_network(2), bt.lnl_network(2)
    name, where = "lnl.x2.W", np.eye(2)
    with pytest.warns(DeprecationWarning, match="fixed=True"):
        net.weights.fix(name, where)
    new.weights.constrain(name, fixed=where)
    assert net.weights.fixed(name).tolist() == new.weights.fixed(name).tolist() == [[1, 0], [0, 1]]
    with pytest.warns(DeprecationWarning, match="fixed=True"):
        net.weights.fix(name, [[0, 1], [0, 0]])
    assert net.weights.fixed(name).sum() == 3
    with pytest.warns(DeprecationWarning, match="fixed=False"):
        net.weights.free(name, where)
    assert net.weights.fixed(name).tolist() == [[0, 1], [0, 0]]
    with pytest.warns(DeprecationWarning, match="lower="):
        net.weights.set_bounds(name, -1, 2)
    lower, upper = net.weights.bounds(name)
    assert (lower == -1).all() and (upper == 2).all()


def test_initial_states_that_are_learnt():
    net, u, y = problem()
    found = []
    with pytest.warns(DeprecationWarning, match="initial='learn'"):
        estimators = [bt.Estimator(net.copy(), u, y, initial_states=True)]
    estimators.append(bt.Estimator(net.copy(), u, y, initial="learn"))
    for estimator in estimators:
        estimator.run(5, progress=False)
        found.append(estimator.initial_states)
    assert (found[0] == found[1]).all() and found[0].any()


def test_an_unknown_word_for_initial_states_is_refused():
    net, u, y = problem()
    with pytest.raises(bt.ArgumentError, match="initial: .learnt. came, expected states or"):
        bt.Estimator(net, u, y, initial="learnt")


def test_the_window_of_an_online_estimator():
    net, u, y = problem()
    with pytest.warns(DeprecationWarning, match="initial='learn'"):
        earlier = bt.OnlineEstimator(net.copy(), window=30, learn_start=True)
    now = bt.OnlineEstimator(net.copy(), window=30, initial="learn")
    for online in (earlier, now):
        online.update(u, y)
    assert earlier.report.cost == now.report.cost


def test_costs_of_the_draws():
    net, u, y = problem()
    trace = bt.Estimator(net, u, y).run(20, progress=False)
    with pytest.warns(DeprecationWarning, match="draw_costs"):
        assert (trace.restarts == trace.draw_costs).all()


def test_the_initial_state_of_an_sklearn_face():
    pytest.importorskip("sklearn")
    _, u, y = problem()
    model = bt.RecurrentRegressor(2, initial_state="continue", max_iter=5)
    with pytest.warns(DeprecationWarning, match="say initial="):
        model.fit(u, y)
    new = bt.RecurrentRegressor(2, initial="continue", max_iter=5).fit(u, y)
    assert (model.predict(u) == new.predict(u)).all()
    # A pickle of the last release has no `initial`.
    state = model.__getstate__()
    state.pop("initial")
    earlier = bt.RecurrentRegressor.__new__(bt.RecurrentRegressor)
    earlier.__setstate__(state)
    assert (pickle.loads(pickle.dumps(earlier)).predict(u) == new.predict(u)).all()
