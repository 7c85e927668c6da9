import Backtune
import BacktuneNumerics

public typealias LoaderFunction =
  @convention(c) (
    Int64, UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?,
    UnsafeMutablePointer<Double>?, UnsafeMutableRawPointer?
  ) -> Int32

@_cdecl("bt_estimator_set_loader")
public func bt_estimator_set_loader(
  _ estimator: OpaquePointer?, _ sequences: Int64, _ lengths: UnsafePointer<Int64>?,
  _ hasDesired: Int32, _ hasGains: Int32, _ loader: LoaderFunction?,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  guarded {
    let lengths = try values(lengths, sequences, "lengths").map { Int($0) }
    let hasDesired = try flag(hasDesired, "has_desired")
    let hasGains = try flag(hasGains, "has_gains")
    guard hasDesired || !hasGains else {
      throw BacktuneError.argument("has_gains is 1, expected 0 without desired outputs")
    }
    guard let loader else { throw CallError.null("loader") }
    try changing(estimator) { object in
      // Held while the loader is asked: how much it writes is said by the network.
      try HandleTable.use(object.network, isWriting: false) { held in
        let sequences = try Sequences(
          held.network, lengths: lengths, hasTargets: hasDesired, hasGains: hasGains,
          isShare: object.estimator.processes != nil
        ) { [weak object] sequence, inputs, desired, gains in
          let place = stackPlace()
          object?.noteCallback(at: place)
          object?.network.noteCallback(at: place)
          let status = Arithmetic.ofHost {
            loader(
              Int64(sequence), inputs.baseAddress, desired?.baseAddress, gains?.baseAddress, user)
          }
          guard status == 0 else {
            throw BacktuneError(
              .loader, "loader: it answered \(status) for sequence \(sequence), expected 0")
          }
        }
        try object.estimator.follow(held.network)
        try object.estimator.setData(sequences)
      }
    }
  }
}

private func flag(_ value: Int32, _ name: String) throws -> Bool {
  guard 0...1 ~= value else {
    throw BacktuneError.argument("\(name) is \(value), expected 0 or 1")
  }
  return value == 1
}
