"""The class and method names of the report's original implementation, over this engine.

A script written for the original wrapper runs after ``from backtune import mnemonas`` instead of
``import mnemonas``: the same classes, methods, indexes (unit n, kernel d from 1, time t), defaults
and bounds. What differs is in docs/mnemonas.md: random numbers come from another generator, weights
move by this engine's backward tuning, and kernels or observables of one's own are written with
`Network.learnware` and `Network.firmware`.

Examples
--------
>>> from backtune import mnemonas
>>> input = mnemonas.BufferedInput("normal", 1, 60, 0)
>>> root = mnemonas.LinearNonLinearTransform(2, input)
>>> root = root.setWeightsRandom(0, 0.35, False, "normal", 0)
>>> learner = mnemonas.LinearNonLinearTransform(2, input).setLeak(float("nan"))
>>> learner = learner.setWeightsRandom(0, 0.35, False, "normal", 1)
>>> output = mnemonas.BufferedInput(root, 1)
>>> criterion = mnemonas.SupervisedCriterion(learner, output, "2", 1e-1, "b")
>>> estimator = mnemonas.KernelExperimentalEstimator(learner, criterion)
>>> before = criterion.rho()
>>> estimator.run(1e-6, 1e-4, 20) < before
True
"""

from .criteria import ObservableCriterion, SupervisedCriterion
from .distributed import KernelDistributedEstimator
from .estimators import (
    KernelEstimator,
    KernelExperimentalEstimator,
    KernelObservableEstimator,
    KernelSupervisedEstimator,
)
from .fits import CurveFit
from .histogram import Histogram
from .inputs import BufferedInput, Input
from .kernel_transform import KernelTransform
from .observables import Observable
from .recurrent import RecurrentTransform
from .transforms import (
    IntegrateAndFireTransform,
    LinearNonLinearTransform,
    LinearTransform,
    SoftMaxTransform,
    SparseNonLinearTransform,
)

__all__ = [
    "BufferedInput",
    "CurveFit",
    "Histogram",
    "Input",
    "IntegrateAndFireTransform",
    "KernelDistributedEstimator",
    "KernelEstimator",
    "KernelExperimentalEstimator",
    "KernelObservableEstimator",
    "KernelSupervisedEstimator",
    "KernelTransform",
    "LinearNonLinearTransform",
    "LinearTransform",
    "Observable",
    "ObservableCriterion",
    "RecurrentTransform",
    "SoftMaxTransform",
    "SparseNonLinearTransform",
    "SupervisedCriterion",
]
