"""Searches on the workers of a cluster: a grid by scikit-learn, and `identify`.

    python examples/dask_search.py

A local cluster of two processes stands for one of many machines: give `Client` its address, and
nothing else changes. It needs `pip install backtune[dask,sklearn]`; `joblib.parallel_config("loky",
n_jobs=2)` does the same with processes of this machine, without Dask.
"""

import backtune as bt
import joblib
import numpy as np
from distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit


def record(steps=400):
    """Make a record of a nonlinear plant, with noise."""
    random = np.random.default_rng(0)
    u = random.normal(size=(steps, 1))
    y = bt.lnl_network(2).randomize(3).simulate(u)
    return u, y + 0.02 * y.std() * random.normal(size=y.shape)


def main():
    """Search for a size, then let `identify` choose among all that it knows."""
    u, y = record()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster), joblib.parallel_config("dask"):
            regressor = bt.RecurrentRegressor(units=2, max_iter=10)
            search = GridSearchCV(regressor, {"units": [1, 2, 4]}, cv=TimeSeriesSplit(3))
            search.fit(u, y[:, 0])
            print(f"units: {search.best_params_['units']}, score {search.best_score_:.4f}")
            model = bt.identify(u, y, max_order=2, linear=True, progress=False)
            print(f"identify: order {model.order}, {len(model.report)} candidates")


if __name__ == "__main__":
    main()
