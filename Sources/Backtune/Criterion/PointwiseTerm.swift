import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// sum kappa rho(x, o) over the observed values.
final class PointwiseTerm<Rule: Criterion>: DataTerm, LocalTerm {
  private let targets: Targets
  private let given: Double?
  /// The criterion under the nu that estimation goes by; nil before it began.
  private var settled: (rule: Rule, nu: Double)?
  /// The observed values of a shard at the start, of a criterion that follows the errors.
  private var start: (Int) -> [Double] = { _ in [] }

  init(_ targets: Targets, nu given: Double?) {
    self.targets = targets
    self.given = given
    if let nu = fixedNu { settled = (Rule(nu: nu), nu) }
  }

  var divisor: Double { targets.sequences.gainSum }
  var nu: Double? {
    if case .none = Rule.scale { return nil }
    return settled?.nu
  }

  var followsErrors: Bool { fixedNu == nil }

  /// A nu that does not depend on errors; NaN where the criterion has none.
  private var fixedNu: Double? {
    switch Rule.scale {
    case .none: .nan
    case .constant(let usual): given ?? usual
    case .following: given
    }
  }

  /// The criterion, under a nu of these states as long as none is settled.
  private func rule(_ states: Driven) -> Rule { settled?.rule ?? Rule(nu: followed(states)) }

  func value(_ states: Driven) -> Double { score(states, rule(states)).data }

  func score(_ states: Driven, _ targets: Targets?) -> (data: Double, squares: Double) {
    score(states, rule(states))
  }

  // Witnesses of a generic class stay generic without being asked: 5 ns a value.
  @_specialize(where Rule == LeastSquares)
  private func score(_ states: Driven, _ rule: Rule) -> (data: Double, squares: Double) {
    let sums = targets.runner.reduction.sums(2) { [self] shard, sums in
      let x = states.parts[shard].origin
      var (sum, squares, total, rest) = (Vector.zero, Vector.zero, 0.0, 0.0)
      targets.forEach(
        shard,
        vector: { place, o, gain, scale in
          let own = scale * Vector(at: x + place)
          let (isSeen, e) = (gain .> Vector.zero, own - o)
          sum.replace(with: sum + gain * rule.value(own, o), where: isSeen)
          squares.replace(with: multiplyAdd(gain * e, e, squares), where: isSeen)
        },
        rest: { place, o, gain, scale in
          let (own, e) = (scale * x[place], scale * x[place] - o)
          total += gain * rule.value(own, o)
          rest += gain * e * e
        })
      (sums[0], sums[1]) = (sum.total + total, squares.total + rest)
    }
    return (sums[0], sums[1])
  }

  func addSlopes(_ states: Driven, into slopes: Driven) {
    targets.runner.add(self.slopes(at: states), at: states, into: slopes)
  }

  func addCurvatures(_ states: Driven, into curvatures: Driven) {
    targets.runner.add(self.curvatures(at: states), at: states, into: curvatures)
  }

  func slopes(at states: Driven) -> ShardDerivative {
    let rule = rule(states)
    return { [self] in addSlopes(rule, $0, $1.origin, into: $2.origin) }
  }

  func curvatures(at states: Driven) -> ShardDerivative {
    let rule = rule(states)
    return { [self] in addCurvatures(rule, $0, $1.origin, into: $2.origin) }
  }

  @_specialize(where Rule == LeastSquares)
  private func addSlopes(
    _ rule: Rule, _ shard: Int, _ x: UnsafePointer<Double>,
    into target: UnsafeMutablePointer<Double>
  ) {
    targets.forEach(
      shard,
      vector: { place, o, gain, scale in
        let slope = gain * scale * rule.slope(scale * Vector(at: x + place), o)
        let sum = Vector(at: target + place)
        (sum.replacing(with: sum + slope, where: gain .> Vector.zero)).store(target + place)
      },
      rest: { place, o, gain, scale in
        target[place] += gain * scale * rule.slope(scale * x[place], o)
      })
  }

  @_specialize(where Rule == LeastSquares)
  private func addCurvatures(
    _ rule: Rule, _ shard: Int, _ x: UnsafePointer<Double>,
    into target: UnsafeMutablePointer<Double>
  ) {
    targets.forEachObserved(shard) { place, o, gain, scale in
      target[place] += gain * scale * scale * rule.weight(scale * x[place], o)
    }
  }

