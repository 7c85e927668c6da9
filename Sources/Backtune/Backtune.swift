/// The whole engine under one name: `import Backtune`.
@_exported import BacktuneCriterion
@_exported import BacktuneEstimation
@_exported import BacktuneNetwork
@_exported import BacktuneNumerics
@_exported import BacktuneSimulation
