# What lets the library run with glibc 2.27 and later (x86-64), wherever it was linked. The Swift run-time is linked in as
# it is, and the linker takes the newest version of each function: here these names lead to the versions that glibc has
# kept since long before. They are names in the library alone.

.macro older name, version
  .symver older_\name, \name@\version
  .globl \name
  .hidden \name
  .type \name, @function
\name:
  jmp *older_\name@GOTPCREL(%rip)
  .size \name, . - \name
.endm

.macro function name
  .globl \name
  .hidden \name
  .type \name, @function
\name:
.endm

  .text

# Version 2.29: they no longer look for an error handler of System V. The values are the same.
  older exp, GLIBC_2.2.5
  older exp2, GLIBC_2.2.5
  older log, GLIBC_2.2.5
  older log2, GLIBC_2.2.5
  older pow, GLIBC_2.2.5
# 2.35.
  older hypotf, GLIBC_2.2.5

# 2.32 to 2.34: moved from libpthread and libdl into libc.
  older dladdr, GLIBC_2.2.5
  older dlerror, GLIBC_2.2.5
  older dlopen, GLIBC_2.2.5
  older dlsym, GLIBC_2.2.5
  older pthread_attr_getstack, GLIBC_2.2.5
  older pthread_attr_setstacksize, GLIBC_2.2.5
  older pthread_condattr_setclock, GLIBC_2.3.3
  older pthread_create, GLIBC_2.2.5
  older pthread_getattr_np, GLIBC_2.2.5
  older pthread_getspecific, GLIBC_2.2.5
  older pthread_join, GLIBC_2.2.5
  older pthread_key_create, GLIBC_2.2.5
  older pthread_key_delete, GLIBC_2.2.5
  older pthread_mutex_trylock, GLIBC_2.2.5
  older pthread_setspecific, GLIBC_2.2.5
  older pthread_sigmask, GLIBC_2.2.5
  older sem_open, GLIBC_2.2.5

# 2.33: stat(path, buffer) was __xstat(1, path, buffer).
  function stat
  mov %rsi, %rdx
  mov %rdi, %rsi
  mov $1, %edi
  jmp *__xstat@GOTPCREL(%rip)

# 2.30: calls of the kernel, syscall(186) and syscall(234, group, thread, signal).
  function gettid
  mov $186, %edi
  xor %eax, %eax
  jmp *syscall@GOTPCREL(%rip)

  function tgkill
  mov %edx, %ecx
  mov %esi, %edx
  mov %edi, %esi
  mov $234, %edi
  xor %eax, %eax
  jmp *syscall@GOTPCREL(%rip)

# libstdc++ of GCC 11, std::__throw_bad_array_new_length(): nothing would catch it.
  function _ZSt28__throw_bad_array_new_lengthv
  jmp *abort@GOTPCREL(%rip)

  .section .note.GNU-stack, "", @progbits
