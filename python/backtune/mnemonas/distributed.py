"""The distributed estimator: one unit at a time, on a part of the sequence."""

from __future__ import annotations

import numpy as np

from . import _draws
from ._hold import hold_others
from .estimators import KernelEstimator


class KernelDistributedEstimator(KernelEstimator):
    """Adjusts one randomly chosen node at a time, on a random part of the sequence.

    A step of backward tuning of the node's weights on that part, from the state at its start; it
    is kept where the cost of the whole sequence falls.
    """

    def run(
        self,
        criterion_epsilon: float = 1e-6,
        maxIterations: int = 100,
        batch_duration: int = 0,
        batch_count: int = 1,
        with_update: bool = False,
    ) -> float:
        """Adjust the weights.

        Parameters
        ----------
        criterion_epsilon : float
            Stop when the cost falls below this times the first cost.
        maxIterations : int
            Limit.
        batch_duration : int
            Time steps of a part; 0: the number of weights of the node.
        batch_count : int
            Parts in one iteration.
        with_update : bool
            Whether steps are also tried on re-estimated states.

        Returns
        -------
        float
            The cost: the mean of rho over all nodes and times.
        """
        transform, costs = self.transform, self._fits["cost"]
        first = cost = self.criterion.rho()
        if not costs.getCount():
            costs.add(cost)
            self._note()
        choices = self._choices()
        for _ in range(maxIterations if choices else 0):
            if cost <= criterion_epsilon * first:
                break
            for _ in range(batch_count):
                before = transform.network.get_weights()
                n = choices[int(_draws.uniform(1)[0] * len(choices))]
                self._adjust(n, batch_duration or transform.getKernelDimension(n), with_update)
                found = self.criterion.rho()
                if found < cost:
                    cost = found
                else:
                    transform.network.set_weights(before)
                    transform._changed()
            costs.add(cost)
            self._note()
        self._cost = cost
        return cost

    def _choices(self) -> list[int]:
        """Return the nodes that have weights to adjust."""
        transform = self.transform
        fixed = {name: transform.network.weights.fixed(name) for name in transform.network.weights}
        found = set()
        for n, d in transform._places():
            name, index, _ = transform._slot(n, d)
            if not fixed[name][index]:
                found.add(n)
        return sorted(found)

    def _adjust(self, n: int, duration: int, with_update: bool) -> None:
        transform = self.transform
        steps = min(duration, transform.T)
        begin = int(_draws.uniform(1)[0] * (transform.T - steps + 1))
        x, u = transform._values(), transform.input._values()
        state = transform._initial
        if begin:
            state = transform._state(u[begin - 1], x[begin - 1, : transform._units])
        net = self.criterion._network()
        fixed = {name: net.weights.fixed(name) for name in net.weights}
        kernels = range(1, transform.getKernelDimension(n) + 1)
        hold_others(transform, net, {(n, d) for d in kernels})
        for name, flags in fixed.items():
            net.weights.constrain(name, fixed=flags | net.weights.fixed(name))
        part = slice(begin, begin + steps)
        if not np.isfinite(x).all() or not self.criterion._has_values(part):
            return
        with self.criterion._estimator(
            net, state, part, method="backward-tuning", reestimation=with_update
        ) as estimator:
            estimator.step()
        self._take(net)
