import Backtune
import BacktuneNumerics

public typealias ReductionFunction =
  @convention(c) (UnsafeMutablePointer<Double>?, Int64, Int32, UnsafeMutableRawPointer?) -> Int32

@_cdecl("bt_estimator_set_reduction")
public func bt_estimator_set_reduction(
  _ estimator: OpaquePointer?, _ reduction: ReductionFunction?,
  _ user: UnsafeMutableRawPointer?, _ rank: Int64, _ ranks: Int64
) -> Int32 {
  guarded {
    try changing(estimator) { object in
      guard let reduction else {
        object.estimator.processes = nil
        return
      }
      object.estimator.processes = try Processes(rank: Int(rank), of: Int(ranks)) {
        [weak object] values, operation in
        let place = stackPlace()
        object?.noteCallback(at: place)
        object?.network.noteCallback(at: place)
        return Arithmetic.ofHost {
          Int(reduction(values.baseAddress, Int64(values.count), operation.rawValue, user))
        }
      }
    }
  }
}
