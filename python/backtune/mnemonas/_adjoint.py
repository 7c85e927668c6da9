"""Backward tuning errors of all nodes of a transform."""

from __future__ import annotations

import numpy as np

from .._engine.types import Array
from ..networks.network import Network
from ._criterion import TransformCriterion
from ._kernels import Kernel
from ._unit import UnitTransform


def backward_errors(
    criterion: TransformCriterion, weights: Array | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes of rho and backward errors, each (T, N), at some flat weights.

    What comes back from later times is the engine's adjoint of the remaining sequence by its
    initial state; at one time the derivatives of the nodes' equations follow, equation (4).
    """
    transform = criterion.transform
    net = criterion._network()
    present = net.get_weights()
    if weights is not None:
        net.set_weights(weights)
        transform.network.set_weights(weights)
        transform._changed()
    try:
        return _errors(criterion, transform, net)
    finally:
        if weights is not None:
            transform.network.set_weights(present)
            transform._changed()


def _errors(
    criterion: TransformCriterion, transform: UnitTransform, net: Network
) -> tuple[np.ndarray, np.ndarray]:
    x, u = transform._values(), transform.input._values()
    units, steps = transform._units, len(x)
    links = _links(transform)
    observed = criterion._slopes(x)
    slopes = np.zeros_like(x)
    slopes[:, : observed.shape[1]] = observed
    errors = slopes.copy()
    for t in reversed(range(steps)):
        if t + 1 < steps:
            state = transform._state(u[t], x[t, :units])
            inputs = u[t + 1 :] if u.shape[1] else steps - t - 1
            later = net.gradient(inputs, observed[t + 1 :], state, return_initial=True)[1]
            errors[t, :units] += later[later.size - units :]
        for n_, n, weight, kernel in links:
            errors[t, n_] += weight * kernel.derivative(transform, t, n_, t) * errors[t, n]
    return slopes, errors


def _links(transform: UnitTransform) -> list[tuple[int, int, float, Kernel]]:
    """Return (node, reader, weight, kernel) of what is read at the same time, by the node.

    Nodes that read one have their errors before it.
    """
    weights = dict(zip(transform._places(), transform._weights()))
    links = []
    for n in range(transform.N):
        fixed, weighted = transform._kernels(n)
        kernels = [(1.0, kernel) for kernel in fixed]
        kernels += [(weights[n, d], kernel) for d, kernel in enumerate(weighted, 1)]
        for weight, kernel in kernels:
            read = {factor.node for factor in kernel.factors if factor.lag == 0}
            links += [(n_, n, weight, kernel) for n_ in read]
    return sorted(links, key=lambda link: link[:2])
