import Testing

@testable import BacktuneEstimation

/// Bounds of a Gauss-Newton step.
@Suite struct StepBoxTests {
  /// A weight at a bound is held where the cost falls beyond it; where there is no slope it may leave either bound.
  @Test func bothBoundsAlike() {
    let box = StepBox(
      weights: [0, 0, 0, 1, 1, 1], lower: [0, 0, 0, 0, 0, 0], upper: [1, 1, 1, 1, 1, 1],
      gradient: [1, 0, -1, 1, 0, -1])
    #expect((0..<6).map(box.isHeld) == [true, false, false, false, false, true])
  }

  /// What would cross a bound ends there, and the rest is solved anew with that step.
  @Test func stepsEndAtBounds() {
    let box = StepBox(
      weights: [0.5, 0.5], lower: [0, 0], upper: [1, 1], gradient: [-1, -1])
    var passes: [[Int]] = []
    let step = box.solve { free, held in
      passes.append(free)
      return free.map { $0 == 0 ? 2 : 0.1 + held[0] }
    }
    #expect(passes == [[0, 1], [1]] && step == [0.5, 0.5])
  }
}
