import Backtune
import Testing

@testable import BacktuneCriterion
@testable import BacktuneNetwork
@testable import BacktuneSimulation

/// Observables: how they are made, what they do with missing values, several layouts and degenerate series.
@Suite struct ObservableTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test(
    "a wrong parameter is named",
    arguments: [
      (
        "median", [0],
        ["'median'", "mean, mean_at, product, autocorrelation", "standardised_moment"]
      ),
      ("mean", [], ["mean: 0 parameters came, expected 1 (k)"]),
      ("mean", [3], ["k is 3.0, expected", "below 3"]),
      ("mean", [-1], ["k is -1.0"]),
      ("mean", [0.5], ["k is 0.5"]),
      ("mean", [.nan], ["k is nan, expected a finite number"]),
      ("mean", [.infinity], ["k is inf, expected a finite number"]),
      ("mean", [1e300], ["k is 1e+300"]),
      ("product", [0, 7], ["k' is 7.0"]),
      ("mean_at", [0, -2], ["t is -2.0, expected an integer of 0 or more"]),
      ("autocorrelation", [0, 1.5], ["tau is 1.5, expected an integer of 0 or more"]),
      ("standardised_moment", [0, 0], ["power is 0.0, expected an integer from 1 to 20"]),
      ("standardised_moment", [0, 21], ["power is 21.0"]),
      (
        "standardised_moment", [0, 3, 1],
        ["3 parameters came, expected 2 (k, power) or 4 (k, power, m, s)"]
      ),
      ("standardised_moment", [0, 3, 1, 0], ["s is 0.0, expected a number above 0"]),
      ("standardised_moment", [0, 3, 1, 1e-300], ["s is 1e-300, expected a larger number"]),
      ("normalised_autocorrelation", [0, 1, 1, -1], ["s is -1.0, expected a number above 0"]),
    ] as [(String, [Double], [String])])
  func wrongParameters(kind: String, parameters: [Double], parts: [String]) {
    let text = message { _ = try Observables.make(kind, parameters, channels: 3) }
    for part in parts { #expect(text.contains(part), "\(text)") }
  }

  @Test func parametersComeBack() throws {
    for type in Observables.all {
      let whole = Array([1, 2, 0.5, 0.25].prefix(type.required.count + type.measured.count))
      let observable = try Observables.make(type.kind, whole, channels: 3)
      #expect(observable.parameters == whole)
      #expect(!observable.needsReference)
    }
  }

  @Test func termsAreChecked() throws {
    func check(_ kind: String, _ parameters: [Double], _ lengths: [Int]) -> String {
      message {
        try ObservableSet([Observables.make(kind, parameters, channels: 2)], desired: [0])
          .check(lengths: lengths)
      }
    }
    #expect(check("autocorrelation", [0, 4], [5, 2]) == "no error")
    #expect(
      check("autocorrelation", [0, 5], [5, 2]).contains("has 5 steps, expected more than 5"))
    #expect(check("mean_at", [0, 9e18], [5]).contains("expected more than 9000000000000000000"))
    #expect(check("mean", [0], [0, 0]).contains("no term"))
    #expect(check("mean", [0], []).contains("no term"))
    #expect(check("standardised_moment", [0, 3], [5]).contains("m and s are not known"))
    let mean = try Observables.make("mean", [0], channels: 1)
    #expect(message { _ = try ObservableSet([], desired: []) }.contains("expected at least one"))
    #expect(
      message { _ = try ObservableSet([mean], desired: [1, 2]) }.contains("desired means: 2"))
    #expect(
      message { _ = try ObservableSet([mean], desired: [1], lambda: []) }.contains("lambda: 0"))
  }

  @Test func measuredOnAReference() throws {
    // Two sequences, two channels; channel 1 is never observed.
    let nan = Double.nan
    let values = [1, nan, 3, nan, nan, nan, 5, nan, 7, nan]
    let places = SeriesPlaces(lengths: [3, 2], channelCount: 2)
    let observables = try [
      ("mean", [0]), ("mean", [1]), ("autocorrelation", [0, 1]), ("standardised_moment", [0, 4]),
      ("normalised_autocorrelation", [0, 1]), ("mean_at", [0, 2]),
    ].map { try Observables.make($0.0, $0.1, channels: 2) }
    let set = try values.series(places) { try ObservableSet(observables, measuredOn: $0) }
    let deviation = Double(5).squareRoot()
    #expect(set.desired[0] == 4)
    #expect(set.desired[1].isNaN)
    #expect(set.desired[2] == 19)
    expectClose([set.desired[3]], [(81 + 1 + 1 + 81) / 4.0 / 25], within: 1e-15, "moment")
    expectClose([set.desired[4]], [(3 + 3) / 2.0 / 5], within: 1e-15, "autocorrelation")
    #expect(set.desired[5].isNaN)
    expectClose(set.observables[3].parameters, [0, 4, 4, deviation], within: 1e-15, "m, s")
    #expect(try values.series(places) { set.values($0) }[0].isNaN)
    // Missing before as well as after.
    let pairs = [nan, 2, 3, nan, 5]
    let means = try pairs.series(SeriesPlaces(lengths: [5], channelCount: 1)) {
      observables[2].knownMean($0)
    }
    #expect(means == 6)
  }

  @Test func referencesWithoutDeviation() throws {
    let moment = try Observables.make("standardised_moment", [0, 3], channels: 1)
    func measure(_ values: [Double]) -> String {
      message {
        let places = SeriesPlaces(lengths: [values.count], channelCount: 1)
        _ = try values.series(places) { try ObservableSet([moment], measuredOn: $0) }
      }
    }
    #expect(measure([Double](repeating: 0.1, count: 1000)).contains("0.1 and 0.0"))
    #expect(measure([3]).contains("3.0 and 0.0"))
    #expect(measure([.nan, .nan]).contains("no value of channel 0"))
    #expect(measure([1, .infinity]).contains("expected a finite mean"))
    #expect(measure([1e200, -1e200]).contains("expected a finite mean"))
    #expect(measure([1, 2]) == "no error")
  }

  /// The lanes of a trajectory give what the rows of an array give, and slopes may stand elsewhere.
  @Test func lanesOfATrajectory() throws {
    let network = try Build.network("lnl", size: 3, inputs: 2)
    let lengths = [4, 7, 2]
    let batch = try Batch(lengths: lengths)
    let layout = Layout(network, lanes: batch.lanes)
    let group = network.groups.count - 1
    let states = try Trajectory(layout, steps: batch.steps, for: "states")
    let rows = SeriesPlaces(lengths: lengths, channelCount: 2)
    let lanes = SeriesPlaces(
      lengths: lengths, starts: batch.lane, stride: layout.rowSize,
      channels: [layout.place(of: group, 2), layout.place(of: Network.input, 1)])
    // [time][channel][lane]
    let slopePlaces = SeriesPlaces(
      lengths: lengths, starts: batch.lane, stride: 2 * batch.lanes, channels: [0, batch.lanes])
    let values = Build.normal(13 * 2, seed: 4)
    for s in lengths.indices {
      for t in 0..<lengths[s] {
        for k in 0..<2 { states.origin[lanes.place(k, t, s)] = values[rows.place(k, t, s)] }
        #expect(
          states.value(group, 2, t: t, lane: batch.lane[s]) == values[rows.place(0, t, s)])
      }
    }
    let set = try ObservableSet(
      [("mean", [0]), ("product", [0, 1]), ("autocorrelation", [1, 2]), ("mean_at", [1, 3])].map {
        try Observables.make($0.0, $0.1, channels: 2)
      }, desired: [0, 0, 0, 0])
    try set.check(lengths: lengths)
    #expect(
      try values.series(rows) { set.values($0) } == set.values(Series(states.origin, lanes)))
    let expected = try slopes(set, [1, 2, 3, 4], values, rows)
    var found = [Double](repeating: 0, count: batch.steps * 2 * batch.lanes)
    try found.mutableSeries(slopePlaces) {
      set.addSlopes([1, 2, 3, 4], Series(states.origin, lanes), to: $0)
    }
    for s in lengths.indices {
      for t in 0..<lengths[s] {
        for k in 0..<2 {
          #expect(found[slopePlaces.place(k, t, s)] == expected[rows.place(k, t, s)])
        }
      }
    }
    #expect(found.count { $0 != 0 } == expected.count { $0 != 0 })
  }

  @Test func gibbsSamples() throws {
    let nan = Double.nan
    let values = [1, 2, nan, 4, 5, 6, 7, 8]
    let places = SeriesPlaces(lengths: [5, 3], channelCount: 1)
    let observables = try [("mean", [0]), ("autocorrelation", [0, 1])].map {
      try Observables.make($0.0, $0.1, channels: 1)
    }
    let set = try ObservableSet(observables, desired: [0, 0])
    let samples = try values.series(places) { try set.samples($0) }
    let rows = (0..<samples.count * 2).map { samples.values.pointer[$0] }
    #expect(rows == [2, 2, 5, 20, 7, 42, 8, 56])
    let all = [Double](repeating: nan, count: 8)
    #expect(message { _ = try all.series(places) { try set.samples($0) } }.contains("hold NaN"))
    let single = try ObservableSet(
      [Observables.make("mean_at", [0, 1], channels: 1)], desired: [0])
    #expect(
      message { _ = try values.series(places) { try single.samples($0) } }
        .contains("observable 0, mean_at (0, 1): it is defined at one time only"))
  }
}
