"""Methods of units: signatures, defaults and documentation out of the engine's table."""

import importlib.util
import inspect
import json
import re
from pathlib import Path

import backtune as bt
import numpy as np
import pytest
from backtune._engine.abi import lib
from conftest import ROOT

KINDS = list(bt.unit_options())
TOOL = ROOT / "tools" / "generate_units.py"
#: The options that a method takes, its keywords, by name.
OPTIONS = {
    kind: {
        parameter.name: parameter
        for parameter in inspect.signature(getattr(bt.Network, kind)).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    for kind in KINDS
}


@pytest.mark.skipif(not TOOL.is_file(), reason="not in the source tree")
def test_the_methods_are_those_of_the_table():
    specification = importlib.util.spec_from_file_location("generate_units", TOOL)
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    written = Path(inspect.getfile(bt.Network.lnl))
    assert written == tool.TARGET or not tool.TARGET.exists()
    if written.read_text() != tool.generated(lib._name):
        pytest.fail(f"{written.name} is not what the engine says: python tools/{TOOL.name}")


@pytest.mark.parametrize("kind", KINDS)
def test_signatures(kind):
    """Every option of the engine, in its order, with its default."""
    table, options = bt.unit_options(kind), OPTIONS[kind]
    assert list(options) == list(table)
    for name, row in table.items():
        default = options[name].default
        told = list(default) if isinstance(default, tuple) else default
        assert told == row["default"] and isinstance(told, bool) == (row["type"] == "boolean")
    with pytest.raises(bt.ArgumentError, match="nosuch") as caught:
        bt.Network(1).unit(kind, 2, nosuch=1)
    known = re.search(r"expected one of (.*)", str(caught.value))[1].split(", ")
    assert list(options) == list(dict.fromkeys(known))


def test_defaults_that_users_ask_for():
    assert OPTIONS["lnl"]["input_lag"].default == 1
    assert OPTIONS["reservoir"]["spectral_radius"].default == 0.9
    assert OPTIONS["lnl"]["activation"].default == "zeta01"
    assert OPTIONS["sparse_lnl"]["activation"].default == "relu"
    assert OPTIONS["lstm"]["profile"].annotation == "Literal['zeta', 'logistic']"
    assert OPTIONS["aif"]["leak"].annotation == "float | Literal['adjust']"
    assert OPTIONS["versatile"]["functions"].default == ("identity", "tanh", "zeta01", "relu")


@pytest.mark.parametrize("kind", KINDS)
def test_documentation(kind):
    text = inspect.getdoc(getattr(bt.Network, kind))
    for name, parameter in OPTIONS[kind].items():
        default = parameter.default
        written = json.dumps(default) if isinstance(default, str) else default
        told = "optional" if default is None else f"default {written}"
        if not isinstance(default, tuple):
            assert re.search(rf"(?m)^{name} : .*, {re.escape(told)}$", text), name
    for words in ("Returns", "Raises", "Examples", f">>> net.{kind}("):
        assert words in text
    # A name of code is none of C, or of JSON.
    assert "bt_" not in text and "{source" not in text
    assert ("NetworkError" in text) == ("sources" in OPTIONS[kind])


#: Stands for sources that any unit takes.
READ = object()


def made(kind, method=True, size=9, **options):
    """Return the JSON of a network of one unit, made by its method or by its kind."""
    net = bt.Network(6)
    options = {
        name: [net.input.lag(2)] if value is READ else value for name, value in options.items()
    }
    if method:
        getattr(net, kind)(size, **options)
    else:
        net.unit(kind, size, **options)
    return net.to_json()


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_that_is_given_is_one_that_is_not(kind):
    usual = made(kind, method=False)
    assert made(kind) == usual
    defaults = {name: option.default for name, option in OPTIONS[kind].items()}
    for name, value in defaults.items():
        assert made(kind, **{name: value}) == usual, name
        assert made(kind, **{name: None}) == usual, name
        if not isinstance(value, bool) and isinstance(value, (int, float)):
            for number in (np.float64(value), np.array(value)):
                if name != "dt":  # which comes with a time constant
                    assert made(kind, **{name: number}) == usual, name
    assert made(kind, **defaults) == usual


def other(name, row):
    """Return another value of an option than its default, None where any needs another option."""
    if row["type"] == "boolean":
        return not row["default"]
    if row["type"] in ("text", "function"):
        return next(word for word in row["words"] if word != row["default"])
    if row["type"] == "integer":
        return (row["default"] or 0) + 1
    if row["type"] == "number":
        return {"time_constant": 5.0, "dt": None}.get(name, 0.25)
    return {"mask": np.eye(9), "functions": ["relu"]}.get(name, READ)


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_beside_other_options(kind):
    """All defaults written out do not contradict any value that is not one."""
    table = bt.unit_options(kind)
    defaults = {name: option.default for name, option in OPTIONS[kind].items()}
    for name, row in table.items():
        value = other(name, row)
        if value is None:
            continue
        if name == "initial" and kind in ("dense", "conv1d"):
            with pytest.raises(bt.ArgumentError, match="reads no past"):
                made(kind, **{**defaults, name: value})
            continue
        told = made(kind, **{**defaults, name: value})
        assert told == made(kind, method=False, **{name: value}), name
        # These two are of something that another option asks for.
        assert told != made(kind) or name in ("seed", "feedback_scaling"), name


def test_what_is_not_the_default_is_sent(monkeypatch):
    calls = []
    monkeypatch.setattr(bt.Network, "unit", lambda self, *a, **options: calls.append((a, options)))
    for kind, options in OPTIONS.items():
        values = {name: object() for name in options}
        getattr(bt.Network(1), kind)(7, "name", **values)
        assert calls.pop() == ((kind, 7, "name"), values)
    net = bt.Network(1)
    net.lnl(3, input_lag=True, bias=1, seed=False, leak=0.0, dt=1, activation="zeta01")
    assert calls.pop() == (("lnl", 3, None), {"input_lag": True, "bias": 1, "seed": False})


def test_defaults_that_exclude_each_other():
    assert made("aif", leak=0.5, time_constant=4.0) == made("aif", leak=0.75)
    assert made("lnl", leak=0, time_constant=5.0, dt=2.0) == made("lnl", leak=1 - 2 / 5)
    mask = np.eye(9)
    assert made("reservoir", density=0.1, mask=mask) == made("reservoir", mask=mask)
    for options, message in (
        ({"leak": 0.25, "time_constant": 4.0}, "leak and time_constant both came"),
        ({"dt": 2.0}, "dt came without time_constant"),
        ({"mask": mask, "density": 0.5}, "both mask and density came"),
        ({"input_lag": True}, "input_lag of unit lnl: true came"),
        ({"bias": 1}, "bias of unit lnl: 1"),
    ):
        with pytest.raises(bt.ArgumentError, match=message):
            made("lnl", **options)


def test_a_subclass_may_have_a_method_of_its_own():
    class Mine(bt.Network):
        def lnl(self, size, **options):
            return super().lnl(size, activation="tanh", **options)

    assert Mine(4).lnl(9).name == "lnl.x"