  /// The median, over the values that have a slope.
  func curvature(_ states: Driven) -> Double? {
    let rule = rule(states)
    let median = targets.runner.reduction.median { [targets] shard in
      let x = states.parts[shard].origin
      var weights: [Double] = []
      targets.forEachObserved(shard) { place, o, gain, scale in
        let weight = gain * scale * scale * rule.weight(scale * x[place], o)
        if weight > 0 && weight.isFinite { weights.append(weight) }
      }
      return weights
    }
    return median > 0 ? median : 1
  }

  /// By the exponent of nu, which goes with the outputs.
  func rootUnit(_ states: Driven) -> Double {
    if Rule.degree.isMultiple(of: 2) { return 1 }
    let nu = settled?.nu ?? followed(states)
    return nu > 0 && nu.isFinite && !nu.exponent.isMultiple(of: 2) ? 2 : 1
  }

  /// The desired value of every output that is not as it should be.
  func imposition(on states: Driven, poll: Poll) -> Imposition? {
    let rule = rule(states)
    let values = states.parts.indices.map { shard in
      let x = states.parts[shard].origin
      var values: [(place: Int, value: Double)] = []
      targets.forEachObserved(shard) { place, o, _, scale in
        if rule.slope(scale * x[place], o) != 0 || scale * x[place] == o {
          values.append((place, o / scale))
        }
      }
      return values
    }
    return { target in
      for (part, list) in zip(target.parts, values) {
        for item in list { part.origin[item.place] = item.value }
      }
    }
  }

  // MARK: nu

  /// nu of the errors of these states, by their robust scale s = max(1.4826 median |e|, 1e-6 deviation of o).
  private func followed(_ states: Driven) -> Double {
    guard case .following(let nu) = Rule.scale else { return fixedNu ?? .nan }
    let errors = { [targets] (shard: Int) in
      let x = states.parts[shard].origin
      var errors: [Double] = []
      targets.forEachObserved(shard) { place, o, _, scale in
        errors.append(abs(scale * x[place] - o))
      }
      return errors
    }
    let median = targets.runner.reduction.median(errors)
    // Of no use beside a median, and a pass over the data.
    let largest = median > 0 ? 0 : targets.runner.reduction.max { errors($0).max() ?? 0 }
    return nu(
      robustScale(median: median, largest: largest, deviation: targets.sequences.deviation))
  }

  func begin(with states: Driven) {
    guard settled == nil else { return }
    let nu = followed(states)
    settled = (Rule(nu: nu), nu)
    let values = { [targets] (states: TrajectoryParts, shard: Int) in
      let x = states[shard].origin
      var values: [Double] = []
      targets.forEachObserved(shard) { place, _, _, scale in values.append(scale * x[place]) }
      return values
    }
    let parts = states.parts
    if states.isDefined {
      start = { values(parts, $0) }
    } else {
      let all = parts.indices.map { values(parts, $0) }
      start = { all[$0] }
    }
  }

  func inherit(from other: any DataTerm) {
    guard let other = other as? PointwiseTerm<Rule> else { return }
    (settled, start) = (other.settled, other.start)
  }

  func adapt(to best: Driven, accepts: (Rescored) -> Bool) -> Rescored? {
    guard fixedNu == nil, let settled else { return nil }
    let nu = followed(best)
    guard nu < settled.nu else { return nil }
    let rule = Rule(nu: nu)
    let first = targets.runner.reduction.sum { [self] shard in
      var (sum, next) = (0.0, 0)
      let start = start(shard)
      targets.forEachObserved(shard) { _, o, gain, _ in
        sum += gain * rule.value(start[next], o)
        next += 1
      }
      return sum
    }
    let costs: Rescored = (first, score(best, rule).data)
    guard accepts(costs) else { return nil }
    self.settled = (rule, nu)
    return costs
  }

  func reset() {
    if fixedNu == nil { settled = nil }
  }
}

/// s = max(1.4826 median |e|, 1e-6 deviation), in whatever units; where both are 0 the same of the largest error, and 1
/// of none.
package func robustScale(median: Double, largest: Double, deviation: Double) -> Double {
  let scale = max(1.4826 * median, 1e-6 * deviation)
  if scale > 0 { return scale }
  return largest > 0 ? 1e-6 * largest : 1
}
