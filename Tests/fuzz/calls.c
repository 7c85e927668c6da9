/* Sequences of calls with hostile arguments, for libFuzzer: a program of records of RECORD bytes, one a call, out of which
 * Tests/c/fuzz_*.h take what is called with what. What a record is too short for is drawn, from a number that the record says:
 * the same bytes do the same. */
#include "../c/fuzz_arguments.h"
#include "../c/fuzz_build.h"
#include "../c/fuzz_calls.h"
#include "../c/fuzz_more.h"

enum { RECORD = 20, MOST = 60 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* Callbacks end by what they draw. */
static int is_time_over(void) { return 0; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  long failures = 0;
  for (size_t at = 0; at < size && at < RECORD * MOST; at += RECORD) {
    const size_t left = size - at < RECORD ? size - at : RECORD;
    fuzzer f = {.random = 1, .bytes = data + at, .left = left, .call = "nothing"};
    for (size_t k = 0; k < left; k++) f.random = (f.random ^ data[at + k]) * 0x100000001B3ULL;
    f.random |= 1;
    one_call(&f);
    failures += f.failures;
  }
  free_all();
  bt_set_threads(1);
  if (failures > 0) abort();
  return 0;
}

/* Records are moved, copied and dropped as a whole half of the time. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  fuzzer f = {.random = seed * 0x9E3779B97F4A7C15ULL + 1};
  const int records = (int)(size / RECORD);
  uint8_t one[RECORD], other[RECORD];
  if (records < 2 || chance(&f, 50)) return LLVMFuzzerMutate(data, size, most);
  uint8_t *a = data + (size_t)below(&f, records) * RECORD, *b = data + (size_t)below(&f, records) * RECORD;
  memcpy(one, a, RECORD);
  memcpy(other, b, RECORD);
  switch (below(&f, 4)) {
    case 0:
      memcpy(a, other, RECORD);
      memcpy(b, one, RECORD);
      return size;
    case 1:
      memmove(a, a + RECORD, size - (size_t)(a - data) - RECORD);
      return size - RECORD;
    case 2: LLVMFuzzerMutate(a, RECORD, RECORD); return size;
    default:
      if (size + RECORD > most) return size;
      memmove(a + RECORD, a, size - (size_t)(a - data));
      memcpy(a, other, RECORD);
      return size + RECORD;
  }
}
