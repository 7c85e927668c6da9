"""Data sets and random numbers."""

import backtune as bt
import numpy as np
import pytest
from conftest import same


def test_sunspots():
    years, numbers = bt.datasets.sunspots()
    assert same(years, np.arange(1700, 2009)) and numbers.shape == (309,)
    assert (numbers[0], numbers[257], numbers[-1]) == (5.0, 190.2, 2.9)
    numbers[0] = 7
    assert bt.datasets.sunspots()[1][0] == 5.0


def test_sierpinski(golden):
    expected = np.array(golden("closed_forms.json")["sierpinski"], dtype=float)
    assert same(bt.datasets.sierpinski(200), expected)
    from math import comb

    triangle = [1.0 if comb(n, k) % 2 else -1.0 for n in range(80) for k in range(n + 1)]
    assert same(bt.datasets.sierpinski(len(triangle)), np.array(triangle))
    assert bt.datasets.sierpinski(0).shape == (0,)
    with pytest.raises(ValueError):
        bt.datasets.sierpinski(-1)


def test_reverse_engineering():
    u, y, root = bt.datasets.reverse_engineering(4, seed=2, return_network=True)
    assert u.shape == y.shape == (40, 1)
    assert list(root.weights) == ["lnl.x2.W", "lnl.x2.B"]
    assert same(root.simulate(u), y)
    again = bt.datasets.reverse_engineering(4, seed=2)
    assert same(again[0], u) and same(again[1], y)
    assert not same(bt.datasets.reverse_engineering(4, seed=3)[0], u)
    u, y = bt.datasets.reverse_engineering(3, length=7, unit="linear")
    assert u.shape == y.shape == (7, 1)
    assert (
        "lnl.x1.g"
        in bt.datasets.reverse_engineering(2, leak="adjust", return_network=True)[2].weights
    )


def test_narma10():
    u, y = bt.datasets.narma10(1000, seed=3)
    assert u.shape == y.shape == (1000, 1) and u.min() >= 0 and u.max() < 0.5
    assert not y[:10].any() and y[10] == 1.5 * u[0] * u[9] + 0.1
    u_, y_ = u[:, 0], y[:, 0]
    for t in range(9, 999):
        past = sum(y_[t - i] for i in range(10))
        expected = 0.3 * y_[t] + 0.05 * y_[t] * past + 1.5 * u_[t - 9] * u_[t] + 0.1
        assert y_[t + 1] == pytest.approx(expected, rel=1e-14, abs=0)
    again = bt.datasets.narma10(1000, seed=3)
    assert same(again[0], u) and same(again[1], y)
    assert not same(bt.datasets.narma10(1000, seed=4)[0], u)
    assert same(bt.datasets.narma10(400, seed=3)[1], y[:400])
    u, y = bt.datasets.narma10(1, seed=3)
    assert u.tolist() == [[u_[0]]] and y.tolist() == [[0]]


def test_narma10_that_diverges_is_drawn_again():
    seed, steps = 467, 1000
    first = 0.5 * bt.random.uniform(steps, seed, "narma10 0")
    u, y = bt.datasets.narma10(steps, seed)
    turn = int(np.flatnonzero(u[:, 0] != first)[0])
    assert turn == 440 and y.max() < 2 and np.isfinite(y).all()
    assert same(u[turn:, 0], 0.5 * bt.random.uniform(steps - turn, seed, "narma10 1"))
    # The first draw's output, which passes 10 a hundred steps after that place.
    draw = np.zeros(turn + 101)
    for t in range(9, turn + 100):
        past = draw[t - 9 : t + 1].sum()
        draw[t + 1] = 0.3 * draw[t] + 0.05 * draw[t] * past + 1.5 * first[t - 9] * first[t] + 0.1
    assert draw[-1] > 10 > draw[:-1].max()


