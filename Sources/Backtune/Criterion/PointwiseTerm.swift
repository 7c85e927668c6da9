import BacktuneNetwork
import BacktuneNumerics
import BacktuneSimulation

/// sum kappa rho(x, o) over the observed values.
final class PointwiseTerm<Rule: Criterion>: DataTerm {
  private let targets: Targets
  private let given: Double?
  /// The criterion under the nu that estimation goes by; nil before it began.
  private var settled: (rule: Rule, nu: Double)?
  /// The observed values at the start, of a criterion that follows the errors.
  private var start: [Double] = []

  init(_ targets: Targets, nu given: Double?) {
    self.targets = targets
    self.given = given
    if let nu = fixedNu { settled = (Rule(nu: nu), nu) }
  }

  var driven: [Observed] { targets.observed }
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
  private func rule(_ states: Trajectory) -> Rule { settled?.rule ?? Rule(nu: followed(states)) }

  func value(_ states: Trajectory) -> Double { value(states, rule(states)) }

  private func value(_ states: Trajectory, _ rule: Rule) -> Double {
    let x = states.origin
    var sum = 0.0
    targets.forEachObserved { place, o, gain, scale in
      sum += gain * rule.value(scale * x[place], o)
    }
    return sum
  }

  func addSlopes(_ states: Trajectory, into slopes: Trajectory) {
    let (x, target, rule) = (states.origin, slopes.origin, rule(states))
    targets.forEachObserved { place, o, gain, scale in
      target[place] += gain * scale * rule.slope(scale * x[place], o)
    }
  }

  func addCurvatures(_ states: Trajectory, into curvatures: Trajectory) {
    let (x, target, rule) = (states.origin, curvatures.origin, rule(states))
    targets.forEachObserved { place, o, gain, scale in
      target[place] += gain * scale * scale * rule.weight(scale * x[place], o)
    }
  }

  /// The median, over the values that have a slope.
  func curvature(_ states: Trajectory) -> Double? {
    let (x, rule) = (states.origin, rule(states))
    var weights: [Double] = []
    targets.forEachObserved { place, o, gain, scale in
      let weight = gain * scale * scale * rule.weight(scale * x[place], o)
      if weight > 0 && weight.isFinite { weights.append(weight) }
    }
    return weights.isEmpty ? 1 : median(of: &weights)
  }

  /// By the exponent of nu, which goes with the outputs.
  func rootUnit(_ states: Trajectory) -> Double {
    if Rule.degree.isMultiple(of: 2) { return 1 }
    let nu = settled?.nu ?? followed(states)
    return nu > 0 && nu.isFinite && !nu.exponent.isMultiple(of: 2) ? 2 : 1
  }

  /// The desired value of every output that is not as it should be.
  func imposition(on states: Trajectory, poll: () throws -> Void) -> Imposition? {
    let (x, rule) = (states.origin, rule(states))
    var values: [(place: Int, value: Double)] = []
    targets.forEachObserved { place, o, _, scale in
      if rule.slope(scale * x[place], o) != 0 || scale * x[place] == o {
        values.append((place, o / scale))
      }
    }
    return { target in for item in values { target.origin[item.place] = item.value } }
  }

  // MARK: nu

  /// nu of the errors of these states, by their robust scale s = max(1.4826 median |e|, 1e-6 deviation of o).
  private func followed(_ states: Trajectory) -> Double {
    guard case .following(let nu) = Rule.scale else { return fixedNu ?? .nan }
    let x = states.origin
    var errors: [Double] = []
    targets.forEachObserved { place, o, _, scale in errors.append(abs(scale * x[place] - o)) }
    return nu(robustScale(errors: &errors, deviation: targets.sequences.deviation))
  }

  func begin(with states: Trajectory) {
    guard settled == nil else { return }
    let nu = followed(states)
    settled = (Rule(nu: nu), nu)
    start = []
    let x = states.origin
    targets.forEachObserved { place, _, _, scale in start.append(scale * x[place]) }
  }

  func inherit(from other: any DataTerm) {
    guard let other = other as? PointwiseTerm<Rule> else { return }
    (settled, start) = (other.settled, other.start)
  }

  func adapt(to best: Trajectory, accepts: (Rescored) -> Bool) -> Rescored? {
    guard fixedNu == nil, let settled else { return nil }
    let nu = followed(best)
    guard nu < settled.nu else { return nil }
    let rule = Rule(nu: nu)
    var (first, next) = (0.0, 0)
    targets.forEachObserved { _, o, gain, _ in
      first += gain * rule.value(start[next], o)
      next += 1
    }
    let costs: Rescored = (first, value(best, rule))
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
package func robustScale(errors: inout [Double], deviation: Double) -> Double {
  let scale = max(1.4826 * median(of: &errors), 1e-6 * deviation)
  if scale > 0 { return scale }
  let largest = errors.last ?? 0
  return largest > 0 ? 1e-6 * largest : 1
}

/// The mean of the middle two where their count is even; 0 of none. Sorts the values.
package func median(of values: inout [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  values.sort()
  let half = values.count / 2
  return values.count.isMultiple(of: 2) ? values[half - 1] / 2 + values[half] / 2 : values[half]
}
