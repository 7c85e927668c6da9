import Backtune
import Testing

@testable import BacktuneCriterion

/// criteria.json: least squares.
@Suite struct GoldenCriteriaTests {
  struct Item: Decodable {
    let criterion: String
    let columns: [String]
    let rows: [[Double?]]
  }

  struct File: Decodable { let criteria: [Item] }

  @Test func leastSquares() throws {
    let items = try GoldenFile.decode(File.self, "criteria.json").criteria
    let item = try #require(items.first { $0.criterion == "2" })
    let columns = Dictionary(uniqueKeysWithValues: item.columns.enumerated().map { ($1, $0) })
    #expect(item.rows.count > 10)
    for row in item.rows {
      func value(_ name: String) throws -> Double {
        let column = try #require(columns[name])
        return try #require(row[column])
      }
      let criterion = LeastSquares()
      let (x, o, kappa) = (try value("x"), try value("o"), try value("kappa"))
      #expect(abs(kappa * criterion.value(x, o) - (try value("rho"))) <= 1e-15 * (try value("rho")))
      let slope = try value("drho_dx")
      #expect(abs(kappa * criterion.slope(x, o) - slope) <= 1e-15 * abs(slope))
    }
  }

  @Test func unknownNamesTheKnown() {
    #expect(throws: BacktuneError.self) { try Criteria.named("least") }
    do {
      _ = try Criteria.named("least")
    } catch {
      #expect("\(error)".contains("least-squares"))
    }
  }
}