def slopes(values, dt):
    """Return derivatives by five points, without the two values at either end."""
    return (8 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / (12 * dt)


@pytest.mark.parametrize("tau, dt", [(17, 1.0), (17.3, 0.7), (0.4, 0.3)])
def test_mackey_glass_from_its_constant_past(tau, dt):
    """Up to the delay a linear equation, up to twice the delay an integral over its solution."""
    beta, gamma, n = 0.2, 0.1, 10.0
    x = bt.datasets.mackey_glass(int(2 * tau / dt) + 1, tau=tau, dt=dt, washout=0)[:, 0]
    level = beta / gamma * 1.2 / (1 + 1.2**n)

    def first(t):
        return level + (1.2 - level) * np.exp(-gamma * t)

    def second(t):
        nodes, weights = np.polynomial.legendre.leggauss(40)
        since, weights = (t - tau) / 2 * (nodes + 1), (t - tau) / 2 * weights
        made = beta * first(since) / (1 + first(since) ** n)
        decay = np.exp(-gamma * (t - tau - since))
        return np.exp(-gamma * (t - tau)) * first(tau) + np.sum(weights * decay * made)

    times = np.arange(len(x)) * dt
    expected = [first(t) if t <= tau else second(t) for t in times]
    assert x[0] == 1.2 and times[-1] > 1.4 * tau
    assert np.abs(x - expected).max() < 1e-9


def test_mackey_glass():
    x = bt.datasets.mackey_glass(2000)
    assert x.shape == (2000, 1) and 0.4 < x.min() < 0.5 and 1.3 < x.max() < 1.4
    assert 0.9 < x.mean() < 0.95
    early = [bt.datasets.mackey_glass(300, substeps=k, washout=0) for k in (10, 20)]
    assert np.abs(early[0] - early[1]).max() < 1e-8
    x = bt.datasets.mackey_glass(1000, tau=23, n=9, beta=0.25, gamma=0.12, dt=0.1, seed=1)[:, 0]
    now, past = x[232:-2], x[2:-232]
    expected = 0.25 * past / (1 + past**9) - 0.12 * now
    assert np.abs(slopes(x, 0.1)[230:] - expected).max() < 1e-6 < 1e-2 < np.abs(expected).max()


def test_mackey_glass_seed_and_washout():
    x = bt.datasets.mackey_glass(60, seed=1)
    assert same(bt.datasets.mackey_glass(60, seed=1), x)
    assert np.abs(bt.datasets.mackey_glass(60, seed=2) - x).max() > 0.01
    whole = bt.datasets.mackey_glass(160, seed=1, washout=0)
    assert 1.2 <= whole[0, 0] < 1.3
    assert same(bt.datasets.mackey_glass(60, seed=1, washout=100), whole[100:])


def test_lorenz():
    values = bt.datasets.lorenz(2000, dt=0.005)
    x, y, z = values.T
    assert values.shape == (2000, 3) and np.abs(x).max() < 20 and 0 < z.min() < z.max() < 50
    equations = np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=1)[2:-2]
    assert np.abs(slopes(values, 0.005) - equations).max() < 1e-4 * np.abs(equations).max()
    early = [bt.datasets.lorenz(101, substeps=k, washout=0) for k in (20, 40)]
    assert np.abs(early[0] - early[1]).max() < 1e-6


def test_lorenz_where_it_is_known():
    height = np.sqrt(8 / 3 * 27)
    for sign in (1, -1):
        rest = [sign * height, sign * height, 27.0]
        still = bt.datasets.lorenz(200, start=rest, washout=100)
        assert np.abs(still - rest).max() < 1e-11
    assert not bt.datasets.lorenz(50, start=[0, 0, 0]).any()
    axis = bt.datasets.lorenz(100, beta=1.5, dt=0.05, start=[0, 0, 3], washout=0)
    assert not axis[:, :2].any()
    assert axis[:, 2] == pytest.approx(3 * np.exp(-1.5 * 0.05 * np.arange(100)), rel=1e-9)


def test_lorenz_seed_and_washout():
    values = bt.datasets.lorenz(60, seed=1)
    assert same(bt.datasets.lorenz(60, seed=1), values)
    assert np.abs(bt.datasets.lorenz(60, seed=2) - values).max() > 1
    assert np.abs(bt.datasets.lorenz(60) - values).max() > 1
    assert bt.datasets.lorenz(1, start=[1, 2, 3], washout=0).tolist() == [[1, 2, 3]]
    start = np.array([1, 2, 3]) + bt.random.normal(3, 1, "lorenz")
    whole = bt.datasets.lorenz(160, start=start, washout=0)
    assert same(bt.datasets.lorenz(60, start=[1, 2, 3], seed=1, washout=100), whole[100:])


