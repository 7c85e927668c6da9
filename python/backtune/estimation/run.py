"""One run of an estimator as Python sees it: bar, callback, validation, log."""

from __future__ import annotations

import logging
from typing import Callable

from .._engine.abi import lib
from .._engine.log import logger
from .._engine.progress import Progress
from .handle import EstimatorHandle
from .trace import Report, Trace
from .validation import Validation, snapshot


def run(
    estimator: EstimatorHandle,
    progress: bool,
    callback: Callable[[Report], object] | None,
    validation: Validation | None,
) -> Trace:
    """Run an estimator with the options that it has now.

    With a validation, the network receives the weights that are the best there, however it ends.
    """
    logs = logger.isEnabledFor(logging.DEBUG)
    idle = callback is None and validation is None and not progress and not logs
    # Of a network that nobody drew, the engine draws the start.
    known = validation is not None and estimator.net.origin != "untouched"
    start = snapshot(estimator.net) if known else None

    limit = int(estimator.get_option("max_iterations"))
    with Progress(progress, "iteration", limit) as bar:

        def on_iteration() -> object:
            if idle:
                return False
            report = estimator._report(estimator._trace_length() - 1)
            if logs:
                logger.debug("%s", _line(report))
            done = False
            if validation is not None:
                if start is not None and not validation.errors:
                    validation.look(report.iteration - 1, start)
                done = validation.look(report.iteration, snapshot(estimator.net))
            bar.advance(shown(report) + ("" if validation is None else f", {validation.words}"))
            stop = callback(report) if callback is not None else False
            return stop or done

        try:
            guard = estimator._call(lib.bt_estimator_run, on_iteration)[0]
        except BaseException as error:
            logger.info("%s: stopped by %s", estimator.method, type(error).__name__)
            raise
        finally:
            if validation is not None and validation.errors:
                estimator._validated = validation.errors
                validation.restore(estimator.net)
    trace = estimator._trace(interrupted=guard.interrupted)
    if validation is not None and validation.stopped and trace.stop == "callback":
        trace.stop, trace.stop_reason = "validation", validation.reason
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", _summary(estimator.method, trace, validation))
    return trace


def shown(report: Report) -> str:
    """Return what a progress line says of an iteration; weights are the best so far."""
    return f"cost {report.cost:.3g}, NMSE {report.nmse:.3g}"


def _line(report: Report) -> str:
    return (
        f"iteration {report.iteration}: cost {report.cost:.6g}, NMSE {report.nmse:.4g},"
        f" order {report.order}, {report.simulations} simulations"
    )


def _summary(method: str, trace: Trace, validation: Validation | None) -> str:
    if not len(trace):
        return f"{method}: {trace.stop_reason}"
    first, last = trace[0], trace[-1]
    least = f", least validation error {validation.least:.4g}" if validation is not None else ""
    return (
        f"{method}: {last.iteration} iterations, cost {first.cost:.6g} -> {last.cost:.6g},"
        f" NMSE {last.nmse:.4g}{least}: {trace.stop_reason}"
    )
