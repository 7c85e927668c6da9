"""What a record asks for before networks see it: glitches, dead time, its time scale, outliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine.data.front import Front, GlitchFilter, RangeFilter, averaged, interpolated, medians
from .._engine.types import Arrays
from .candidates import Candidate
from .delays import estimated
from .linear import quick_error
from .networks import Form
from .records import Record, raced
from .search import Search

# A glitch is this many times as far from the median about it as nearly all of the values, and so
# many deviations; the part of the values that may be glitches, and that which is not "nearly all".
_WILD, _FAR, _RARE, _REST = 5.0, 2.0, 0.02, 0.03
# Ratios of errors on held-back parts under which what was found is taken to be there.
_BETTER, _LATE = 0.99, 0.8
# Dead times below this are what a state-space model has anyway.
_LEAST_DELAY = 2
# Where regressions show a dead time as clearly as this, it is taken for a smaller gain. For none it
# is not: the first steps of a response may be small, and are not to be lost to a layer.
_CLEAR, _CLEARLY_LATE = 1.5, 0.9
_FACTORS = (5, 10, 20, 50)
# Steps that must be left, the mean square, in deviations, that means and lines between them may
# lose of the outputs, and how many of the largest of such factors are tried.
_LEFT, _LOST, _TRIED = 300, 1e-5, 2
# Outliers of outputs: so many robust deviations of the distance from the median, and of the errors
# of a linear model.
_OUTLYING, _UNEXPLAINED = 6.0, 6.0
# So many times as large as the errors before and after.
_ALONE = 3.0
# More than this part of the values are no outliers.
_MANY = 0.05
_ROBUST = 1.4826


class Preparation:
    """Looks at one record, in the user's units, and notes what it finds.

    `form` is that of linear models, but for the order.
    """

    def __init__(
        self, u: Arrays, y: Arrays, gains: Arrays | None, form: Form, search: Search
    ) -> None:
        self.u, self.y, self.gains, self.form, self.search = u, y, gains, form, search
        self.findings: list[str] = []
        self._dropped = np.zeros(y[0].shape[1], dtype=int)

    def fronts(self, plain: Front, delay: np.ndarray | None) -> list[Front]:
        """Return the front of the record at its own pace, and slower ones that may pay.

        `delay`, (M,), is taken as it is; None: it is looked for.
        """
        self._plain_error = self._error(plain)
        front = self._without_glitches(plain)
        if delay is None:
            front = self._late(front)
        elif delay.any():
            front = replace(front, delays=delay)
        return [front, *self._slow(front)]

    def record(self, front: Front) -> Record:
        """Return the record as a front shows it."""
        gains = self.gains
        if gains is not None and front.factor > 1:
            gains = [averaged(item, front.factor) for item in gains]
        return Record.of(front, self.u, self.y, gains)

    def _error(self, front: Front) -> float:
        return quick_error(raced(self.record(front)), self.form, self.search)

    def _without_glitches(self, front: Front) -> Front:
        distance = np.concatenate([np.abs(item - medians(item)) for item in self.u])
        limits = np.maximum(
            _WILD * np.quantile(distance, 1 - _REST, axis=0), _FAR * front.u.deviation
        )
        wild = (distance > limits).sum(axis=0)
        if not wild.any() or (wild > _RARE * len(distance)).any():
            return front
        which = ", ".join(f"{n} of input {k}" for k, n in enumerate(wild.tolist()) if n)
        said: dict[str, GlitchFilter | RangeFilter] = {
            "medians of the values about them take their place": GlitchFilter(limits),
            "inputs are kept in the range without them": self._calm_range(limits),
        }
        tried = [(self._error(replace(front, glitches=f)), f, text) for text, f in said.items()]
        error, best, text = min(tried, key=lambda item: item[0])
        if not error < _BETTER * self._plain_error:
            self.findings.append(f"glitches: {which}; taken as they are, no better without them")
            return front
        self._plain_error = error
        self.findings.append(f"glitches: {which}; {text}")
        return replace(front, glitches=best)

    def _calm_range(self, limits: np.ndarray) -> RangeFilter:
        """Return the range of the values that are no glitches."""
        both = np.concatenate(self.u)
        middle = np.concatenate([medians(item) for item in self.u])
        calm = np.where(np.abs(both - middle) > limits, np.nan, both)
        return RangeFilter(np.nanmin(calm, axis=0), np.nanmax(calm, axis=0))

    def _late(self, front: Front) -> Front:
        delays, ratios = estimated(self.u, self.y, front)
        delays[delays < _LEAST_DELAY] = 0
        if not delays.any():
            return front
        found = replace(front, delays=delays)
        error = self._error(found)
        clear = (ratios[delays > 0] > _CLEAR).all()
        which = ", ".join(f"{d} steps of input {k}" for k, d in enumerate(delays.tolist()) if d)
        if not error < (_CLEARLY_LATE if clear else _LATE) * self._plain_error:
            if clear:
                self.findings.append(
                    f"dead time: seems to be {which}; left to the states, which do as well"
                )
            return front
        self._plain_error = error
        self.findings.append(f"dead time: {which}")
        return found

    def _slow(self, front: Front) -> list[Front]:
        """Return fronts that average, where a record is sampled far too often."""
        scaled = [front.y.apply(item) for item in self.y]
        lossless = []
        for factor in _FACTORS:
            if min(map(len, scaled)) < _LEFT * factor:
                break
            back = [interpolated(averaged(v, factor), factor, len(v)) for v in scaled]
            lost = np.nanmean(np.concatenate([a - b for a, b in zip(scaled, back)]) ** 2)
            if lost <= _LOST:
                lossless.append(factor)
        factors = lossless[-_TRIED:]
        if factors:
            which = " and ".join(map(str, factors))
            self.findings.append(f"time scale: means of {which} time steps are tried too")
        return [replace(front, factor=factor) for factor in factors]

    def drop_outliers(self, linear: Candidate, whole: Record) -> int:
        """Hide outputs that are far from those about them and from a linear model; count them."""
        runs = whole.shown(linear.net.simulate(whole.u, linear.head_starts(whole)))
        errors = np.concatenate(whole.fine) - np.concatenate(runs)
        far = np.concatenate([np.abs(v - medians(v)) for v in whole.fine])
        spread = _ROBUST * np.array([_median(item) for item in far.T])
        wrong = np.abs(errors - np.nanmedian(errors, axis=0))
        with np.errstate(invalid="ignore"):
            found = (far > _OUTLYING * np.maximum(spread, 1e-6)) & (
                wrong > _UNEXPLAINED * np.maximum(_ROBUST * np.nanmedian(wrong, axis=0), 1e-6)
            )
            # What a layer would explain comes and goes: an outlier stands alone.
            beside = np.pad(np.nan_to_num(wrong), ((1, 1), (0, 0)))
            found &= wrong > _ALONE * np.maximum(beside[:-2], beside[2:])
        count = found.sum(axis=0)
        if not count.any() or (count > _MANY * len(found)).any():
            return 0
        ends = np.cumsum([len(item) for item in self.y])[:-1]
        self.y = [np.where(part, np.nan, v) for part, v in zip(np.split(found, ends), self.y)]
        self._dropped = self._dropped + count
        which = ", ".join(f"{n} of output {k}" for k, n in enumerate(self._dropped.tolist()) if n)
        self.findings = [text for text in self.findings if not text.startswith("outliers")]
        self.findings.append(f"outliers: {which}; left out")
        return int(count.sum())


def _median(values: np.ndarray) -> float:
    """Return the median of what is known; inf where nothing is: then nothing is far from it."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.inf
