import CProcessor

/// Has a vector of values fetched into the cache, which will be read soon: for rows that are read far apart and backward,
/// which processors do not foresee. The address may be outside of any memory.
@inlinable @inline(__always)
package func prefetch(_ values: UnsafePointer<Double>) { backtune_prefetch(values) }
