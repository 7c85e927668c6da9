/// What users of the engine need, under one name: `import Backtune`.
@_exported import BacktuneCriterion
@_exported import BacktuneEstimation
@_exported import BacktuneExport
@_exported import BacktuneNetwork
@_exported import BacktuneSimulation

@_exported import struct BacktuneNumerics.BacktuneError
@_exported import struct BacktuneNumerics.DecayFit
