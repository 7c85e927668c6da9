"""Standard errors of weights that hardly differ in what they do, in extended precision."""

import backtune as bt
import numpy as np
import pytest

UNITS, STEPS = 16, 300
EXTENDED = np.longdouble


def jacobian(net, u):
    """Return derivatives of the first unit's output by all weights, forward in time."""
    w, b, g = (net.weights[f"lnl.{name}"].astype(EXTENDED) for name in ("x2.W", "x2.B", "x1.g"))
    places = np.arange(UNITS)
    x, tangents = np.zeros(UNITS, EXTENDED), np.zeros((UNITS, w.size + 2 * UNITS), EXTENDED)
    rows, past = [], EXTENDED(0)
    for value in u[:, 0]:
        s = 1 / (1 + np.exp(-4 * (w @ x + b[:, 0] * past)))
        inner = w @ tangents
        for i in places:
            inner[i, i * UNITS : (i + 1) * UNITS] += x
        inner[places, w.size + places] += past
        tangents = g[:, None] * tangents + (4 * s * (1 - s))[:, None] * inner
        tangents[places, w.size + UNITS + places] += x
        x, past = g * x + s, EXTENDED(value)
        rows.append(tangents[0])
    return np.array(rows)


def triangle(matrix):
    """Return R of A = Q R by Householder reflections."""
    a = matrix.copy()
    columns = a.shape[1]
    for j in range(columns):
        v = a[j:, j].copy()
        v[0] += np.copysign(np.sqrt((v * v).sum()), v[0])
        v /= np.sqrt((v * v).sum())
        a[j:, j:] -= 2 * np.outer(v, v @ a[j:, j:])
    return np.triu(a[:columns])


def inverse(r):
    found = np.zeros_like(r)
    for i in reversed(range(len(r))):
        found[i] = -r[i, i + 1 :] @ found[i + 1 :]
        found[i, i] += 1
        found[i] /= r[i, i]
    return found


@pytest.mark.skipif(np.finfo(EXTENDED).eps > 1e-18, reason="no extended precision")
def test_sixteen_units():
    """Hardly more values than weights."""
    u = bt.random.normal(STEPS, seed=1).reshape(-1, 1)
    net = bt.lnl_network(UNITS).randomize(1)
    y = net.simulate(u) + 0.01 * bt.random.normal(STEPS, seed=2).reshape(-1, 1)
    found = bt.Estimator(net, u, y).uncertainty()
    rows = jacobian(net, u)
    lengths = np.sqrt((rows**2).sum(0))
    r = triangle(rows / lengths)
    deviations = found.noise * np.sqrt((inverse(r) ** 2).sum(1)) / lengths
    values = np.linalg.svd(r.astype(float), compute_uv=False)
    # Of J^T J the square: in double precision nothing would be left.
    assert values[0] / values[-1] > 3e7
    assert found.rank == found.covariance.shape[0] == 288
    got = np.sqrt(np.diag(found.covariance))
    # 1e-16 times the condition.
    np.testing.assert_allclose(got, deviations.astype(float), rtol=1e-8)
