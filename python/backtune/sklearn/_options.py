"""Checks of the parameters of the estimators: messages name option, value and what is allowed."""

from __future__ import annotations

import numbers
from collections.abc import Mapping

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from .._engine.arrays import as_size
from .._engine.errors import ArgumentError
from .._engine.warn import warn
from ..estimation.criteria import Criterion
from ..estimation.estimator import Estimator
from ..networks.network import Network

# Whole numbers, with the least that is allowed.
_LEAST = (
    ("units", 1),
    ("max_order", 1),
    ("max_iter", 1),
    ("n_iter_no_change", 1),
    ("n_initial", 0),
    ("washout", 0),
)


def check_options(estimator: BaseEstimator, starts: tuple[str, ...], units_optional: bool) -> None:
    """Raise ArgumentError for the first parameter that is not what it has to be.

    The kind of the unit is checked where the network is built.
    """
    given = estimator.get_params(deep=False)
    if given["initial_state"] is not None:
        warn("initial_state: say initial=", DeprecationWarning)
    start = estimator._begin
    if not isinstance(start, str) or start not in starts:
        raise wrong("initial", start, " or ".join(map(repr, starts)))
    for name, least in _LEAST:
        optional = name in ("units", "max_order") and units_optional
        if name not in given or (optional and given[name] is None):
            continue
        if not _is_whole(given[name], least):
            allowed = f"a whole number, {least} or more" + (", or None" if optional else "")
            raise wrong(name, given[name], allowed)
    for name, most in (("alpha", np.inf), ("validation_fraction", 1.0)):
        value = given[name]
        if not isinstance(value, numbers.Real) or _is_flag(value) or not 0 <= float(value) < most:
            allowed = "a finite number of 0 or more" if most == np.inf else "0 to below 1"
            raise wrong(name, value, allowed)
    jobs = given.get("n_jobs")
    if jobs is not None and not _is_whole(jobs, 1) and not (_is_whole(jobs, -1) and jobs == -1):
        raise wrong("n_jobs", jobs, "a whole number, 1 or more, or -1, or None")
    restarts = given["restarts"]
    if not _is_whole(restarts, 0) and not (isinstance(restarts, str) and restarts == "auto"):
        raise wrong("restarts", restarts, "'auto' or a whole number, 0 or more")
    for name in ("early_stopping", "warm_start"):
        if not _is_flag(given[name]):
            raise wrong(name, given[name], "True or False")
    if not _is_flag(given["verbose"]) and not _is_whole(given["verbose"], 0):
        raise wrong("verbose", given["verbose"], "True, False or a whole number, 0 or more")
    _check_objects(given, units_optional)


def _check_objects(given: Mapping[str, object], units_optional: bool) -> None:
    unit, options, callback = given["unit"], given["unit_options"], given["callback"]
    if not isinstance(unit, str) and not callable(unit) and not (unit is None and units_optional):
        allowed = "the name of a kind of unit or a function" + (
            ", or None" if units_optional else ""
        )
        raise wrong("unit", unit, allowed)
    if options is not None and not (
        isinstance(options, dict) and all(isinstance(key, str) for key in options)
    ):
        raise wrong("unit_options", options, "a dict of options by name, or None")
    if callback is not None and not callable(callback):
        raise wrong("callback", callback, "a function of a Report, or None")
    if not isinstance(given.get("criterion", ""), (str, Criterion)):
        raise wrong("criterion", given["criterion"], "the name of a criterion or a Criterion")
    method = given["method"]
    if method is not None and not isinstance(method, str):
        raise wrong("method", method, "the name of a method, or None")
    _check_method(method)
    if not _is_whole(given["random_state"], 0):
        try:
            check_random_state(given["random_state"])
        except ValueError:
            allowed = "a whole number, 0 or more, a RandomState or None"
            raise wrong("random_state", given["random_state"], allowed) from None


def _check_method(method: str | None) -> None:
    """Let the engine look at the name, before any work: the recipe has no use for it."""
    with Network(1) as net:
        net.linear(1)
        net.randomize(0)
        Estimator(net, np.zeros((4, 1)), np.zeros((4, 1)), method=method).close()


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed of the engine; of what draws, the next one."""
    if isinstance(random_state, numbers.Integral):
        return as_size(random_state, "random_state", unsigned=True)
    return int(check_random_state(random_state).randint(2**31 - 1))


def wrong(name: str, value: object, allowed: str) -> ArgumentError:
    """Return the error of a value that an option cannot take."""
    return ArgumentError(f"{name}: {value!r} came, expected {allowed}")


def _is_flag(value: object) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, numbers.Integral) and not _is_flag(value) and int(value) >= least
