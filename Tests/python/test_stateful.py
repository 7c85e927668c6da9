"""Public calls in any order; many more of them by `make fuzz`."""

import os

import backtune as bt
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from stateful_cases import Calls, machine_settings

EXAMPLES = int(os.environ.get("BACKTUNE_STATEFUL_EXAMPLES", "12"))


def test_any_calls_in_any_order():
    few = settings(machine_settings(EXAMPLES, 20), derandomize=EXAMPLES < 100)
    run_state_machine_as_test(Calls, settings=few)
    assert Calls.steps > 50


@pytest.mark.parametrize("method", ["gauss-newton", "backward-tuning"])
@pytest.mark.parametrize(("u_unit", "y_unit"), [(1e-313, 1), (1e-310, 1e300), (1e-307, 1e10)])
def test_units_in_which_no_weights_can_be_written_are_refused(method, u_unit, y_unit):
    """Found by calls in any order: a network that was fitted could not be saved."""
    net = bt.Network(1)
    net.linear(1, sources=[net.gru(2).lag(0)])
    net.randomize(0)
    times = np.arange(30.0)[:, None]
    with pytest.raises(bt.ArgumentError, match="bring .*outputs to other units"):
        bt.Estimator(net, u_unit * np.sin(times), y_unit * np.cos(times), method=method).step()
    assert np.isfinite(net.get_weights()).all()
    assert bt.Network.from_json(net.to_json()).to_json() == net.to_json()
