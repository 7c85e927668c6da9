/// What tangents are to be computed next: times, and rows on the way.
struct TangentPlan {
  /// Times of a sequence that follow each other; those from 0 on begin it anew.
  struct Run {
    let sequence: Int
    var times: Range<Int>
  }

  /// A row that is wanted after the step number `step` of all, 0 being before the first.
  struct Row {
    let step: Int
    let node: Int
    let weight: Double
  }

  /// Some times of a plan, and the rows that are wanted after each of them.
  struct Batch {
    fileprivate(set) var runs: [Run] = []
    let firstStep: Int
    fileprivate(set) var rows: Range<Int>
    fileprivate(set) var steps = 0
  }

  private(set) var runs: [Run] = []
  private(set) var rows: [Row] = []
  private var steps = 0

  mutating func step(_ sequence: Int, _ t: Int) {
    if let place = runs.indices.last, runs[place].sequence == sequence,
      runs[place].times.upperBound == t
    {
      runs[place].times = runs[place].times.lowerBound..<t + 1
    } else {
      runs.append(Run(sequence: sequence, times: t..<t + 1))
    }
    steps += 1
  }

  mutating func ask(_ node: Int, times weight: Double) {
    rows.append(Row(step: steps, node: node, weight: weight))
  }

  /// The plan in pieces of at most so many steps; one without steps where rows alone are wanted.
  func batches(of most: Int) -> [Batch] {
    var result = [Batch(firstStep: 0, rows: 0..<0)]
    for run in runs {
      var times = run.times
      while !times.isEmpty {
        if result[result.count - 1].steps == most {
          let first = result[result.count - 1].firstStep + most
          result.append(Batch(firstStep: first, rows: 0..<0))
        }
        let last = result.count - 1
        let part = times.prefix(most - result[last].steps)
        result[last].runs.append(Run(sequence: run.sequence, times: part))
        result[last].steps += part.count
        times = part.upperBound..<times.upperBound
      }
    }
    var row = 0
    for k in result.indices {
      let first = row
      while row < rows.count && rows[row].step <= result[k].firstStep + result[k].steps { row += 1 }
      result[k].rows = first..<row
    }
    return result
  }
}
