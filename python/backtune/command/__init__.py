"""The command `backtune`: fits, simulates, predicts, identifies and exports over files of CSV."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from .._engine.errors import BacktuneError, BacktuneWarning
from .arguments import parser

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        What stands behind the name of the program; by default those of this process.

    Returns
    -------
    int
        0, 1 where something was refused or could not be read or written, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        Arguments that make no sense (2), or help was asked for (0).
    """
    given = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", BacktuneWarning)
            warnings.showwarning = _warn
            given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read has gone; what is left must not be written when Python ends.
        sys.stdout = None
        return 1
    except (BacktuneError, OSError) as error:
        print(f"backtune: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("backtune: interrupted", file=sys.stderr)
        return 130
    return 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"backtune: warning: {message}", file=sys.stderr)
