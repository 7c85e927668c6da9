"""What the page for those who come from elsewhere says, beside the packages themselves."""

import re
import warnings

import backtune as bt
import numpy as np
import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "coming-from.md"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAGE.is_file(), reason="not in the source tree"),
    pytest.mark.filterwarnings("default"),
]


def section(name):
    """Return the part of the page on a package."""
    return re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.S | re.M)[1]


def theirs(name):
    """Return the first block of that package, which the page has indented."""
    block = re.search(r"(?:^    .*\n|^\n(?=    ))+", section(name), re.M)[0]
    return "\n".join(line[4:] for line in block.splitlines())


def data():
    """Return what all blocks of the page use."""
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S)[1], names)
    return names["u"], names["y"]


def ours(name):
    """Run the first block of the page with backtune on that data; return its names."""
    u, y = data()
    names = {"bt": bt, "np": np, "u": u, "y": y}
    exec(re.search(r"```python\n(.*?)```", section(name), re.S)[1], names)
    return names


def nmse(prediction, y, first=50):
    left = np.asarray(prediction).reshape(y.shape)[first:] - y[first:]
    return float((left**2).mean() / y[first:].var())


def test_torch():
    torch = pytest.importorskip("torch")
    u, y = data()
    names = {"torch": torch, "U": torch.tensor(u[None]).float(), "Y": torch.tensor(y[None]).float()}
    exec(theirs("PyTorch").replace("1000", "3"), names)
    assert float(names["loss"].detach()) > 0
    assert nmse(ours("PyTorch")["net"].simulate(u), y) < 1e-3


def test_reservoirpy():
    pytest.importorskip("reservoirpy")
    from reservoirpy.nodes import Reservoir, Ridge

    u, y = data()
    names = {"Reservoir": Reservoir, "Ridge": Ridge, "u": u, "y": y}
    exec(theirs("reservoirpy"), names)
    found = ours("reservoirpy")
    # Weights are drawn in other ways.
    assert nmse(names["prediction"], y) < 0.05 and nmse(found["prediction"], y) < 0.05


@pytest.mark.parametrize("lr", [1.0, 0.3])
def test_reservoirpy_has_the_same_states(lr):
    pytest.importorskip("reservoirpy")
    from reservoirpy.nodes import Reservoir

    u, _ = data()
    net = bt.Network(inputs=1)
    net.reservoir(30, lr=lr, sr=0.8, density=0.3, input_lag=0, seed=2)
    W, B, a = (np.array(net.weights[f"reservoir.x2.{name}"]) for name in ("W", "B", "a"))
    node = Reservoir(30, lr=lr, W=W / lr, Win=B, bias=a)
    expected = node.run(u)
    found = net.simulate(u, states=True)[1]["reservoir.x"]
    np.testing.assert_allclose(lr * found, expected, rtol=1e-10, atol=1e-12)


def test_jax_sysid():
    pytest.importorskip("jax_sysid")
    import jax
    from jax_sysid.models import LinearModel

    jax.config.update("jax_enable_x64", True)
    u, y = data()
    names = {"LinearModel": LinearModel, "nx": 2, "ny": 1, "nu": 1, "u": u, "y": y}
    names |= {"u_new": u, "y_new": y}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(theirs("jax-sysid").replace("epochs=1000", "epochs=50"), names)
    A, B, C, D = (np.asarray(item, dtype=float) for item in names["model"].params[:4])
    net = bt.Network(inputs=1)
    net.state_space(2, hidden=0, initial="learn")
    values = {"x.A": A, "x.B": B, "y.C": C, "y.D": D}
    net.weights = {f"state_space.{name}": value for name, value in values.items()}
    # The state there is that of t = 0, here it is that before.
    start = np.asarray(names["x0"], dtype=float).reshape(-1)
    net.weights["state_space.x.x0"] = np.linalg.solve(A, start)
    prediction = np.asarray(names["prediction"]).reshape(y.shape)
    np.testing.assert_allclose(net.simulate(u), prediction, rtol=1e-8, atol=1e-10)
    assert nmse(ours("jax-sysid")["prediction"], y) < 0.1
