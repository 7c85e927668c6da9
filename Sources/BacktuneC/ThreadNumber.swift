import Glibc

/// Functions of the C library that its Swift module leaves out. The number of a thread is not given to another one as soon
/// as it has ended, unlike its `pthread_t`.
@_silgen_name("gettid") func gettid() -> pid_t
@_silgen_name("tgkill") func tgkill(_ process: pid_t, _ thread: pid_t, _ signal: Int32) -> Int32
