"""The fits of candidates: estimators as each kind asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._engine.types import Arrays, Starts
from ..estimation.estimator import Estimator
from ..estimation.regularisation import Ridge
from ..networks.network import Network
from .networks import Form, lag_names, reads_measured
from .records import Record

# How much outputs count in a fit that come from inputs before the record.
_UNKNOWN = 0.01


@dataclass(frozen=True)
class Kind:
    """What a candidate is.

    Attributes
    ----------
    training : {"output error", "prediction", "arx"}
        See `Member`.
    form : Form
    ridge : float
        Per observed value.
    draw : int
        Of the weights of its layer.
    fading : float
        Of a regression: by what the ridge is divided from lag to lag, 1 for one alike for all.
    """

    training: str
    form: Form
    ridge: float
    draw: int = 0
    fading: float = 1.0

    @property
    def horizon(self) -> float | None:
        """Steps ahead that it is trained for, None for the free run."""
        return None if self.training == "output error" else 1


def learns_starts(kind: Kind, record: Record) -> bool:
    """Tell whether its fits learn the states from which sequences start."""
    return not record.panel and kind.training != "arx"


def estimator_of(
    kind: Kind,
    net: Network,
    record: Record,
    u: Arrays,
    y: Arrays,
    gains: Arrays | None,
    starts: Starts | None,
    alone: bool = False,
) -> Estimator:
    """Return the estimator of the weights, and of starts where they are learnt.

    The sequences are parts of the record; it sets out from `starts`. `alone`: starts alone are
    estimated, of weights that do not move.
    """
    if not alone:
        gains = _before(record, y, gains)
    if gains is None:
        observed: float = sum(int(np.isfinite(item).sum()) for item in y)
    else:
        observed = sum(float(v[np.isfinite(item)].sum()) for v, item in zip(gains, y))
    learns = learns_starts(kind, record)
    known = learns and starts is not None and any(item is not None for item in starts)
    fit = Estimator(
        *(net, u, y, gains),
        method="gauss-newton",
        restarts=0,
        horizon=kind.horizon if reads_measured(net) else None,
        # What was before the record is not known.
        washout=kind.form.order if kind.training == "arx" else None,
        regularisation=[] if alone else _ridges(kind, observed),
        initial=starts if known else None,
    )
    if learns:
        fit.set_option("initial_states", 1)
    return fit


def _ridges(kind: Kind, observed: float) -> list[Ridge]:
    """Return the ridge of a candidate, of fading memory one for each lag."""
    strength = kind.ridge * observed
    if not strength > 0:
        return []
    if kind.fading == 1:
        return [Ridge(strength)]
    return [
        Ridge(strength / kind.fading**lag, weights=names)
        for lag, names in enumerate(lag_names(kind.form.order))
    ]


def _before(record: Record, y: Arrays, gains: Arrays | None) -> Arrays | None:
    """Return gains by which outputs of inputs that came before a record count little.

    Weights that explained them would be wrong; the state before it explains them.
    """
    front = record.front
    late = -(-int(front.delays.max(initial=0)) // front.factor)
    if not late:
        return gains
    first = [np.where(np.arange(len(v)) < late, _UNKNOWN, 1.0)[:, None] for v in y]
    if gains is None:
        return [np.broadcast_to(part, v.shape) for part, v in zip(first, y)]
    return [part * gain for part, gain in zip(first, gains)]
