"""The line that says how far something is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm

# Where it says itself how long it takes.
_FORMAT = "{n_fmt}/{total_fmt} {unit}s [{elapsed}{postfix}]"


def is_watched() -> bool:
    """Tell whether somebody looks: at a terminal or a notebook, and not in a test."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        return False
    return bool(sys.stderr and sys.stderr.isatty()) or _is_notebook()


def _is_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


class Progress:
    """One line, of tqdm and in text everywhere, closed whatever happens; or nothing.

    Parameters
    ----------
    wanted : bool
        Whether there is one where somebody looks.
    unit : str
        What is counted.
    total : int, optional
        How many there are.
    timed : bool
        Whether it says how much time is left, from that of those that are done.
    """

    def __init__(
        self, wanted: bool, unit: str, total: int | None = None, *, timed: bool = True
    ) -> None:
        self._bar: tqdm | None = None
        if wanted and is_watched():
            from tqdm import tqdm

            form = {} if timed else {"bar_format": _FORMAT}
            self._bar = tqdm(total=total, unit=unit, dynamic_ncols=True, **form)

    def show(self, text: str) -> None:
        """Say what happens now."""
        if self._bar is not None:
            self._bar.set_postfix_str(text)

    def advance(self, text: str = "", done: int | None = None, total: int | None = None) -> None:
        """Count one more, or to `done` of `total`."""
        if self._bar is None:
            return
        if text:
            self._bar.set_postfix_str(text, refresh=False)
        if total is not None:
            self._bar.total = total
        self._bar.update(1 if done is None else done - self._bar.n)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar is not None:
            self._bar.close()
