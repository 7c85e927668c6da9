// swift-tools-version:6.0
import PackageDescription

// A program of its own that depends on backtune. Elsewhere the path is a URL:
// .package(url: "https://...", from: "0.1.0")
let package = Package(
  name: "identify",
  dependencies: [.package(name: "backtune", path: "../..")],
  targets: [
    .executableTarget(
      name: "identify", dependencies: [.product(name: "Backtune", package: "backtune")])
  ]
)
