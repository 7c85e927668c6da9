// swift-tools-version:6.0
import PackageDescription

// One target per folder of the engine, so that the compiler holds the direction of imports:
// Estimation -> Criterion -> Simulation -> Network, Export -> Simulation, and all of them -> Numerics.
func engine(
  _ folder: String, _ dependencies: [String], plugins: [Target.PluginUsage] = []
) -> Target {
  .target(
    name: "Backtune\(folder)",
    dependencies: dependencies.map { .byName(name: $0) },
    path: "Sources/Backtune/\(folder)",
    plugins: plugins)
}

let package = Package(
  name: "backtune",
  products: [
    .library(name: "Backtune", targets: ["Backtune"]),
    .library(name: "backtune-c", type: .dynamic, targets: ["BacktuneC"]),
  ],
  targets: [
    .systemLibrary(name: "CLAPACK"),
    .systemLibrary(name: "CProcessor"),
    .systemLibrary(name: "CThread"),
    engine("Numerics", ["CLAPACK", "CProcessor", "CThread"]),
    engine("Network", ["BacktuneNumerics"]),
    engine("Simulation", ["BacktuneNetwork", "BacktuneNumerics"]),
    engine("Criterion", ["BacktuneSimulation", "BacktuneNetwork", "BacktuneNumerics"]),
    engine(
      "Estimation",
      ["BacktuneCriterion", "BacktuneSimulation", "BacktuneNetwork", "BacktuneNumerics"]),
    .plugin(name: "Interpreter", capability: .buildTool()),
    engine(
      "Export", ["BacktuneSimulation", "BacktuneNetwork", "BacktuneNumerics"],
      plugins: [.plugin(name: "Interpreter")]),
    .target(
      name: "Backtune",
      dependencies: [
        "BacktuneEstimation", "BacktuneCriterion", "BacktuneExport", "BacktuneSimulation",
        "BacktuneNetwork", "BacktuneNumerics",
      ],
      path: "Sources/Backtune",
      exclude: ["Criterion", "Estimation", "Export", "Network", "Numerics", "Simulation"],
      sources: ["Backtune.swift"]),
    .target(
      name: "BacktuneC", dependencies: ["Backtune", "BacktuneNumerics", "CThread"],
      exclude: ["exports.map"]),
    .testTarget(
      name: "BacktuneTests",
      dependencies: ["Backtune", "BacktuneNumerics"],
      path: "Tests/BacktuneTests"),
  ]
)
