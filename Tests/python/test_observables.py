"""Observables: a network adjusted in distribution; Gibbs weights; divergence."""

import backtune as bt
import numpy as np
import pytest
from backtune import criteria
from backtune import observables as ob


def lnl(seed, units=4, outputs=1):
    net = bt.Network(inputs=1)
    net.observe(net.lnl(units, leak="adjust"), outputs)
    net.randomize(seed=seed)
    return net


def noise(seed, steps=200):
    return np.random.default_rng(seed).normal(size=(steps, 1))


def reference(seed, outputs=1):
    """Simulate another network with other noise."""
    return lnl(1000 + seed, outputs=outputs).simulate(noise(seed + 50))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "observable", [ob.mean(0), ob.autocorrelation(0, 1), ob.autocorrelation(0, 3)]
)
def test_mean_then_autocorrelation(observable, seed):
    """The report's own test: to 1e-3."""
    est = bt.Estimator(
        lnl(seed),
        noise(seed),
        criterion=criteria.Observables([observable], reference=reference(seed)),
    )
    trace = est.run(60, progress=False)
    found = est.observables()
    assert abs(found.means[0] - found.desired[0]) <= 1e-3
    assert trace.cost[-1] == pytest.approx(abs(found.means - found.desired).sum(), abs=1e-12)
    assert (np.diff(trace.cost) <= 0).all()
    assert np.isnan(trace.nmse).all()


def test_several_together():
    improved = []
    for seed in range(5):
        wanted = [ob.mean(0), ob.product(0, 1), ob.autocorrelation(1, 2), ob.mean_at(0, 7)]
        est = bt.Estimator(
            lnl(seed, outputs=2),
            noise(seed),
            criterion=criteria.Observables(wanted, reference=reference(seed, 2)),
        )
        trace = est.run(100, progress=False)
        improved.append(trace.cost[-1] / trace.cost[0])
    assert max(improved) < 1e-6, improved


def test_means_are_what_they_say():
    u = [noise(0, 40), noise(1, 25)]
    net = lnl(0, outputs=2)
    x = net.simulate(u)
    flat = np.concatenate(x)
    m, s = 0.3, 0.7
    expected = {
        ob.mean(1, 0.0): flat[:, 1].mean(),
        ob.mean_at(0, 30, 0.0): x[0][30, 0],
        ob.mean_at(0, 3, 0.0): (x[0][3, 0] + x[1][3, 0]) / 2,
        ob.product(0, 1, 0.0): (flat[:, 0] * flat[:, 1]).mean(),
        ob.autocorrelation(0, 2, 0.0): np.concatenate(
            [item[2:, 0] * item[:-2, 0] for item in x]
        ).mean(),
        ob.normalised_autocorrelation(1, 1, 0.0, m=m, s=s): np.concatenate(
            [(item[1:, 1] - m) * (item[:-1, 1] - m) / s**2 for item in x]
        ).mean(),
        ob.standardised_moment(0, 3, 0.0, m=m, s=s): (((flat[:, 0] - m) / s) ** 3).mean(),
        ob.standardised_moment(0, 4, 0.0, m=m, s=s): (((flat[:, 0] - m) / s) ** 4).mean(),
    }
    est = bt.Estimator(net, u, criterion=criteria.Observables(list(expected)))
    found = est.observables()
    assert found.means == pytest.approx(list(expected.values()), rel=1e-12)
    assert (found.desired == 0).all()
    assert (found.lambdas == 1).all()
    assert est.cost == pytest.approx(np.abs(list(expected.values())).sum(), rel=1e-12)


def test_reference_may_be_y_and_have_gaps():
    u, ref = noise(0), reference(0)
    ref[::7] = np.nan
    wanted = [ob.mean(0), ob.standardised_moment(0, 3)]
    one = bt.Estimator(lnl(0), u, ref, criterion=criteria.Observables(wanted))
    other = bt.Estimator(lnl(0), u, criterion=criteria.Observables(wanted, reference=ref))
    assert one.cost == other.cost
    known = ref[~np.isnan(ref)]
    desired = one.observables().desired
    assert desired[0] == pytest.approx(known.mean(), rel=1e-12)
    assert desired[1] == pytest.approx((((known - known.mean()) / known.std()) ** 3).mean())


def test_washout_leaves_the_first_steps_out():
    u = noise(0, 50)
    net = lnl(0)
    wanted = [ob.mean(0, 0.0), ob.autocorrelation(0, 1, 0.0)]
    est = bt.Estimator(net, u, criterion=criteria.Observables(wanted), washout=10)
    x = net.simulate(u)[10:, 0]
    assert est.observables().means == pytest.approx([x.mean(), (x[1:] * x[:-1]).mean()])


def test_an_observable_of_ones_own():
    """Exp of an output, as a firmware group that is observed."""
    net = bt.Network(inputs=1)
    x = net.lnl(3, leak="adjust")
    own = net.firmware(1, "own")
    masked = net.learnware(1, "first")
    masked.connect(x.lag(0), mask=[[1, 0, 0]])
    own.add(1, ("exp", masked.lag(0)))
    net.observe(own, 1)
    net.randomize(seed=0)
    net.weights.constrain("first.W", lower=1, upper=1)
    net.weights["first.W"] = [[1, 0, 0]]
    est = bt.Estimator(net, noise(0), criterion=criteria.Observables([ob.mean(0, 2.0)]))
    est.run(60, progress=False)
    assert est.observables().means[0] == pytest.approx(2, abs=1e-3)
    assert net.simulate(noise(0)).mean() == pytest.approx(2, abs=1e-3)


