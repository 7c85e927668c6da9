"""Networks whose inputs may be missing as they run: what `Network.with_missing_inputs` returns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import ArrayLike

from .._engine.data.sequences import read
from .._engine.errors import ArgumentError, NetworkError, SizeError
from .._engine.types import Array, DataLike, Measured, StateLike
from .document import document, readers
from .network import Network
from .stream import Stream
from .structure import INPUT, Structure

#: The group that predicts, what is read of it where it is measured, and the one of all channels.
PREDICTS, INPUTS = "missing.x", "inputs"


class LinearInputs(Protocol):
    """What is asked of an `InputModel`: see there."""

    net: Network
    channels: np.ndarray
    order: int
    mean: np.ndarray
    scale: np.ndarray

    @property
    def size(self) -> int:
        """Number M of channels."""


class ModelledNetwork(Network):
    """A network that takes NaN for inputs of some channels, from `Network.with_missing_inputs`.

    What is missing is predicted from what came before; `InputModel.fill` knows what came after too.
    It simulates, predicts, and runs as a stream; weights are adjusted on the network that it was
    made of. Its JSON text and files give it back. In C values of the modelled channels are what is
    measured of the group ``missing.x``, NaN where not known, and their inputs are not read.
    """

    @classmethod
    def _is_one(cls, net: Network) -> bool:
        return {PREDICTS, f"{PREDICTS}.k0", INPUTS} <= net.groups.keys()

    @property
    def modelled_channels(self) -> np.ndarray:
        """The channels that may be missing, array of int."""
        places = np.asarray(self.weights[f"{INPUTS}.M"])
        return np.argmax(places != 0, axis=0)

    def simulate(
        self,
        u: DataLike,
        initial: StateLike | None = None,
        *,
        states: bool = False,
        return_state: bool = False,
    ) -> Any:
        """Run the network, as `Network.simulate`; NaN in modelled channels is a missing input.

        Raises
        ------
        ArgumentError
            ``states=True``, an infinite input, or a missing one of another channel.
        """
        if states:
            raise ArgumentError("states: not of a network whose inputs may be missing")
        given = read(u, self.inputs, "inputs", self.input_names)
        channels = self.modelled_channels
        parts = [_split(item, channels) for item in given.arrays]
        if not parts:
            return []
        known, modelled = [part[0] for part in parts], [part[1] for part in parts]
        one = not given.is_list
        results = super().predict(
            known[0] if one else known,
            None,
            None,
            initial=initial,
            measured={PREDICTS: modelled[0] if one else modelled},
            return_state=return_state,
        )
        if not any(given.forms) or return_state:
            return results
        return given.results([results] if one else results, self._output_names())

    def predict(
        self,
        u: DataLike | None,
        y: DataLike | None,
        horizon: float | None = 1,
        *,
        initial: StateLike | None = None,
        measured: Measured | None = None,
        return_state: bool = False,
    ) -> Any:
        """Predict outputs, as `Network.predict`; NaN in modelled channels is a missing input.

        Raises
        ------
        ArgumentError
            Also an infinite input, or a missing one of another channel.
        """
        given = read(u, self.inputs, "inputs", self.input_names)
        parts = [_split(item, self.modelled_channels) for item in given.arrays]
        modelled = [part[1] for part in parts]
        own = {PREDICTS: modelled if given.is_list else modelled[0]} if parts else {}
        known = replace(given, arrays=[part[0] for part in parts])
        names = self.input_names or [f"u{k}" for k in range(self.inputs)]
        return super().predict(
            known.results(known.arrays, names),
            y,
            horizon,
            initial=initial,
            measured={**own, **(measured or {})},
            return_state=return_state,
        )

    def gradient(self, *arguments: object, **options: object) -> NoReturn:
        """Refused: of the network that this one was made of."""
        raise NetworkError("gradient: not of a network whose inputs may be missing")

    def stream(self, initial: ArrayLike | None = None) -> ModelledStream:
        """Return the network as it runs step by step, as `Network.stream`, with NaN in inputs."""
        self._warn_untouched()
        return ModelledStream(self, initial)


class ModelledStream(Stream):
    """A stream whose inputs may be NaN where they are modelled."""

    def __init__(self, net: ModelledNetwork, initial: ArrayLike | None = None) -> None:
        super().__init__(net, initial)
        self._modelled, self._channels = net, net.modelled_channels

    def step(self, u: ArrayLike | None = None, y: ArrayLike | None = None) -> Array:
        """Go on by one time step, as `Stream.step`; NaN in a modelled channel is missing."""
        values = self._converted(u)
        row = np.broadcast_to(values, values.shape or self._input.shape)
        known, modelled = _split(row, self._channels)
        self.set_measured(PREDICTS, modelled)
        return super().step(known, y)

    def run(self, u: DataLike, y: DataLike | None = None) -> Any:
        """Go on by several time steps at once, as `Stream.run`."""
        given, inputs, seen = self._read_run(u, y)
        known, modelled = _split(inputs, self._channels)
        if not np.isfinite(known).all() or np.isinf(modelled).any():
            raise ArgumentError("inputs: expected finite values, or NaN in modelled channels")
        if seen is not None and np.isinf(seen).any():
            raise ArgumentError("measured outputs: expected finite values, or NaN if not known")
        outputs, state = np.empty((len(known), self._output.size)), self.state
        if len(known):
            # It looks at the network and the state, and reads what was set of other groups.
            outputs[0] = self.step(inputs[0], None if seen is None else seen[0])
        if len(known) > 1:
            after = self.state
            # Nothing can be predicted from a state that is not finite: then all over again.
            first = 1 if np.isfinite(after).all() else 0
            try:
                found, state = self._modelled.predict(
                    inputs[first:],
                    None if seen is None else seen[first:],
                    None if seen is None else 1,
                    initial=after if first else state,
                    return_state=True,
                )
            except BaseException:  # Ctrl-C too
                self._engine.state = state
                self.steps -= 1
                raise
            outputs[1:] = found[1 - first :]
            self._engine.state = state
            self.steps += len(known) - 1
        return given.results([outputs], self.net._output_names())


def _split(values: np.ndarray, channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs (..., M) of which the modelled channels are 0, and these, (..., K)."""
    known, modelled = values.copy(), np.ascontiguousarray(values[..., channels])
    known[..., channels] = 0.0
    return known, modelled


