"""The progress bar of a run."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class Progress:
    """A bar of iterations with cost and NMSE beside it, closed whatever happens; or nothing."""

    def __init__(self, shown: bool, total: int) -> None:
        self._bar: Any = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(total=total, unit="iteration", dynamic_ncols=True)

    def update(self, cost: float, nmse: float) -> None:
        """Show one more iteration."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"cost {cost:.3g}, NMSE {nmse:.3g}", refresh=False)
            self._bar.update()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()


class Candidates:
    """A bar of candidates with the least error beside it; or nothing."""

    def __init__(self, shown: bool) -> None:
        self._bar: Any = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(unit="candidate", dynamic_ncols=True)

    def update(self, text: str, done: int, total: int, least: float) -> None:
        """Show how many are done of those that are planned."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.set_postfix_str(f"{text}, least error {least:.3g}", refresh=False)
            self._bar.update(done - self._bar.n)

    def __enter__(self) -> Candidates:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.close()


class Runs:
    """A bar of the runs of experiments, with the present one beside it; or nothing."""

    def __init__(self, shown: bool, total: int) -> None:
        self._bar: Any = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(total=total, unit="run", dynamic_ncols=True)

    def show(self, text: str) -> None:
        """Say what runs now."""
        if self._bar is not None:
            self._bar.set_postfix_str(text)

    def advance(self) -> None:
        """Count one more."""
        if self._bar is not None:
            self._bar.update()

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.close()
