"""An identified model as all who compute with it know it: members, errors, names."""

from __future__ import annotations

import numpy as np

from .._engine.types import Array
from ..estimation.input_model import InputModel
from ..networks.network import Network
from .combination import as_horizon, at_horizons, weights_of
from .member import Member
from .report import IdentificationReport


class ModelBase:
    """Members and what is known of them; `IdentifiedModel` says what they are."""

    names: tuple[list[str] | None, list[str] | None]
    units: tuple[list[str] | None, list[str] | None]
    sampling_time: float | None

    def __init__(
        self,
        members: list[Member],
        linear: Member,
        report: IdentificationReport,
        errors: Array,
        input_model: InputModel | None = None,
        digests: list[str] | None = None,
        candidates: dict[int, Member] | None = None,
    ) -> None:
        self.members, self.linear = members, linear
        self.report, self.errors = report, errors
        self.input_model = input_model
        self._digests = digests or []
        self.candidates = candidates or {}
        self.relabel()

    # ---- What it is made of

    @property
    def net(self) -> Network:
        """The network of the best member, in deviations; `single` is in the user's units."""
        return self.members[0].net

    @property
    def order(self) -> int:
        """Number of states of the best member."""
        return self.members[0].trial.order

    @property
    def hidden(self) -> int:
        """Number of nodes of its nonlinear layer, 0 for a linear model."""
        return self.members[0].trial.hidden

    @property
    def delays(self) -> Array:
        """Dead time of each input, (M,), in time steps of the record."""
        return self.members[0].front.delays.copy()

    @property
    def initial_states(self) -> Array | None:
        """Learnt state of `net` at the start of each sequence; None: what the network says."""
        starts = self.members[0].starts
        return None if any(item is None for item in starts) else np.array(starts)

    def weights(self, horizon: float | None = None) -> Array:
        """Return how much each member counts so many steps ahead, (members,); None: free run.

        1 for those of less than three times the least error on held-back parts, of less than 1.1
        times it for predictions, and on all of a long record; the fourth power of the ratio to
        that for others.
        """
        return self._weights(np.array([as_horizon(horizon)]))[0]

    def _weights(self, steps: Array) -> Array:
        scores = np.stack([member.scores for member in self.members], axis=1)
        return weights_of(at_horizons(scores, steps), steps, self.members[0].precise)

    def relabel(self) -> None:
        """Take names, units and sampling time from the network of the best member."""
        net = self.net
        self.names = (net.input_names, net.output_names)
        self.units = (net.input_units, net.output_units)
        self.sampling_time = net.sampling_time

    def _output_names(self) -> list[str]:
        return self.net._output_names()
