"""Standard errors of poles, gains, steps and frequency responses, and figures of them."""

import backtune as bt
import numpy as np
import pytest
from backtune.errors import ArgumentError
from backtune.identification.plots_linear import plot_bode, plot_poles, plot_step
from backtune.networks.linear import sensitivity
from linear_models import arx, model_of, networks, state_space

NETWORKS = networks()
A = np.array([[1.5, -0.7], [1.0, 0.0]])
WEIGHTS = {"x.A": A, "x.B": [[1.0], [0.0]], "y.C": [[0.5, 0.2]], "y.D": [[0.1]], "y.a": 0.3}
QUANTITIES = ("poles_error", "gains_error", "step_error", "magnitude_error", "phase_error")
PLACES = {"frequencies": [0.0, 0.1], "steps": 20}


def plant(**options):
    net = bt.Network(1)
    net.state_space(2, hidden=0, outputs=1, **options)
    for name, values in WEIGHTS.items():
        net.weights[f"state_space.{name}"] = values
    return net


def record(model, noise, steps=300, seed=0):
    """Return inputs, and outputs of the member from its rest with white noise."""
    random = np.random.default_rng(seed)
    member = model.members[0]
    u = member.front.u.restore(random.normal(size=(steps, len(member.front.u.mean))))
    y = member.simulate([u], [None])[0]
    return u, y + noise * y.std(axis=0) * random.normal(size=y.shape)


def refitted(model, u, y, horizon=None):
    """Return a model of the same member, estimated from its weights on."""
    member = model.members[0]
    net = member.net.copy()
    data = (member.front.inputs(u), member.front.outputs(y))
    options = {"method": "gauss-newton", "restarts": 0, "horizon": horizon}
    with bt.Estimator(net, *data, initial="learn", **options) as estimator:
        estimator.run(20, progress=False)
    return model_of(net, kind=member.kind, delays=member.front.delays, rest=member.rest)


def of_model(model):
    poles, step = model.poles(), model.step(20)[:, 0, 0]
    response = model.bode([0.0, 0.1])
    magnitude, phase = response.magnitude[1, 0, 0], response.phase[1, 0, 0]
    return [
        poles[0].real,
        poles[0].imag,
        response.response[0, 0, 0].real,
        step[10],
        magnitude,
        phase,
    ]


def of_errors(found):
    poles = found.poles_error
    errors = [poles[0].real, poles[0].imag, found.gains_error[0, 0], found.step_error[10, 0, 0]]
    return [*errors, found.magnitude_error[1, 0, 0], found.phase_error[1, 0, 0]]


def test_standard_errors_are_the_scatter_over_noise():
    model = model_of(plant())
    found = [of_model(refitted(model, *record(model, 0.2, seed=seed))) for seed in range(60)]
    errors = of_errors(model.uncertainty(*record(model, 0.2), **PLACES))
    # 60 draws know a deviation to 9 %.
    np.testing.assert_allclose(errors, np.std(found, axis=0), rtol=0.3)


def test_standard_errors_of_a_predictor():
    # An ARX plant: noise goes through the poles, and the errors one step ahead are white.
    net = bt.Network(1)
    y = net.learnware(1, "y", bias=True).connect(net.input.lag(1))
    net.observe(y)
    for lag, weight in ((1, 1.5), (2, -0.7)):
        y.connect(y.measured().lag(lag), f"A{lag}")
        net.weights[f"y.A{lag}"] = weight
    net.weights["y.B"] = 1
    model = model_of(net, kind="arx", rest=np.zeros(net.state_size))
    front = model.members[0].front

    def draw(seed):
        random = np.random.default_rng(seed)
        u, noise = random.normal(size=300), 0.3 * random.normal(size=300)
        y = np.zeros(302)
        for t in range(300):
            y[t + 2] = 1.5 * y[t + 1] - 0.7 * y[t] + (u[t - 1] if t else 0) + noise[t]
        return front.u.restore(u[:, None]), front.y.restore(y[2:, None])

    found = [of_model(refitted(model, *draw(seed), horizon=1)) for seed in range(60)]
    errors = of_errors(model.uncertainty(*draw(0), **PLACES))
    np.testing.assert_allclose(errors, np.std(found, axis=0), rtol=0.3)


