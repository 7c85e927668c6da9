/// The C library, for the whole engine: no other file names the platform.
#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#endif

// Functions of the C library that its Swift module leaves out.

/// The number of a thread is not given to another one as soon as it has ended, unlike its `pthread_t`.
@_silgen_name("gettid") package func gettid() -> pid_t
@_silgen_name("tgkill")
package func tgkill(_ process: pid_t, _ thread: pid_t, _ signal: Int32) -> Int32
@_silgen_name("sched_getaffinity")
func affinity(_ thread: pid_t, _ size: Int, _ set: UnsafeMutableRawPointer) -> Int32
