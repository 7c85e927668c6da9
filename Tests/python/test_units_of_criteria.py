"""Fits do not depend on the units of the data, whatever the criterion and the method."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from units_of_data_cases import assert_same_iterations, record, run


@pytest.mark.parametrize("options", [{}, {"dense": 0}, {"method": "backward-tuning"}])
@pytest.mark.parametrize("criterion", ["least-squares", "l1", "l0", "huber", "biweight"])
def test_powers_of_two_to_the_bit(criterion, options):
    u, y = record()
    options = {"criterion": criterion, "iterations": 6, **options}
    expected = run("lnl", u, y, **options)
    # Backward tuning follows inputs.
    for scale in [1] if "method" in options else [2.0**-26, 2.0**9, 0.5]:
        found = run("lnl", u * [2.0**31, 2.0**-8], y * scale, **options)
        assert same(found.nmse, expected.nmse)


@pytest.mark.parametrize("criterion", ["l1", "l0", "huber", "biweight"])
@pytest.mark.parametrize(("k", "m"), [((-9, 9), -9), ((9, -9), 9), ((0, 0), 3)])
def test_powers_of_ten_in_the_iterative_form(criterion, k, m):
    u, y = record()
    options = {"criterion": criterion, "dense": 0, "iterations": 8}
    expected = run("lnl", u, y, **options)
    found = run("lnl", u * 10.0 ** np.array(k), y * 10.0**m, **options)
    assert_same_iterations(found, expected, dense=0)
    assert expected.nmse[-1] < 0.5


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
@pytest.mark.parametrize("criterion", ["least-squares", "l1", "l0", "huber", "biweight"])
def test_powers_of_ten_under_every_criterion(criterion, method):
    u, y = record()
    options = {"criterion": criterion, "method": method}
    expected = run("lnl", u, y, **options)
    # The dense form of l1 makes 1e-3 of a rounding of the inputs.
    rtol = 0.02 if (criterion, method) == ("l1", "gauss-newton") else 1e-8
    for k, m in (((-9, 9), -9), ((9, -9), 9), ((3, -5), 5)):
        m = 0 if method == "backward-tuning" else m
        found = run("lnl", u * 10.0 ** np.array(k), y * 10.0**m, **options)
        assert len(found) == len(expected) and found.stop == expected.stop
        np.testing.assert_allclose(found.nmse, expected.nmse, rtol=rtol)


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
@pytest.mark.parametrize("criterion", ["boolean", "cross-entropy"])
def test_inputs_of_criteria_whose_outputs_have_no_units(criterion, method):
    u, y = record()
    found = []
    for k in ((0, 0), (-9, 9), (9, -9), (4, -4)):
        net = bt.Network(2)
        h = net.lnl(3, activation="tanh", leak="adjust")
        if criterion == "boolean":
            net.lnl(1, sources=[h.lag(0)])
            desired = y[:, :1] > 0
        else:
            z = net.linear(2, "z", sources=[h.lag(0)])
            net.observe(net.softmax_group(z.lag(0)))
            desired = np.column_stack([y[:, 0] > 0, y[:, 0] <= 0])
        scaled = u * 10.0 ** np.array(k)
        options = {"criterion": criterion, "method": method}
        est = bt.Estimator(net.randomize(0), scaled, desired, **options)
        found.append(est.run(12, progress=False).cost)
        assert len(found[-1]) == len(found[0])
        np.testing.assert_allclose(found[-1], found[0], rtol=1e-6)
    assert found[0][-1] < 0.5 * found[0][0]