@pytest.mark.parametrize("kind", ["linear", "tanh", "innovations"])
def test_the_basis_of_the_states_does_not_matter(kind):
    options = {"feedback": "measured"} if kind == "innovations" else {}
    hidden = 2 if kind == "tanh" else 0
    net = state_space(1, 1, 2, hidden, seed=3, **options)
    net.weights["state_space.x.A"] = A * 0.9
    way = "prediction" if kind == "innovations" else "output error"
    model = model_of(net, rest=np.zeros(net.state_size), kind=way)
    T = np.array([[2.0, 0.3], [-0.4, 0.7]])
    other = net.copy()
    for name, weight in net.weights.items():
        role = name[len("state_space.") :]
        if role in ("x.A", "x.B", "x.E", "x.K", "x.a"):
            weight = T @ weight
        if role in ("x.A", "h2.F", "y.C"):
            weight = weight @ np.linalg.inv(T)
        other.weights[name] = weight
    turned = model_of(other, rest=np.zeros(net.state_size), kind=way)
    u, y = record(model, 0.1)
    at = model.members[0].front.u.mean + 0.3
    one, two = (item.uncertainty(u, y, at, **PLACES) for item in (model, turned))
    assert one.weights.rank == two.weights.rank < net.get_weights().size + net.state_size
    for name in QUANTITIES:
        expected = getattr(one, name)
        assert np.isfinite(expected).all() and expected.any()
        np.testing.assert_allclose(
            getattr(two, name), expected, rtol=1e-6, atol=1e-9 * np.abs(expected).max()
        )
    for a, b in zip(one.band(u), two.band(u)):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_derivatives_by_the_weights(name):
    """The equilibrium moves with them."""
    net = NETWORKS[name].copy()
    model = model_of(net, delays=[1, 0][: net.inputs])
    at = model.members[0].front.u.mean + 0.3
    found = sensitivity.derivatives(model.members[0], at)
    weights = net.get_weights()
    direction = np.random.default_rng(0).normal(size=weights.size)
    sides = []
    for sign in (1, -1):
        net.set_weights(weights + sign * 1e-5 * direction)
        system = model.to_state_space(at)
        frequencies = np.array([0.1])
        sides.append([*system[:4], model.step(12, at), model.bode(frequencies, at).response])
    net.set_weights(weights)
    system = model.to_state_space(at)
    all_found = [
        *found,
        sensitivity.of_steps(system, found, 12),
        sensitivity.of_frequencies(system, found, frequencies),
    ]
    for slopes, up, down in zip(all_found, *sides):
        expected = (up - down) / 2e-5
        exact = np.tensordot(direction, slopes, 1)
        np.testing.assert_allclose(exact, expected, atol=1e-6 * (1 + np.abs(expected).max()))


def test_values_are_those_of_the_model():
    model = model_of(NETWORKS["innovations"], delays=[2, 0])
    u, y = record(model, 0.1)
    found = model.uncertainty(u, y)
    assert (found.poles == model.poles()).all() and (found.step == model.step()).all()
    assert (found.frequency.response == model.bode().response).all()
    np.testing.assert_allclose(found.gains, model.bode([0.0]).response[0].real)
    np.testing.assert_allclose(found.gains, model.step(2000)[-1], rtol=1e-9)
    assert (found.step_error[0, :, 0] == 0).all() and (found.step_error[2:, :, 0] > 0).all()
    lines = repr(found).splitlines()
    assert "3 poles" in lines[0] and len(lines) == 4


def test_bands_on_new_inputs():
    model = model_of(plant(), delays=[3])
    u, y = record(model, 0.2)
    found = model.uncertainty(u, y)
    new, noisy = record(model, 0.2, seed=9)
    truth = model.members[0].simulate([new], [None])[0]
    low, high = found.band(new)
    np.testing.assert_allclose((low + high) / 2, truth, rtol=1e-10)
    wide = found.band(new, noise=True)
    inside = (wide[0] <= noisy) & (noisy <= wide[1])
    assert 0.9 < inside.mean() < 0.99
    assert (wide[0] < low).all() and (found.band(new, 0.5)[0] > low).all()
    (pair,) = found.band([new])
    assert (pair[0] == low).all()
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(new, index=pandas.RangeIndex(7, 7 + len(new)))
    assert found.band(table)[0].index.equals(table.index)


def test_on_a_slower_clock():
    net = plant()
    model = model_of(net, factor=2, rest=np.zeros(net.state_size))
    u, y = record(model, 0.05)
    found = model.uncertainty(u, y, **PLACES)
    assert len(found.weights.outputs[0]) == 150 and (found.step_error[1:] > 0).all()
    low, high = found.band(u)
    assert low.shape == y.shape
    np.testing.assert_allclose((low + high) / 2, model.members[0].simulate([u], [None])[0])


