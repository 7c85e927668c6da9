import BacktuneCriterion
import BacktuneNetwork
import BacktuneNumerics

/// What there is to say of a network whose free run cannot stay with the data, because trajectories part: of a chaotic
/// one, whose free-run error tells nothing of its weights.
public struct Parting: Equatable, Sendable {
  /// NMSE of the predictions one step ahead.
  public let oneStepNMSE: Double
  /// The number of steps ahead for which the error stays within half a deviation, half of the longest sequence at most: the
  /// root of the mean square over many starts, in deviations of each output.
  public let horizon: Int

  /// A free run with a lower NMSE stays with the data.
  private static let badNMSE = 0.1
  /// A network with a larger one does not predict.
  private static let goodNMSE = 0.05
  /// The free run is so many times worse.
  private static let ratio = 10.0
  /// Half a deviation.
  private static let farNMSE = 0.25
  /// What is measured is moved by so much, in deviations, and has to move the predictions by so many times that.
  private static let (shift, growth) = (1e-6, 3.0)

  /// - Parameters:
  ///   - starts: initial states of the sequences, empty for those of the network.
  ///   - nmse: of all horizons together, the free run among them.
  /// - Returns: nil where the network does not predict, or its trajectories do not part.
  /// - Throws: what `poll` throws.
  init?(
    _ problem: Problem, _ network: Network, from starts: [Double], nmse: Double, poll: Poll
  ) throws {
    guard problem.comparesValues, problem.isFedBack else { return nil }
    let nmse = try problem.freeRunNMSE(of: network, from: starts, all: nmse, poll: poll)
    guard nmse > Self.badNMSE else { return nil }
    func ahead(_ steps: Int, shift: Double = 0) throws -> Problem.Ahead {
      try poll()
      return try problem.ahead(network, from: starts, steps: steps, shift: shift, poll: poll)
    }
    func isNear(_ steps: Int) throws -> Bool { try ahead(steps).nmse < Self.farNMSE }
    let oneStep = try ahead(1).nmse
    guard oneStep < min(Self.goodNMSE, nmse / Self.ratio) else { return nil }
    let longest = problem.longestAhead
    guard longest > 1 else { return nil }
    var (near, far) = (1, 2)
    while try far < longest && isNear(far) { (near, far) = (far, min(2 * far, longest)) }
    if try far == longest && isNear(far) { near = far }
    while far - near > max(1, near / 16) {
      let middle = (near + far) / 2
      if try isNear(middle) { near = middle } else { far = middle }
    }
    let moved = problem.distance(try ahead(far), try ahead(far, shift: Self.shift))
    guard !(moved < Self.growth * Self.shift) else { return nil }
    (oneStepNMSE, horizon) = (oneStep, near)
  }
}
