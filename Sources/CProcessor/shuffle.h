/* Vectors of eight out of the values of two, which Swift has no name for: it builds them value by value, and the compiler
   then makes quarters of whatever is done with them. So that it does not here either, it is not to know what comes out. */
#ifndef BACKTUNE_SHUFFLE_H
#define BACKTUNE_SHUFFLE_H

typedef double backtune_eight __attribute__((ext_vector_type(8)));

#if defined(__AVX512F__)
static inline backtune_eight backtune_opaque(backtune_eight v) {
  __asm__("" : "+v"(v));
  return v;
}

/* The n first values at a place, and zeros. */
static inline backtune_eight backtune_first(const double *place, long n) {
  return __builtin_ia32_loadupd512_mask(place, (backtune_eight){0}, (unsigned char)((1u << n) - 1));
}

/* Values 0, 2, 4, 6 of each, in turns; and values 1, 3, 5, 7. */
static inline backtune_eight backtune_evens(backtune_eight a, backtune_eight b) {
  return backtune_opaque(__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14));
}
static inline backtune_eight backtune_odds(backtune_eight a, backtune_eight b) {
  return backtune_opaque(__builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15));
}

/* Pairs of values 0 and 2 of each, one after the other; and pairs 1 and 3. */
static inline backtune_eight backtune_even_pairs(backtune_eight a, backtune_eight b) {
  return backtune_opaque(__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13));
}
static inline backtune_eight backtune_odd_pairs(backtune_eight a, backtune_eight b) {
  return backtune_opaque(__builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15));
}
#endif

#endif