def test_fixed_weights_and_coinciding_poles():
    net = arx(1, 1, 1, 3)
    model = model_of(net, kind="arx")
    u, y = record(model, 0.1)
    found = model.uncertainty(u, y, **PLACES)
    # Two poles at 0 that late inputs make are one another, that of the feedback is not.
    assert np.isfinite(found.poles_error[0]) and np.isnan(found.poles_error[1:]).all()
    net.weights.constrain("y.x.K1", fixed=True)
    fixed = model_of(net, kind="arx").uncertainty(u, y, **PLACES)
    assert fixed.poles_error[0] == 0 and (fixed.gains_error > 0).all()


def test_starts_of_the_record_are_known():
    net = plant()
    model = model_of(net, rest=np.zeros(net.state_size))
    member = model.members[0]
    u, _ = record(model, 0.0)
    start = np.array([0.0, 3.0, -2.0])
    y = member.simulate([u], [start])[0]
    y += 0.01 * np.random.default_rng(0).normal(size=y.shape)
    unknown = model.uncertainty(u, y).weights.noise
    from backtune.identification.runs import digest

    member.starts, model._digests = [start], [digest(u)]
    known = model.uncertainty(u, y).weights.noise
    noise = 0.01 / member.front.y.deviation[0]
    assert known == pytest.approx(noise, rel=0.1) and unknown == pytest.approx(noise, rel=0.1)


def test_sequences_that_share_their_start():
    net = plant(initial="learn")
    net.weights["state_space.x.x0"] = [3.0, -2.0]
    model = model_of(net, rest=None)
    parts = [record(model, 0.1, steps=60, seed=seed) for seed in range(4)]
    u, y = (list(side) for side in zip(*parts))
    found = model.uncertainty(u, y, **PLACES)
    # The start is among the weights, and one for all: 8 that the basis leaves.
    assert found.weights.rank == 8
    assert (found.step_error[1:] > 0).all()


def test_what_is_refused():
    model = model_of(plant())
    u, y = record(model, 0.1)
    with pytest.raises(ArgumentError, match="y: None came"):
        model.uncertainty(u, None)
    with pytest.raises(ArgumentError, match="no"):
        model.uncertainty(u, np.full_like(y, np.nan))
    found = model.uncertainty(u, y)
    with pytest.raises(ArgumentError, match="level: 2 came"):
        found.band(u, 2)
    with pytest.raises(ArgumentError, match="NaN or infinite"):
        found.band(np.full_like(u, np.inf))


@pytest.fixture
def axes():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_figures(axes):
    net = plant()
    net.input_names, net.output_names = ["force"], ["place"]
    net.input_units, net.output_units, net.sampling_time = ["N"], ["mm"], 0.5
    model = model_of(net)
    found = model.uncertainty(*record(model, 0.1))
    ax = plot_step(model)
    (line,) = ax.lines
    assert (line.get_ydata() == model.step()[:, 0, 0]).all() and not ax.collections
    assert line.get_xdata()[1] == 0.5 and ax.get_xlabel() == "time [s]"
    assert line.get_label() == "place [mm] by force [N]"
    ax = plot_step(model, axes.figure().gca(), uncertainty=found)
    (band,) = ax.collections
    bounds = band.get_paths()[0].vertices[:, 1]
    half = 1.959964 * found.step_error[:, 0, 0]
    assert bounds.max() == pytest.approx((found.step[:, 0, 0] + half).max())
    upper, lower = plot_bode(model, uncertainty=found)
    assert (upper.lines[0].get_ydata() == found.frequency.magnitude[:, 0, 0]).all()
    assert (lower.lines[0].get_ydata() == found.frequency.phase[:, 0, 0]).all()
    assert upper.collections and lower.collections and lower.get_xlabel() == "frequency [Hz]"
    upper, _ = plot_bode(model, frequencies=[0.1, 0.2])
    assert upper.lines[0].get_xdata().tolist() == [0.1, 0.2]
    ax = plot_poles(model, uncertainty=found)
    circle, poles, *rings = ax.lines
    assert np.hypot(*circle.get_data()).max() == pytest.approx(1) and len(rings) == 2
    assert poles.get_xdata().tolist() == model.poles().real.tolist()
    # An ellipse of 95 % reaches 2.45 deviations.
    reach = np.ptp(rings[0].get_xdata()) / 2
    assert reach == pytest.approx(2.4477 * found.poles_error[0].real, rel=1e-3)
    assert len(plot_poles(model).lines) == 2


def test_figures_without_names(axes):
    model = model_of(NETWORKS["linear"])
    ax = plot_step(model)
    assert [line.get_label() for line in ax.lines] == [
        "y0 by u0",
        "y0 by u1",
        "y1 by u0",
        "y1 by u1",
    ]
    assert ax.get_xlabel() == "time step"
    assert plot_bode(model)[1].get_xlabel() == "cycles per time step"
    with pytest.raises(ArgumentError, match="level"):
        plot_step(model, level=1)
