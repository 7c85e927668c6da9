"""python -m backtune.experiments: rerun the experiments of RR-9100 with this engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .._engine.errors import BacktuneError
from . import EXPERIMENTS, METHODS, STOPS, Settings, run
from ._output import has_matplotlib


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    names = "\n".join(f"  {name:20}{item.title}" for name, item in EXPERIMENTS.items())
    result = argparse.ArgumentParser(
        prog="python -m backtune.experiments",
        description="Rerun section 4 of RR-9100, and more, with this engine.",
        epilog=f"experiments:\n{names}\n\nFinished runs are kept in DIR/runs: an interrupted call,"
        " started again, goes on.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Settings()
    result.add_argument("names", nargs="*", metavar="name", help="all by default")
    result.add_argument("--out", required=True, metavar="DIR", help="where everything is written")
    result.add_argument("--method", nargs="+", choices=METHODS, default=usual.methods)
    result.add_argument(
        "--stop",
        choices=STOPS,
        default=usual.stop,
        help="a fit stops at: cost 1e-6 a sample, the report's; 1e-6 of the first cost; NMSE 1e-6;"
        " never (%(default)s)",
    )
    result.add_argument(
        "--iterations",
        type=int,
        default=usual.iterations,
        help="limit of a fit, where an experiment has none of its own (%(default)s)",
    )
    result.add_argument("--sizes", type=int, nargs="+", metavar="N", help="numbers of units")
    result.add_argument("--draws", type=int, metavar="K", help="sequences and starts")
    result.add_argument("--seed", type=int, default=usual.seed, help="of the draws (%(default)s)")
    result.add_argument("--quick", action="store_true", help="small sizes: under two minutes")
    result.add_argument("--page", metavar="FILE", help="write results.md there too, with pictures")
    result.add_argument("--no-progress", action="store_true", help="no progress bar")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line says; return the status of the process."""
    given = parser().parse_args(arguments)
    try:
        settings = Settings(
            methods=tuple(dict.fromkeys(given.method)),
            stop=given.stop,
            iterations=given.iterations,
            sizes=None if given.sizes is None else tuple(given.sizes),
            draws=given.draws,
            seed=given.seed,
            quick=given.quick,
        )
        run(
            given.names or None,
            out=given.out,
            settings=settings,
            page=given.page,
            progress=not given.no_progress,
        )
    except BacktuneError as error:
        print(f"backtune.experiments: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("backtune.experiments: interrupted; what is finished is kept", file=sys.stderr)
        return 130
    if not has_matplotlib():
        print("no pictures: they need matplotlib, pip install 'backtune[plot]'", file=sys.stderr)
    print(f"{given.out}/results.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