def test_gibbs_weights():
    """Lambda tilts the samples until they have the desired means."""
    u, samples = noise(0), reference(3)
    wanted = [ob.mean(0, samples.mean() + 0.05), ob.product(0, 0, (samples**2).mean() + 0.08)]
    est = bt.Estimator(lnl(0), u, criterion=criteria.Observables(wanted, samples=samples))
    found = est.observables()
    tilt = np.exp(found.lambdas[0] * samples + found.lambdas[1] * samples**2)
    tilt /= tilt.sum()
    assert [(tilt * samples).sum(), (tilt * samples**2).sum()] == pytest.approx(
        [item.desired for item in wanted], rel=1e-9
    )
    assert est.cost == pytest.approx(
        (np.abs(found.lambdas) * np.abs(found.means - found.desired)).sum()
    )


def test_divergence_falls_with_the_cost():
    est = bt.Estimator(
        lnl(1),
        noise(1),
        criterion=criteria.Observables([ob.mean(0)], reference=reference(1)),
    )
    before = est.divergence()
    est.run(40, progress=False)
    assert before > 1e-3
    assert 0 <= est.divergence() < 1e-6


def test_divergence_by_hand():
    """Of two Gibbs distributions over samples of 0 and 1: that of two coins."""
    samples = np.tile([[0.0], [1.0]], (50, 1))
    net = bt.Network(inputs=1)
    net.observe(net.lnl(3), 1)
    net.randomize(seed=0)
    u = noise(0)
    p = 0.4
    est = bt.Estimator(net, u, criterion=criteria.Observables([ob.mean(0, p)], samples=samples))
    q = est.observables().means[0]
    assert 0 < q < 1
    expected = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    assert est.divergence() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("wanted", "options", "error", "message"),
    [
        ([], {}, ValueError, "none came"),
        ([ob.mean(0)], {}, RuntimeError, "not known"),
        ([ob.mean(1, 0.0)], {}, ValueError, "k is 1"),
        ([ob.mean(0, np.nan)], {}, ValueError, "desired"),
        ([ob.mean(0, np.inf)], {}, ValueError, "desired"),
        ([ob.autocorrelation(0, 500, 0.0)], {}, ValueError, "no term"),
        ([ob.autocorrelation(0, -1, 0.0)], {}, ValueError, "tau"),
        ([ob.standardised_moment(0, 3, 0.0)], {}, RuntimeError, "m and s"),
        ([ob.standardised_moment(0, 3, 0.0, m=0, s=0)], {}, ValueError, "s is 0"),
        ([ob.Observable("median", (0,), 0.0)], {}, ValueError, "mean_at"),
        ([ob.mean(0, 5.0)], {"samples": np.zeros((9, 1))}, ValueError, "samples"),
        (
            [ob.mean(0, 0.5)],
            {"samples": np.arange(3).reshape(3, 1) / 2},
            ValueError,
            "every lambda",
        ),
        ([ob.mean(0)], {"reference": np.zeros((9, 2))}, ValueError, "reference"),
        ([ob.mean(0)], {"reference": np.full((9, 1), np.inf)}, ValueError, "inf"),
        ([ob.mean(0)], {"reference": np.full((9, 1), np.nan)}, RuntimeError, "not known"),
    ],
)
def test_what_is_wrong_is_named(wanted, options, error, message):
    with pytest.raises(error, match=message):
        est = bt.Estimator(lnl(0), noise(0), criterion=criteria.Observables(wanted, **options))
        est.step()


def test_static_is_refused():
    with pytest.raises(bt.ArgumentError, match="static"):
        bt.Estimator(
            lnl(0), noise(0), criterion=criteria.Observables([ob.mean(0, 0.5)]), static=True
        ).step()


def test_other_criteria_need_y():
    with pytest.raises(RuntimeError, match="desired"):
        bt.Estimator(lnl(0), noise(0)).step()
    with pytest.raises(ValueError, match="gains"):
        bt.Estimator(lnl(0), noise(0), gains=1.0)
    with pytest.raises(ValueError, match="neither"):
        bt.Estimator(lnl(0), None)
    est = bt.Estimator(lnl(0), noise(0), reference(0))
    for look in (est.observables, est.divergence):
        with pytest.raises(bt.StateError, match="observables"):
            look()
    with pytest.raises(bt.ArgumentError, match="without the other"):
        ob.standardised_moment(0, 3, m=1.0)
    with pytest.raises(TypeError, match="observables"):
        criteria.Observables(["mean"])


def test_diverging_and_constant_outputs():
    """A network that does nothing: constant outputs, zero deviation; an answer or an error."""
    net = lnl(0)
    for name in net.weights:
        net.weights[name] = 0
    est = bt.Estimator(net, noise(0), criterion=criteria.Observables([ob.mean(0, 0.2)]))
    trace = est.run(30, progress=False)
    assert trace.cost[-1] <= trace.cost[0]
    with pytest.raises(ValueError, match="deviation"):
        bt.Estimator(
            net,
            noise(0),
            criterion=criteria.Observables(
                [ob.standardised_moment(0, 3)], reference=np.ones((9, 1))
            ),
        ).step()