def joined(net: Network, model: LinearInputs) -> ModelledNetwork:
    """Return a network with a model of its inputs before them."""
    if model.size != net.inputs:
        raise SizeError(f"model: of {model.size} channels, the network has {net.inputs} inputs")
    for name in (PREDICTS, INPUTS):
        if name in net.groups:
            raise NetworkError(f"the network has a group {name} already")
    before = document(net)
    with ModelledNetwork.from_json(net.to_json()) as twin:
        _add(twin, net, model)
        after = document(twin)
    count = len(before["groups"])
    for group in after["groups"][:count]:
        for item in readers(group):
            if item["source"] == INPUT:
                item["source"] = INPUTS
    for key in ("output", "observe"):
        after.pop(key, None)
        if key in before:
            after[key] = before[key]
    # What the model reads before t = 0, and what the network does, are apart: see `_add`. The rest
    # of measured groups stays that of the network.
    rest = model.mean.copy()
    rest[model.channels] = 0.0
    after["rest"] = {"values": rest.tolist()}
    if "groups" in before.get("rest", {}):
        after["rest"]["groups"] = before["rest"]["groups"]
    return ModelledNetwork.from_json(json.dumps(after))


def _add(twin: Network, net: Network, model: LinearInputs) -> None:
    """Add the groups of the model, in the units of the inputs."""
    channels, p = model.channels, model.order
    others = np.delete(np.arange(model.size), channels)
    size, weights = len(channels), model.net.weights
    mean, scale = model.mean, model.scale
    x = twin.learnware(size, PREDICTS, bias=True)
    mask = np.isin(np.arange(model.size), others).astype(int)
    values = {}
    offset = mean[channels] + scale[channels] * weights["x.a"]
    for lag in range(p + 1 if others.size else 0):
        x.connect(twin.input.lag(lag), f"B{lag}", mask=np.tile(mask, (size, 1)))
        whole = np.zeros((size, model.size))
        whole[:, others] = weights[f"x.B{lag}"] * scale[channels][:, None] / scale[others]
        offset -= whole @ mean
        values[f"{PREDICTS}.B{lag}"] = whole
    for lag in range(1, p + 1):
        x.connect(x.measured(stands_for_input=True).lag(lag), f"A{lag}")
        own = weights[f"x.A{lag}"] * scale[channels][:, None] / scale[channels]
        offset -= own @ mean[channels]
        values[f"{PREDICTS}.A{lag}"] = own
    values[f"{PREDICTS}.a"] = offset
    if p:
        x.learn_initial_state(p)
        start = np.tile(mean[channels], (p, 1))
        values[f"{PREDICTS}.x0"] = start[0] if p == 1 else start
    every = twin.learnware(model.size, INPUTS)
    places = np.zeros((model.size, size))
    places[channels, np.arange(size)] = 1
    every.connect(x.measured(stands_for_input=True).lag(0), "M", mask=places.astype(int))
    values[f"{INPUTS}.M"] = places
    if others.size:
        every.connect(twin.input.lag(0), "I", mask=np.diag(mask))
        values[f"{INPUTS}.I"] = np.diag(mask).astype(float)
    depth = Structure(net).depths()[0][INPUT]
    if depth and net.rest.any():
        every.learn_initial_state(depth)
        start = np.tile(net.rest, (depth, 1))
        values[f"{INPUTS}.x0"] = start[0] if depth == 1 else start
    for name, array in values.items():
        twin.weights[name] = array
        twin.weights.constrain(name, fixed=True)
