"""Reservoirs in the words of their users: lr and sr."""

import backtune as bt
import numpy as np
import pytest


def made(**options):
    net = bt.Network(2)
    net.reservoir(30, seed=4, **options)
    return net


@pytest.mark.parametrize("lr", [1, 0.3, 0.001])
def test_the_states_are_those_of_leaky_integration(lr):
    net = made(lr=lr, sr=0.8)
    W, B, a = (net.weights[f"reservoir.x2.{name}"] for name in ("W", "B", "a"))
    u = bt.random.normal(100).reshape(50, 2)
    found = net.simulate(u, states=True)[1]["reservoir.x"]
    x = np.zeros((51, 30))
    for t in range(1, 51):
        before = np.zeros(2) if t == 1 else u[t - 2]
        x[t] = (1 - lr) * x[t - 1] + lr * np.tanh(a + W / lr @ x[t - 1] + B @ before)
    np.testing.assert_allclose(lr * found, x[1:], rtol=1e-12, atol=1e-14)
    assert np.abs(np.linalg.eigvals(W / lr)).max() == pytest.approx(0.8, rel=1e-9)


def test_what_they_stand_for():
    usual = made().to_json()
    assert made(lr=1).to_json() == usual and made(sr=0.9).to_json() == usual
    assert made(lr=0.5, sr=0.8).to_json() == made(leak=0.5, spectral_radius=0.4).to_json()
    assert made(lr=0.5).to_json() == made(leak=0.5, spectral_radius=0.45).to_json()
    assert (
        made(sr=0.7, leak="adjust").to_json() == made(spectral_radius=0.7, leak="adjust").to_json()
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lr": 0.5, "leak": 0.2}, "leak and lr both came"),
        ({"lr": 0.5, "time_constant": 4}, "time_constant and lr both came"),
        ({"lr": 0.5, "spectral_radius": 0.5}, "spectral_radius and lr both came"),
        ({"sr": 0.5, "spectral_radius": 0.5}, "spectral_radius and sr both came"),
        ({"lr": 0}, r"option lr of unit reservoir: 0.0 came, expected a number in \[0.001, 1"),
        ({"lr": 1.5}, "option lr"),
        ({"sr": -1}, "option sr"),
    ],
)
def test_refused(options, message):
    with pytest.raises(bt.ArgumentError, match=message):
        made(**options)
