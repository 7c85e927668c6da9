/* A hint that Swift has no name for: what stands there will be read soon. Any address may be given. */
#ifndef BACKTUNE_PREFETCH_H
#define BACKTUNE_PREFETCH_H

static inline void backtune_prefetch(const void *place) { __builtin_prefetch(place); }

#endif