def test_the_largest_exponent_of_lorenz():
    """Two trajectories, brought near each other again every unit of time, 200 times.

    Such means scatter by 0.02 from start to start.
    """
    state, apart, growth = bt.datasets.lorenz(1)[0], np.array([1e-7, 0, 0]), []
    for _ in range(205):
        ends = [
            bt.datasets.lorenz(51, start=start, substeps=2, washout=0)[-1]
            for start in (state, state + apart)
        ]
        size = np.linalg.norm(ends[1] - ends[0])
        growth.append(np.log(size / 1e-7))
        state, apart = ends[0], (ends[1] - ends[0]) * 1e-7 / size
    assert np.mean(growth[5:]) == pytest.approx(0.906, abs=0.06)


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("narma10", {"steps": 0}, "steps: 0 came, expected 1 or more"),
        ("narma10", {"steps": -3}, "steps: -3 came, expected 1 or more"),
        ("lorenz", {"steps": 2**62}, f"steps: {2**62} came, expected {2**40} at most"),
        ("narma10", {"steps": 9, "seed": -1}, "seed: -1 came"),
        ("mackey_glass", {"steps": 0}, "steps: 0 came, expected 1 or more"),
        ("mackey_glass", {"washout": -1}, "washout: -1 came, expected 0 or more"),
        ("mackey_glass", {"substeps": 0}, "substeps: 0 came, expected 1 or more"),
        ("mackey_glass", {"seed": -1}, "seed: -1 came"),
        ("mackey_glass", {"dt": 0}, "dt: 0.0 came, expected a finite number above 0"),
        ("mackey_glass", {"dt": np.inf}, "dt: inf came, expected a finite number above 0"),
        ("mackey_glass", {"tau": np.nan}, "tau: nan came, expected a finite number above 0"),
        ("mackey_glass", {"n": -1}, "n: -1.0 came, expected a finite number above 0"),
        ("mackey_glass", {"beta": -0.2}, "beta: -0.2 came, expected a finite number above 0"),
        ("mackey_glass", {"gamma": 0}, "gamma: 0.0 came, expected a finite number above 0"),
        ("mackey_glass", {"tau": 0.05}, "tau: 0.05 came, expected 0.1 (dt / substeps), to 2^53"),
        ("mackey_glass", {"tau": 1e300, "dt": 1e-300}, "tau: 1e+300 came"),
        ("mackey_glass", {"gamma": 50}, "substeps: 10 came, expected more: steps of 0.1 are"),
        ("mackey_glass", {"beta": 1e300}, "substeps: 10 came, expected more"),
        ("lorenz", {"steps": -1}, "steps: -1 came, expected 1 or more"),
        ("lorenz", {"washout": -1}, "washout: -1 came, expected 0 or more"),
        ("lorenz", {"substeps": 0}, "substeps: 0 came, expected 1 or more"),
        ("lorenz", {"dt": -0.1}, "dt: -0.1 came, expected a finite number above 0"),
        ("lorenz", {"sigma": np.nan}, "sigma: nan came, expected a finite number"),
        ("lorenz", {"rho": np.inf}, "rho: inf came, expected a finite number"),
        ("lorenz", {"beta": None}, "beta: nan came, expected a finite number"),
        ("lorenz", {"start": [1, 2]}, "start: shape (2,), expected (3,)"),
        ("lorenz", {"start": [1, np.nan, 2]}, "start: [1.0, nan, 2.0] came, expected finite"),
        ("lorenz", {"dt": 8.0, "washout": 0}, "dt: 8.0 in 20 substeps came, expected shorter"),
        ("mackey_glass", {"n": 9.5, "beta": 90, "gamma": 9}, "substeps: 10 came, expected more"),
    ],
)
def test_parameters_that_are_refused(name, options, message):
    with pytest.raises(bt.ArgumentError) as caught:
        getattr(bt.datasets, name)(**{"steps": 30, **options})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["mackey_glass", "lorenz", "narma10"])
def test_sizes_that_cannot_be(name):
    make = getattr(bt.datasets, name)
    for steps in (1 << 45, 1 << 62):
        with pytest.raises((ValueError, MemoryError)):
            make(steps)
    if name == "mackey_glass":
        with pytest.raises((ValueError, MemoryError)):
            make(5, washout=(1 << 63) - 1)
    for steps in (2.5, "7"):
        with pytest.raises(TypeError, match="steps: .* came, expected an integer"):
            make(steps)


def test_random_numbers():
    normal, uniform = bt.random.normal(20_000, seed=1), bt.random.uniform(20_000, seed=1)
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03
    assert abs(uniform.mean() - 0.5) < 0.02 and 0 <= uniform.min() and uniform.max() < 1
    assert same(bt.random.normal(5, 1), normal[:5])
    assert not same(bt.random.normal(5, 1, stream="other"), normal[:5])
    assert bt.random.normal(0).shape == (0,)
    for wrong in ((-1,), (3, -1), (1 << 62,)):
        with pytest.raises((ValueError, MemoryError)):
            bt.random.normal(*wrong)
