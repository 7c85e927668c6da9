"""What the command takes."""

from __future__ import annotations

import argparse
import math
from typing import Callable

from .._engine.version import __version__
from . import actions


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `run` of what it finds is the function to call."""
    own = argparse.ArgumentParser(
        prog="backtune",
        description="Weights of recurrent networks from input and output sequences.",
    )
    own.add_argument("--version", action="version", version=f"backtune {__version__}")
    commands = own.add_subparsers(metavar="command", required=True)

    fit = _command(commands, "fit", actions.fit, "adjust a network of a unit and a linear readout")
    _data(fit, needs_names=True)
    fit.add_argument(
        "--unit",
        required=True,
        metavar="KIND:SIZE[,OPTION=VALUE...]",
        help="such as lnl:8 or lnl:8,leak=adjust; kinds and options are those of net.unit",
    )
    fit.add_argument(
        "--no-readout",
        dest="has_readout",
        action="store_false",
        help="the first nodes of the unit are the outputs",
    )
    _out(fit, "MODEL", "the file of the network, JSON")
    fit.add_argument(
        "--validation", nargs="+", default=[], metavar="DATA", help="for early stopping"
    )
    fit.add_argument("--iterations", type=int, help="the most there may be")
    fit.add_argument("--horizon", type=_horizon, help="steps ahead of what is compared, or free")
    fit.add_argument("--seed", type=int, help="of the draw of weights")
    _options(fit, "of bt.Estimator and its run, such as washout=50")

    identify = _command(
        commands, "identify", actions.identify, "find a model, its order and its delays by itself"
    )
    _data(identify, needs_names=True)
    _out(identify, "MODEL", "the file of the model, JSON")
    identify.add_argument("--max-order", type=int, help="the most states there may be")
    _options(identify, "of bt.identify, such as time_limit=60")

    simulate = _command(commands, "simulate", actions.simulate, "run a model over inputs")
    _model(simulate)
    _data(simulate, needs_names=False)
    _out(simulate, "CSV", "of the outputs; without it they are printed", default="-")

    predict = _command(
        commands, "predict", actions.predict, "predict outputs out of what was measured before"
    )
    _model(predict)
    _data(predict, needs_names=False)
    predict.add_argument("--horizon", type=_horizon, help="steps ahead, or free")
    _out(predict, "CSV", "of the outputs; without it they are printed", default="-")

    export = _command(commands, "export", actions.export, "write a model for other programs")
    _model(export)
    export.add_argument("out", help="such as model.c or model.fmu: the suffix says the format")
    export.add_argument("--format", help="where the suffix does not say it")
    _options(export, "of the format, such as precision=float")
    return own


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], None],
    about: str,
) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=about, description=about)
    found.set_defaults(run=run)
    return found


def _model(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", help="the file of a network or of an identified model")


def _out(
    command: argparse.ArgumentParser, kind: str, about: str, default: str | None = None
) -> None:
    command.add_argument(
        "--out", required=default is None, default=default, metavar=kind, help=about
    )


def _data(command: argparse.ArgumentParser, *, needs_names: bool) -> None:
    command.add_argument(
        "data",
        nargs="+",
        metavar="DATA",
        help="files of CSV, each one recording; - is what comes in",
    )
    more = "" if needs_names else "; those that the model knows without"
    for channels in ("inputs", "outputs"):
        command.add_argument(
            f"--{channels}",
            type=_names,
            required=needs_names,
            metavar="A,B",
            help=f"columns of the {channels}, by names in the first line or numbers from 1{more}",
        )
    command.add_argument(
        "--sequence", metavar="COLUMN", help="what says which recording a row belongs to"
    )
    if needs_names:
        command.add_argument("--sampling-time", type=float, help="seconds of a time step")
        command.add_argument("--quiet", action="store_true", help="no progress")


def _options(command: argparse.ArgumentParser, about: str) -> None:
    command.add_argument(
        "--option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help=f"{about}; several times for several",
    )


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if "" in names:
        raise argparse.ArgumentTypeError(f"'{text}' came, expected names with commas between them")
    return names


def _horizon(text: str) -> float:
    if text == "free":
        return math.inf
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' came, expected an integer or 'free'") from None


def _option(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"'{text}' came, expected NAME=VALUE")
    return name, actions.as_value(value)
