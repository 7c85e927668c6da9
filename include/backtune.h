/* backtune: weights of recurrent networks from input and output sequences.
 *
 *   bt_network *network = NULL;
 *   bt_estimator *estimator = NULL;
 *   bt_network_create(1, &network);
 *   bt_network_add_unit(network, "lnl", NULL, 8, "{\"leak\": \"adjust\"}", NULL);
 *   bt_network_randomize(network, 0);
 *   bt_estimator_create(network, &estimator);
 *   bt_estimator_set_data(estimator, 1, &steps, u, steps, y, steps * 8, NULL, 0);
 *   bt_estimator_run(estimator, NULL, NULL, NULL);
 *   bt_network_get_weights(network, weights, count);
 *
 * Letters: T time steps, M inputs, N nodes of a group, O observed outputs, R the largest lag, P adjustable weights.
 *
 * In this order: types; the library and its errors; networks (functions, units, groups of one's own, what there is to know of
 * one, its channels, weights, files); simulation; estimation (data, what is asked, observables, at work), its trace and
 * uncertainty; streams; exports; threads, data larger than memory, several processes; random numbers. To begin with:
 * bt_network_create, _add_unit, _randomize; bt_estimator_create, _set_data, _run; bt_network_save; bt_stream_create, _step.
 * examples/c has programs, docs/c.md what Python's calls are in C.
 *
 * Status.     Every call that can fail returns a bt_status: BT_OK (0) or a negative BT_ERROR_*. On failure outputs are
 *             left as they were (a create call writes NULL) and bt_last_error() holds, for the calling thread, what was
 *             wrong, the value that came and what was expected. Nothing is ever printed; nothing aborts the process.
 * Handles.    bt_network, bt_estimator and bt_stream are tokens: a freed or foreign handle answers BT_ERROR_HANDLE, a NULL
 *             one BT_ERROR_NULL. A handle in use by another thread, or by the run whose callback is running, answers
 *             BT_ERROR_BUSY; inside a callback the calls that only read are allowed. Different handles may be used by
 *             different threads at the same time, and after a fork by the child; one that was in use by another thread
 *             stays BUSY in the child. Free calls accept NULL.
 *             A callback may not be left by longjmp, a C++ exception or pthread_exit: what the call had made is lost, and
 *             the handles that it uses stay BUSY. They can only be freed: by the thread itself from the function that made
 *             the call or one that called it, or by any thread once that one has ended.
 * Memory.     Every buffer belongs to the caller, and is read or written during the call only. Arrays are doubles,
 *             row-major, time first: value (t, k) of a T x K array is array[t * K + k]. Beside each buffer stands its
 *             length in values, which must be exactly the documented one. No library can check that a pointer is valid.
 *             Where the system refuses a buffer of the library's own (states, gradients, matrices, work space: all that grows
 *             with data and weights) the call answers BT_ERROR_MEMORY; the best weights seen are kept, and handles work on.
 *             Exempt are small objects of the Swift run-time (handles, names, lists, texts), and copies of arguments and
 *             results, for which room is looked for before: refused, they end the process, as Swift has it. Therefore, under a
 *             limit on the address space (RLIMIT_AS), a call that finds less than 48 MiB of it left answers BT_ERROR_MEMORY
 *             too; what cannot be promised is a call during which other threads take the rest.
 * Threads.    Work that is worth it is shared with threads of the library's own: as many as bt_set_threads says, else the
 *             environment (BACKTUNE_NUM_THREADS, else OMP_NUM_THREADS: 1 to 1024, the first of a list; anything else is as
 *             if unset), else as there are processors that the process may use (its affinity, the CPU quota of its control
 *             group). They are made when first needed, sleep between calls, take no signals, and are not in a forked child,
 *             which makes its own. While a thread of the host uses them, calls of others do all their work themselves.
 *             Callbacks come on the calling thread. A fork waits, for 2 s at most, until other threads are outside of calls,
 *             in a callback, or where a call could be stopped, and calls wait until it is over: the child can use the library.
 * Waiting.    A call returns when its work is done; none waits for another one, a handle in use being BUSY at once (a
 *             network or estimator is freed after trying for some 5 ms). What computes takes time that goes with the data:
 *             simulate, gradient, predict, step, run, cost before there is a trace, output_nmse, observables, divergence,
 *             find_parting, the calls on uncertainty; those that take a callback can be stopped by it, the others by that
 *             of bt_set_poll, streams aside. set_data copies and looks at what it is given; files wait for the disk. JSON and
 *             exports take a second for a million weights, a reservoir one for 1,000 nodes and 15 for 3,000. All others take
 *             microseconds, and what it takes to copy.
 * Reading     while a run goes on. In its callback, at BT_EVENT_ITERATION, estimator and network have the best weights so
 *             far: bt_estimator_get_weights, _trace, _cost and all that only reads the network, bt_simulate and
 *             bt_network_copy among it, are allowed, BUSY what computes with the estimator. To other threads both handles
 *             are BUSY: copy there what they want to know, under a lock of your own (examples/c/two_threads.c), or hand
 *             them a bt_network_copy. A bt_stream of the network takes the best weights by itself.
 * Overlap.    Arrays that a call writes may not overlap each other. They may overlap those that it reads, which are read
 *             before; but bt_stream_run goes step by step: there outputs may be the very array of measured, or that of inputs
 *             where O is not above M, and no other one.
 * Needs.      128 KiB of stack for any call, besides what a callback takes (threads of the library's own have 1 MiB). Memory,
 *             about, in values of 8 bytes, T being all time steps of all sequences and V the sum of the sizes of all groups:
 *             bt_simulate 2 (M + O) T; bt_gradient 1.5 V T + 2 O T; an estimator M T + 3 O T, with a cost or gradient
 *             3 V T + 10 O T, a run by Gauss-Newton 4 V T + 12 O T + 3 P P, and P O T more of up to 4 sequences and 256
 *             weights if that is not above 2^23, by backward tuning 12 V T + 17 O T, uncertainty 5 V T + 18 O T + 8 P P.
 *             A stream has six times its weights.
 * Arithmetic. Whatever the calling thread has set of rounding, of small values taken for zero and of traps, results are
 *             those of the usual arithmetic; what was set is there again after a call and in callbacks, flags of what
 *             happened too, but for those of streams. Nothing depends on the locale.
 * Libraries.  LAPACK is linked in, with products of the library's own in place of BLAS: nothing of BLAS, LAPACK or Fortran is
 *             taken from the process, and nothing given to it but the bt_ functions. OPENBLAS_NUM_THREADS, MKL_NUM_THREADS
 *             and the like say nothing to it, and no threads are made but those above.
 *             Several versions of the library may be loaded side by side (dlopen, RTLD_LOCAL), each with threads of its
 *             own; a handle is for the one that made it. dlclose ends these threads.
 * Text.       UTF-8, ended by a zero byte. Calls that return text take a buffer and its capacity in bytes, write as much
 *             as fits (always ended by zero when the capacity is 1 or more; a NULL buffer with capacity 0 is allowed)
 *             and report the full length without the zero. A text that does not fit is cut between characters. Names
 *             and paths hold no zero byte.
 * Times       are in time steps. Before t = 0 stands the state that is given, else that of the network: what is learnt, or
 *             zero, the inputs at rest.
 * Bits.       Same input and seed give the same bits with the same build of the library: with any number of threads, whatever
 *             else runs, where the process is stopped and goes on. Builds for other instruction sets (baseline, x86-64-v3,
 *             x86-64-v4) round otherwise: on sequences that networks do not part on, outputs, costs and gradients differ by
 *             less than 1e-12 of the largest one; iterations may enlarge that.
 */
#ifndef BACKTUNE_H
#define BACKTUNE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header; bt_version() and bt_abi_number() say those of the library. */
#define BT_VERSION_MAJOR 0
#define BT_VERSION_MINOR 1
#define BT_VERSION_PATCH 0
#define BT_VERSION "0.1.0"
/* For comparisons by the preprocessor: 102 is 0.1.2. */
#define BT_VERSION_NUMBER (BT_VERSION_MAJOR * 10000 + BT_VERSION_MINOR * 100 + BT_VERSION_PATCH)
#define BT_ABI_NUMBER 1

/* ---- Types ------------------------------------------------------------------------------------------------------- */

typedef struct bt_network bt_network;
typedef struct bt_estimator bt_estimator;
typedef struct bt_stream bt_stream;
typedef int32_t bt_status;

enum {
  BT_OK = 0,
  BT_ERROR_ARGUMENT = -1, /* a value outside what is allowed: NaN, unknown name, negative lag */
  BT_ERROR_NULL = -2,     /* a pointer that may not be NULL is */
  BT_ERROR_SIZE = -3,     /* sizes that do not fit each other */
  BT_ERROR_HANDLE = -4,   /* a freed or foreign handle */
  BT_ERROR_BUSY = -5,     /* a handle in use by another thread or by a running callback */
  BT_ERROR_STATE = -6,    /* a call that is not possible now: a step without data */
  BT_ERROR_NETWORK = -7,  /* a network that cannot be run: a cycle at lag 0, nothing to observe */
  BT_ERROR_MEMORY = -8,   /* more memory than the budget (3/4 of the machine's) or than there is */
  BT_ERROR_FILE = -9,     /* a file that cannot be read or written */
  BT_ERROR_PROCESSES = -10, /* processes that share an estimation could not be joined, or do not do the same */
  BT_ERROR_LOADER = -11    /* a sequence that could not be read when it was wanted */
};

/* Why an estimation stopped. */
enum {
  BT_STOP_NONE = 0,       /* it has not stopped */
  BT_STOP_TOLERANCE = 1,  /* the cost fell below tolerance times the first cost */
  BT_STOP_TARGET = 2,     /* the cost fell below the target */
  BT_STOP_STALLED = 3,    /* no step decreases the cost any more, though it is not known to be at a minimum */
  BT_STOP_ITERATIONS = 4, /* the iteration limit */
  BT_STOP_CALLBACK = 5,   /* the callback asked for it */
  BT_STOP_DIVERGED = 6,   /* no weights with a finite cost were found: the weights are unchanged */
  BT_STOP_NOTHING = 7,    /* no weight is adjustable */
  BT_STOP_CONVERGED = 8,  /* the slopes of the cost vanish, up to rounding */
  BT_STOP_SADDLE = 9      /* they vanish, but the fit is no better than the best constant: a saddle such as zero weights,
                             inputs that say nothing of the outputs, outputs that cannot reach what is desired, or a
                             regularisation too strong */
};

/* Where the free weights of a network come from. */
enum {
  BT_WEIGHTS_UNTOUCHED = 0, /* neither drawn nor set: all as they were made, mostly 0 */
  BT_WEIGHTS_DRAWN = 1,     /* all as bt_network_randomize drew them */
  BT_WEIGHTS_SET = 2        /* set, some or all of them, or found by an estimation */
};

/* Kinds of notes. */
enum {
  BT_NOTE_DRAWN = 1,        /* the estimator drew the weights where it started: they had neither been drawn nor set */
  BT_NOTE_UNITS = 2,        /* outputs whose variances differ by more than 100, an offset that no bias makes up for, an input
                               that fixed weights read in units 100 times smaller or larger than 1 */
  BT_NOTE_INTERPOLATES = 3, /* as many adjustable weights, initial states included, as observed values, or more */
  BT_NOTE_PARTING = 4,      /* after a run with a horizon of infinity: bt_estimator_parting tells how far it predicts */
  BT_NOTE_DIVERGED = 5      /* after BT_STOP_DIVERGED: the group, node, sequence and step where values are not finite first */
};

/* Events of a callback. */
enum {
  BT_EVENT_POLL = 0,     /* between simulations or inside a long one, at most every 5 ms: a chance to stop */
  BT_EVENT_ITERATION = 1 /* an iteration is complete, and in the trace */
};

/* Called on the calling thread; returns 0 to go on, anything else to stop with the best weights seen. */
typedef int32_t (*bt_callback)(bt_estimator *estimator, int32_t event, void *user_data);

/* The network input, as a source. */
#define BT_INPUT ((int64_t)-1)

/* ---- Library and errors ------------------------------------------------------------------------------------------ */

/* "major.minor.patch", a text that is never freed. */
const char *bt_version(void);

/* BT_ABI_NUMBER of the library: a program compares it with that of the header that it was compiled with. */
int32_t bt_abi_number(void);

/* Writes the message of the last failed call of this thread. Returns its full length, 0 if none failed yet. */
int64_t bt_last_error(char *buffer, int64_t capacity);

/* Name of a status or stop reason in words; "unknown" for other numbers. Never freed. */
const char *bt_status_string(bt_status status);
const char *bt_stop_string(int32_t reason);

/* What this thread is asked in calls that compute and take no callback: `callback`, with the estimator in calls of one, else
 * NULL, and BT_EVENT_POLL. NULL: nothing is asked, as at first. It counts from the next call on, of this thread alone, and not
 * in calls that the callback makes.
 *   Asked    bt_simulate, bt_gradient, and of the calls of an estimator cost, output_nmse, gradient, simulate, observables,
 *            divergence, find_parting, uncertainty, prediction_deviation, fitted_outputs, combination_count, combinations.
 *            First after 5 ms, then at most every 5 ms, and at least every 50 ms once sequences are run. What an estimator
 *            does before, after new data or settings, takes about as long as bt_estimator_set_data
 *   Stopping Where it answers other than 0 the call ends with BT_ERROR_STATE and the message "stopped by the caller". In
 *            outputs some values may have been written; nothing else has changed
 *   Never    in calls that take a callback, which have that one or, with NULL, none; in those that copy, text, files and
 *            exports; in streams, whose bt_stream_run can be made in parts */
bt_status bt_set_poll(bt_callback callback, void *user_data);

/* ---- Network: functions and units -------------------------------------------------------------------------------- */

/* An empty network of M inputs (0 or more). */
bt_status bt_network_create(int64_t inputs, bt_network **network);

/* An independent copy, weights included. */
bt_status bt_network_copy(const bt_network *network, bt_network **copy);

bt_status bt_network_free(bt_network *network);

/* Functions of one value v, by the same names wherever a function is asked for: in the options of units ("tanh", or
 * {"name": "zeta", "a": -1, "b": 2} for those with parameters), and by bt_network_add_factor.
 *   identity        v
 *   zeta (a, b)     (a + b)/2 + (b - a)/2 tanh(2 v/(b - a)): from a to b > a, slope 1 at 0
 *   tanh            zeta (-1, 1)
 *   zeta01          zeta (0, 1), 1/(1 + exp(-4 v))
 *   logistic        1/(1 + exp(-v))
 *   relu            v above 0, else 0
 *   softplus (eps)  eps log(1 + exp(v/eps)), eps > 0
 *   exp             exp(v)
 *   log             log(v), the natural one
 *   reciprocal      1/v
 *   square          v v
 *   upsilon (w)     zeta01(w (v - 1/2)), a threshold at 1/2, the sharper the larger w
 *   step            0, 1/2, 1 below, at, above 1/2: the limit of upsilon; its derivative is 0
 * A unit's option profile names its k: "zeta" is zeta01, "logistic" is logistic. */

/* Adds a unit of `size` nodes. `name` (NULL: the kind, numbered when repeated) starts the names of its groups, name.group,
 * and of its weights, name.group.role. `options` is a JSON object or NULL:
 *   linear          v = a + sum_{r=1..R} W^r x(t-r) + B i(t-1): range R (1), mask or density
 *   lnl             x = x1 + f(x2); x1 = g x(t-1); x2 = a + W x(t-1) + B i(t-1): activation, the function f
 *                   ("zeta01"), leak or time_constant, mask or density, feedback ("own"; "measured": x(t-1) as measured,
 *                   from a group x.m1)
 *   sparse_lnl      an lnl of rectified units with density 1/sqrt(size)
 *   lstm            x = k(yo) tanh(s); s = k(yf) s(t-1) + k(yi) tanh(h): peephole (false), profile
 *   gru             x = k(z) x(t-1) + (1 - k(z)) tanh(h); h = hi + k(r) m: profile
 *   strongly_typed  x = k(f) x(t-1) + (1 - k(f)) z; f = a + g x(t-1): profile, mask or density
 *   aif             x = g p + a + W z + B i(t-1); p = (1 - z) x(t-1); z = zeta01(w (x(t-1) - 1/2)): leak (0.5) or
 *                   time_constant, sharpness w (5; a number in [0, 100]; "adjust"), mask or density, feedback ("own";
 *                   "measured": x(t-1) as measured, from a group x.m1; "spikes": a group s, the spikes z of the step
 *                   after, of which what was measured is read, from s.m1)
 *   softmax         x = softmax(z / temperature); z = a + W x(t-1) + B i(t-1): temperature (1), mask or density
 *   reservoir       an lnl of fixed random weights and a readout: outputs (1), spectral_radius (0.9), density (0.1),
 *                   input_scaling (1), seed, activation ("tanh"), leak or time_constant, feedback, feedback_scaling (1)
 *   state_space     x = A x(t-1) + B i(t-1) + E h(t-1); h = f(b + F x + G i)^degree; y = c + C x + D i + H h:
 *                   hidden (size), outputs (1), input_lag (1), feedback, activation ("tanh"), degree (1; up to 9)
 *   dense           x = f(a + W s(t)): activation; sources: the input at lag 0
 *   conv1d          shared weights over the nodes of its source: kernel (3), channels (1) of the source, activation
 *   gate            x = (1 - k(c)) x(t-1) + k(c) v: profile, value_sources of v (the input at lag 0)
 *   product         x = u v, both a + W x(t-1) + B i(t-1)
 *   versatile       x = sum_k c_k f_k(v): functions (["identity", "tanh", "zeta01", "relu"])
 * Where it makes sense a unit also takes
 *   bias (true), input_lag (1), initial ("zero", or "learn": initial states that are weights, group.x0)
 *   sources         what it reads, instead of itself and the input:
 *                   [{"source": "self" | "input" | group name or number, "lag": 1, "mask": rows of 0 and 1 or absent}, ...]
 *   mask            rows of 0 and 1, the recurrent connections there are; or density of them, drawn with seed (0)
 *   leak            none, a number in [0, 0.999], "adjust"; or time_constant tau and dt (1): 1 - dt/tau
 *   feedback        "none", or "measured": K m is added to x, or x2, m what was measured of y one step ago, a group y.m1
 *                   (with a bias a of x in state_space)
 *   profile         of the gates k: "zeta", or "logistic" as in other libraries
 * `output` (may be NULL) receives the group of the unit's output, observed by default when the unit is the last. */
bt_status bt_network_add_unit(bt_network *network, const char *kind, const char *name, int64_t size,
                              const char *options, int64_t *output);

/* The groups that a unit makes, in their order, and their weights: "lnl.x2.W" is W of the group x2 of the unit lnl. [N,M] is
 * a matrix of N nodes that read M, each a row; M the inputs of the network, O and H the options outputs and hidden. What stands
 * in brackets is there with some options only.
 *   kind            groups            weights
 *   linear          x                 x.a[N] x.W1[N,N] (x.W2[N,N] ...) x.B[N,M]
 *   lnl             x2 (x1) x         x2.a[N] x2.W[N,N] x2.B[N,M] (x1.g[N])
 *   sparse_lnl      x2 (x1) x         x2.a[N] x2.W[N,N] x2.B[N,M] (x1.g[N])
 *   lstm            h yo yf yi s x    h.a[N] h.W[N,N] h.B[N,M] yo.a[N] yo.W[N,N] yo.B[N,M] (yo.p[N]) yf.a[N] yf.W[N,N]
 *                                     yf.B[N,M] (yf.p[N]) yi.a[N] yi.W[N,N] yi.B[N,M] (yi.p[N])
 *   gru             m z r hi h x      m.a[N] m.U[N,N] z.a[N] z.W[N,N] z.B[N,M] r.a[N] r.W[N,N] r.B[N,M] hi.a[N] hi.B[N,M]
 *   strongly_typed  f z x             f.a[N] f.g[N] z.W[N,N] z.B[N,M]
 *   aif             (c) q z p x       (q.w[N]) x.g[N] x.a[N] x.W[N,N] x.B[N,M]
 *   softmax         z x               z.a[N] z.W[N,N] z.B[N,M]
 *   reservoir       x2 (x1) x y       x2.a[N] x2.W[N,N] x2.B[N,M] (x1.g[N]) y.a[O] y.W[O,N]
 *   state_space     x h2 h y          x.A[N,N] x.B[N,M] x.E[N,H] h2.a[H] h2.F[H,N] h2.G[H,M] y.a[O] y.C[O,N] y.D[O,M]
 *                                     y.H[O,H]
 *   dense           x2 x              x2.a[N] x2.B[N,M]
 *   conv1d          x2 x              x2.a[N] x2.B[K]
 *   gate            c v x             c.a[N] c.W[N,N] c.B[N,M] v.a[N] v.B[N,M]
 *   product         u v x             u.a[N] u.W[N,N] u.B[N,M] v.a[N] v.W[N,N] v.B[N,M]
 *   versatile       v f1 f2 ... x     v.a[N] v.W[N,N] v.B[N,M] x.c1[N] x.c2[N] ...
 * x1 is there with a leak, its g with the leak "adjust"; W2 to WR with a range R; p with peepholes; c and w with the
 * sharpness "adjust"; h2, h and what has to do with them unless hidden is 0. Of conv1d the groups have N nodes for each place
 * of the kernel, and B is the kernels, one after the other: K = N channels kernel. With bias false every a is gone, of
 * reservoir that of x2. The initial "learn" adds x0 to each group that is read at a lag; feedback a group x.m1, y.m1 or s.m1
 * (s for z with "spikes") and, of state_space, x.a[N] and x.K[N,O], of reservoir x2.K[N,O]. With sources of one's own B is
 * what is read of the input, W of the unit itself, W_name of another unit or, where it is no x, of a group; with the lag
 * behind where a source has several. */

/* The options of a kind of unit, as they are here: writes a JSON object
 *   {"kind": ..., "summary": what is added, in a line, "text": its equations, with "; " between them, "notes": its groups,
 *    weights, origin, "size": what the size is, "output": what the group returned is,
 *    "example": {"inputs": of the network, "size": ..., "options": as bt_network_add_unit takes them, "text": ...},
 *    "options": [{"name": ..., "type": ..., "text": ..., "default": ...}, ...]}
 * or, with kind NULL, a list of them, one a kind. type is boolean, integer, number, text, function, functions, sources or
 * mask; "least" and "most" bound a number, "words" lists the texts that are taken, "form" says how a value is written where
 * it is not one of JSON itself. A default is null where there is none, or where it follows from the size or other options:
 * the text says which. In texts `backquotes` enclose names and words. */
bt_status bt_unit_options(const char *kind, char *buffer, int64_t capacity, int64_t *length);

/* Observes the first counts[k] nodes of each groups[k], instead of all nodes of the last unit's output. */
bt_status bt_network_observe(bt_network *network, const int64_t *groups, const int64_t *counts, int64_t length);

/* ---- Network: groups of one's own -------------------------------------------------------------------------------- */

/* Adds a group of linear combinations v_i(t) = a_i + sum_k sum_j W^k_ij s^k_j(t - l_k), still without bias and
 * connections; `group` (may be NULL) receives its number, counted from 0. */
bt_status bt_network_add_learnware(bt_network *network, const char *name, int64_t size, int64_t *group);

/* Gives a learnware group the bias `group.role` (role NULL: "a"): one weight a node, or slots shared by `index`
 * (node -> slot, length N; NULL with length 0 for none). */
bt_status bt_network_add_bias(bt_network *network, int64_t group, const char *role, const int64_t *index,
                              int64_t index_length);

/* Connects group `source` (or BT_INPUT), `lag` steps ago, to learnware group `target` by the weights `target.role`.
 * Sources at lag 0 may not form a cycle. dense: a matrix N x source size; diagonal: one weight a node, equal sizes. */
bt_status bt_network_connect_dense(bt_network *network, int64_t target, int64_t source, int64_t lag,
                                   const char *role);
bt_status bt_network_connect_diagonal(bt_network *network, int64_t target, int64_t source, int64_t lag,
                                      const char *role);

/* `mask`, N x source size: not 0 where there is a connection. */
bt_status bt_network_connect_sparse(bt_network *network, int64_t target, int64_t source, int64_t lag,
                                    const char *role, const uint8_t *mask, int64_t mask_length);

/* `index`, N x source size: the slot of each entry, -1 for none; every slot from 0 to the largest must be used. */
bt_status bt_network_connect_shared(bt_network *network, int64_t target, int64_t source, int64_t lag,
                                    const char *role, const int64_t *index, int64_t index_length);

/* Makes x(-1) ... x(-depth) of a group weights, `group.x0` ([depth][node], a vector where depth is 1), the same for all
 * sequences; they start at 0. Units do it by the option "initial": "learn". For an initial state of each sequence see
 * the estimator's option initial_states. */
bt_status bt_network_learn_initial_state(bt_network *network, int64_t group, int64_t depth);

/* Adds a group x_i(t) = sum_j c_j prod_m f_jm(s_jm,i(t - l_jm)), still without terms: 0. */
bt_status bt_network_add_firmware(bt_network *network, const char *name, int64_t size, int64_t *group);

/* Adds the constant term `coefficient` to a firmware group, to be multiplied by factors; `term` (may be NULL) receives
 * its number in the group. */
bt_status bt_network_add_term(bt_network *network, int64_t group, double coefficient, int64_t *term);

/* Multiplies a term by f(source(t - lag)), f one of the functions above with as many parameters as it has (NULL, 0 for none).
 * A source of size 1 is broadcast. */
bt_status bt_network_add_factor(bt_network *network, int64_t group, int64_t term, const char *function,
                                const double *parameters, int64_t parameter_count, int64_t source, int64_t lag);

/* Takes a term away; those after it move up. */
bt_status bt_network_remove_term(bt_network *network, int64_t group, int64_t term);

/* Adds the softmax of a group (or BT_INPUT) of N nodes, `lag` steps ago: exp(s_i / temperature), normalised. */
bt_status bt_network_add_softmax(bt_network *network, const char *name, int64_t source, int64_t lag,
                                 double temperature, int64_t *group);

/* Adds what is read of a group `source`, `lag` steps ago (1 or more), where measurements take its place: what was measured of
 * it then, if that is known and the horizon lets it in, else its own value. Readers read it at lag 0. Without measurements
 * (bt_simulate, or a horizon of INFINITY) it is the group's own value: a predictor when the outputs are known, a simulator
 * when they are not. With `stands_for_input` 1 the source stands for an input channel: what is known of it counts whatever
 * the horizon, and a lag of 0 is allowed. No derivative flows back through a measured value. `name`
 * NULL: the group that there is already of this source, lag and kind, else a new one called source.m1 for a lag of 1, or
 * source.k1 where it stands for an input. */
bt_status bt_network_add_measured(bt_network *network, const char *name, int64_t source, int64_t lag,
                                  int32_t stands_for_input, int64_t *group);

/* ---- Network: what it is ----------------------------------------------------------------------------------------- */

/* How many inputs M, observed outputs O, and the largest lag R. */
bt_status bt_network_inputs(const bt_network *network, int64_t *inputs);
bt_status bt_network_outputs(const bt_network *network, int64_t *outputs);
bt_status bt_network_range(const bt_network *network, int64_t *range);

/* Groups, numbered from 0 in the order in which they were made, their names and sizes; the number of a name. What they are made
 * of stands in the JSON. */
bt_status bt_network_group_count(const bt_network *network, int64_t *count);
bt_status bt_network_group_name(const bt_network *network, int64_t group, char *buffer, int64_t capacity,
                                int64_t *length);
bt_status bt_network_group_size(const bt_network *network, int64_t group, int64_t *size);
bt_status bt_network_find_group(const bt_network *network, const char *name, int64_t *group);

/* The node that an output observes, counted from 0 in its group. */
bt_status bt_network_output_node(const bt_network *network, int64_t output, int64_t *group, int64_t *node);

/* Number of values of a flat state: for the input, then every group in order, [depth][size], the most recent time first;
 * the depth of a group (BT_INPUT allowed) is the largest lag at which it is read. */
bt_status bt_network_state_size(const bt_network *network, int64_t *size);
bt_status bt_network_group_depth(const bt_network *network, int64_t group, int64_t *depth);

/* A number that changes with groups, connections, what is observed, the labels, and which weights are fixed, not with values
 * of weights: what was read of these stands while it is the same. */
bt_status bt_network_version(const bt_network *network, int64_t *version);

/* ---- Network: the data that it is for ---------------------------------------------------------------------------- */

/* What is known of the channels: no result depends on it, and JSON, files and copies keep it. `kind` is one of
 *   input names, output names   not empty, each another
 *   input units, output units   any text
 * `labels` are `count` texts, one for each input channel or observed output; none (NULL, 0) takes them away. Those of
 * outputs are lost when other nodes are observed. bt_network_label gives that of one channel, empty where there is none. */
bt_status bt_network_set_labels(bt_network *network, const char *kind, const char *const *labels, int64_t count);
bt_status bt_network_label(const bt_network *network, const char *kind, int64_t channel, char *buffer,
                           int64_t capacity, int64_t *length);

/* Seconds of a time step, above 0; 0 where unknown. */
bt_status bt_network_set_sampling_time(bt_network *network, double seconds);
bt_status bt_network_sampling_time(const bt_network *network, double *seconds);

/* The rest: what the inputs are taken to be before t = 0 where no initial state is given, one value an input in its
 * units. 0 unless set (NULL with length 0 unsets it); an estimation that starts from weights as they were drawn sets it,
 * where a user did not, to the mean of every input whose values are all above or all below 0. It takes the same of observed
 * groups of which measurements are read (bt_network_add_measured), which is kept with it; a rest that is set has 0 for
 * them. */
bt_status bt_network_set_rest(bt_network *network, const double *values, int64_t length);
bt_status bt_network_get_rest(const bt_network *network, double *values, int64_t length);

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* All adjustable (not fixed) weights as one flat vector: array after array in the order of definition, row-major. */
bt_status bt_network_weight_count(const bt_network *network, int64_t *count);
bt_status bt_network_get_weights(const bt_network *network, double *weights, int64_t length);
bt_status bt_network_set_weights(bt_network *network, const double *weights, int64_t length);

/* Named arrays. shape[1] is 0 for a vector; a matrix is [target nodes][source nodes]. */
bt_status bt_network_array_count(const bt_network *network, int64_t *count);
bt_status bt_network_array_name(const bt_network *network, int64_t index, char *buffer, int64_t capacity,
                                int64_t *length);
bt_status bt_network_array_shape(const bt_network *network, const char *name, int64_t shape[2]);

/* The full array, row-major, 0 where there is no connection (and 0 there when set); set also takes one value (length 1)
 * for all connections. A weight must be finite and inside its bounds. */
bt_status bt_network_get_array(const bt_network *network, const char *name, double *values, int64_t length);
bt_status bt_network_set_array(bt_network *network, const char *name, const double *values, int64_t length);

/* Bounds and fixed flags of the full array; set calls also take one value (length 1) for all. Infinite = unbounded.
 * Weights outside new bounds move to the nearest one. */
bt_status bt_network_get_bounds(const bt_network *network, const char *name, double *lower, double *upper,
                                int64_t length);
bt_status bt_network_set_bounds(bt_network *network, const char *name, const double *lower, const double *upper,
                                int64_t length);
bt_status bt_network_get_fixed(const bt_network *network, const char *name, uint8_t *fixed, int64_t length);
bt_status bt_network_set_fixed(bt_network *network, const char *name, const uint8_t *fixed, int64_t length);

/* Constrains signs: 1 excitatory (0 or more), -1 inhibitory (0 or less), 0 as it is; weights of the other sign become 0. */
bt_status bt_network_set_signs(bt_network *network, const char *name, const int8_t *signs, int64_t length);

/* Takes the weights away where `mask` is 0: they become 0, with 0 for bounds, and fixed. Others stay as they are. */
bt_status bt_network_set_mask(bt_network *network, const char *name, const uint8_t *mask, int64_t length);

/* Draws every free weight: normal, deviation 0.5/sqrt(fan-in); leaks uniform in [0, 0.5]; other two-sided bounds
 * uniform inside. An estimation that starts from weights as they were drawn takes them in the units of its data: weights
 * from an input divided by its deviation, those of an observed linear group multiplied by that of what is desired, biases
 * so that means are made up for. */
bt_status bt_network_randomize(bt_network *network, uint64_t seed);

/* One of BT_WEIGHTS_*: where the free weights come from; copies and JSON keep it. `seed` (may be NULL) receives that of
 * the draw where it is BT_WEIGHTS_DRAWN, and is left as it was otherwise. Weights set to what they are stay as drawn.
 * Fixed weights do not count, nor learnt initial states that are as they were made; a network of no others counts as set,
 * and so does one from a file of a release before this call. What a network computes with weights that are untouched is
 * hardly what was meant: an estimator draws them when it starts. */
bt_status bt_network_get_origin(const bt_network *network, int32_t *origin, uint64_t *seed);

/* ---- JSON and files ---------------------------------------------------------------------------------------------- */

/* The network, weights included, as text that reads back to the same bits; docs/format.md describes it. `length` of from_json
 * is that of the text in bytes. Reading takes time and memory that go with it (30 bytes a byte), whatever sizes it declares:
 * arrays of weights whose values it does not list may have 2^20 in all. */
bt_status bt_network_to_json(const bt_network *network, char *buffer, int64_t capacity, int64_t *length);
bt_status bt_network_from_json(const char *text, int64_t length, bt_network **network);

/* The same in a file. Written beside it, then renamed: a failed write leaves the old file whole. Links are followed; a device
 * is written to, a pipe without a reader is an error and no signal. JSON is UTF-8; nested deeper than 32, or with a key that
 * stands twice in an object, it is refused, as it is in options. */
bt_status bt_network_save(const bt_network *network, const char *path);
bt_status bt_network_load(const char *path, bt_network **network);

/* ---- Simulation -------------------------------------------------------------------------------------------------- */

/* Runs the network over one or several sequences side by side, equation (1) of RR-9100: `lengths[s]` time steps each (0
 * allowed), one after the other in every buffer. Any output may be NULL with length 0.
 *   inputs   sum T x M; all finite
 *   initial  sequences x flat state before t = 0, or NULL with length 0 for that of the network: what is learnt, or zero, the
 *            inputs at rest
 *   outputs  sum T x O, the observed nodes
 *   states   sum T x (sum of the sizes of all groups), groups in order
 *   final    sequences x flat state after the last step: the initial state of what follows
 * Values may become infinite or NaN where the network diverges: that is not an error. */
bt_status bt_simulate(const bt_network *network, int64_t sequences, const int64_t *lengths, const double *inputs,
                      int64_t inputs_length, const double *initial, int64_t initial_length, double *outputs,
                      int64_t outputs_length, double *states, int64_t states_length, double *final,
                      int64_t final_length);

/* Derivative of the sum over sequences, t, k of slopes(t,k) outputs(t,k), by the adjoint without guard (section
 * "Backward tuning" of the report).
 *   slopes            sum T x O, finite
 *   gradient          by every adjustable weight, in their flat order; NULL with length 0 if not wanted
 *   initial_gradient  sequences x flat state: by the initial states (0 for the input's part, and, where `initial` is NULL,
 *                     for what was measured: it is then what groups are themselves); may be NULL with length 0 */
bt_status bt_gradient(const bt_network *network, int64_t sequences, const int64_t *lengths, const double *inputs,
                      int64_t inputs_length, const double *initial, int64_t initial_length, const double *slopes,
                      int64_t slopes_length, double *gradient, int64_t gradient_length, double *initial_gradient,
                      int64_t initial_gradient_length);

/* For every t the outputs `horizon` = k steps ahead: o(t) given what was measured up to t - k, and all inputs up to t. The
 * filter, which is given each measurement as soon as it is known, runs once; from each of its times the network runs k steps
 * by itself. The first k - 1 values of a sequence, and all with k = INFINITY, are those of the free run.
 *   lengths, inputs, initial, outputs, final   as of bt_simulate; `final` is that of the filter: it holds what was measured
 *   measured   sum T x O, what was measured of the outputs, NaN where not known; NULL with length 0 for nothing
 *   groups     other groups of which measured values are read, with `values`: sum T x size of each in turn, NaN where not
 *              known. For a group that is an output they go before `measured`
 * `callback` is polled with a NULL estimator; where it stops the work nothing is written, and `stop` (may be NULL) receives
 * BT_STOP_CALLBACK, otherwise BT_STOP_NONE. The work goes as T times k, up to k = T/2.
 * BT_ERROR_ARGUMENT for a horizon that is no whole number of 1 or more, or measurements that nothing reads. */
bt_status bt_predict(const bt_network *network, int64_t sequences, const int64_t *lengths, const double *inputs,
                     int64_t inputs_length, const double *measured, int64_t measured_length, double horizon,
                     const double *initial, int64_t initial_length, const int64_t *groups, int64_t group_count,
                     const double *values, int64_t values_length, double *outputs, int64_t outputs_length,
                     double *final, int64_t final_length, bt_callback callback, void *user_data, int32_t *stop);

/* ---- Estimation: data -------------------------------------------------------------------------------------------- */

/* An estimator for a network, which it keeps alive and whose weights it reads when a step begins (weights set in between
 * start it anew; weights that were neither drawn nor set are drawn first, with seed 0: a note says so) and sets to the
 * best seen when the step ends. The groups, connections and observed nodes of the network may not change after that. */
bt_status bt_estimator_create(bt_network *network, bt_estimator **estimator);
bt_status bt_estimator_free(bt_estimator *estimator);

/* Sets the sequences: `lengths[s]` time steps each (0 allowed, at least one observed value in all), one after the other
 * in `inputs` (sum T x M, finite), `desired` (sum T x O; NaN = not observed) and `gains` (sum T x O, finite, 0 or more;
 * 0 = not observed; NULL with length 0 = all 1). Every sequence starts from the network's initial state. Where costs or
 * weights could not be doubles in units as these, calls that compute answer BT_ERROR_ARGUMENT: squares of all desired values
 * that vanish or overflow, gains below 2e-308 in the mean, deviations of channels near the ends.
 * The data are copied. `desired` may be NULL with length 0 for the criterion "observables". */
bt_status bt_estimator_set_data(bt_estimator *estimator, int64_t sequences, const int64_t *lengths,
                                const double *inputs, int64_t inputs_length, const double *desired,
                                int64_t desired_length, const double *gains, int64_t gains_length);

/* Gives every sequence of the data its state before t = 0, sequences x flat state, finite, as bt_simulate takes them; NULL
 * with length 0 for the network's. With the option initial_states they are where the learnt ones start, the input's part
 * apart, which stays. Copied; bt_estimator_set_data forgets them. */
bt_status bt_estimator_set_initial_states(bt_estimator *estimator, const double *values, int64_t length);

/* What was measured of a group that a group of bt_network_add_measured reads, sum T x size, NaN where not known; NULL with
 * length 0 for what the data say: of an output its desired values, whatever their gains. Copied; bt_estimator_set_data
 * forgets it. */
bt_status bt_estimator_set_measured(bt_estimator *estimator, int64_t group, const double *values, int64_t length);

/* ---- Estimation: what is asked ----------------------------------------------------------------------------------- */

/* L = [sum kappa rho(x, o) + regularisation] / sum kappa, e = x - o, nu a scale that follows the errors (option nu):
 *   least-squares (2)   e^2/2, the default
 *   l1 (1)              |e| - nu log(1 + |e|/nu), by reweighting
 *   l0 (0)              1/2 log(1 + e^2/nu), by reweighting
 *   huber (a)           e^2/(2 nu) if |e| < nu, else |e| - nu/2
 *   biweight (b)        u^6 - 3 u^4 + 3 u^2 if |u| < 1, else 1; u = e/nu
 *   boolean (h)         x on the side of 1/2 where o is, by a margin nu (0.1): half the square of what lacks
 *   bernoulli           -o log x - (1 - o) log(1 - x) of probabilities x; o in [0, 1]
 *   poisson             x - o log x (+ o log o - o) of rates x; o >= 0
 *   cross-entropy       -o log x of softmax outputs; o >= 0
 *   observables         sum_k |lambda_k| |O_k - desired_k|, not divided: see bt_estimator_add_observable */
bt_status bt_estimator_set_criterion(bt_estimator *estimator, const char *name);
bt_status bt_estimator_get_criterion(const bt_estimator *estimator, char *buffer, int64_t capacity, int64_t *length);

/* Adds a regularisation to the cost; any number of them. Names that the network does not have are an error. `options`, a
 * JSON object, has its strength s and more:
 *   sparse-weights       2 s sum (|W| - eps log(1 + |W|/eps)), by reweighting: eps (1e-5), weights (names of arrays; by
 *                        default all connections between different nodes). At the end of a run weights below 1e-3 of the
 *                        largest of their array are fixed at 0 and the others re-estimated, in rounds of a tenth of the
 *                        iterations from half of them on, each kept if the cost grows by less than 1 %: remove (true),
 *                        and bt_estimator_removed. units: "weights" (by default), or "data": each weight times the
 *                        deviation of what it reads, over that of what it feeds
 *   ridge                s sum W^2: weights, units (as above)
 *   sparse-activity      2 s sum (|x| - eps log(1 + |x|/eps)), by reweighting: eps (0.01), groups (names; by default those
 *                        read at a lag of 1 or more)
 *   orthogonal-activity  s/2 sum_n sum_n' (sum_t x_n x_n')^2, n' not n: groups
 *   activity-bound       s sum exp(k (x - b)): bound b (1), steepness k (10; below 0 for a lower bound), groups */
bt_status bt_estimator_add_regularisation(bt_estimator *estimator, const char *name, const char *options);
bt_status bt_estimator_clear_regularisation(bt_estimator *estimator);

/* "auto" (the default), "gauss-newton" or "backward-tuning", the report's method. "auto" is Gauss-Newton, unless
 * observables or orthogonal activities have more than 200 residuals. */
bt_status bt_estimator_set_method(bt_estimator *estimator, const char *name);
bt_status bt_estimator_get_method(const bt_estimator *estimator, char *buffer, int64_t capacity, int64_t *length);

/* Numbers by name, for all steps and runs that follow; reading one back before setting it gives its default. Trace,
 * weights and stop reason stay as they are until then; cost, gradient and other calls that compute answer under what is
 * set now. The same holds for criterion, regularisation and data:
 *   max_iterations   limit of one run (300)
 *   tolerance        a run stops when the cost falls below this times its first cost, or times what the mean of the
 *                    desired values costs where that is less (1e-12)
 *   target           a run stops when the cost falls below this (0)
 *   restarts         draws of the weights that Gauss-Newton races besides the first, within the limit of iterations (not
 *                    with a nu that follows the errors); -1 (the default) for 7 where the weights are as
 *                    bt_network_randomize drew them, 0 where they were set
 *   dense            1: Gauss-Newton solves its steps by the matrix J^T J, 0: by conjugate gradients; -1 (the default):
 *                    by what costs less
 *   initial_states   1 or 0 (0): every sequence has a learnt initial state of its own
 *   nu               scale of the criterion; 0: automatic, of the errors at the start of each iteration (0)
 *   washout          first steps of every sequence that are not compared (0)
 *   static           1 or 0: only the last step of every sequence is compared (0)
 *   balanced         1 or 0 (0): desired values, errors and nu are taken in deviations of each output, so that outputs of
 *                    unequal units have an equal say
 *   horizon          of a network with groups of bt_network_add_measured: time is cut in blocks of so many steps; what a
 *                    block reads from before its start is measured, what it reads from inside is the network's own. 1: the
 *                    one-step predictor; INFINITY (the default): the free run. NaN where several are set
 *   guard            1 or 0: the guard on the adjoint, equation (5) (1)
 *   reestimation     1 or 0: the second-order variant on re-estimated states, footnote 7 (1) */
bt_status bt_estimator_set_option(bt_estimator *estimator, const char *name, double value);
bt_status bt_estimator_get_option(const bt_estimator *estimator, const char *name, double *value);

/* Several horizons together, 64 at most: the sequences are run once for each, the sums of the cost add, those of the gains
 * too. One is the option horizon. */
bt_status bt_estimator_set_horizons(bt_estimator *estimator, const double *values, int64_t length);

/* ---- Estimation: observables ------------------------------------------------------------------------------------- */

/* Adds an observable of the criterion "observables" (appendix E of RR-9100): the mean of omega over time, pooled over the
 * sequences, k being the number of an output.
 *   mean (k)                                    x_k(t)
 *   mean_at (k, t)                              x_k at that time, over the sequences that are longer
 *   product (k, k')                             x_k(t) x_k'(t)
 *   autocorrelation (k, tau)                    x_k(t) x_k(t - tau)
 *   normalised_autocorrelation (k, tau[, m, s]) (x_k(t) - m)(x_k(t - tau) - m)/s^2
 *   standardised_moment (k, power[, m, s])      ((x_k(t) - m)/s)^power
 * `desired` is its desired mean. NaN, or m and s left out: measured on the reference. An observable of one's own is the
 * mean of a firmware group that is observed. */
bt_status bt_estimator_add_observable(bt_estimator *estimator, const char *kind, const double *parameters,
                                      int64_t parameters_length, double desired);
bt_status bt_estimator_clear_observables(bt_estimator *estimator);
bt_status bt_estimator_observable_count(const bt_estimator *estimator, int64_t *count);

/* The reference: series of the outputs, of any lengths, sum T x O; NaN = missing. Without one it is the desired outputs of
 * the data, if there are any. */
bt_status bt_estimator_set_reference(bt_estimator *estimator, int64_t sequences, const int64_t *lengths,
                                     const double *values, int64_t values_length);

/* Samples of the outputs, as the reference, over which the Gibbs distribution with the desired means is fitted: its
 * parameters are lambda (footnote 32). Without samples every |lambda_k| is 1. */
bt_status bt_estimator_set_samples(bt_estimator *estimator, int64_t sequences, const int64_t *lengths,
                                   const double *values, int64_t values_length);

/* Means of the observables at the network's weights, the desired ones, and lambda. Each may be NULL. */
bt_status bt_estimator_observables(bt_estimator *estimator, double *means, double *desired, double *lambda,
                                   int64_t length);

/* KL divergence d(desired || present) of the outputs' distributions at the network's weights, both modelled as Gibbs
 * distributions over the samples (over the reference without them); NaN where these do not reach one of the two. */
bt_status bt_estimator_divergence(bt_estimator *estimator, double *divergence);

/* ---- Estimation: at work ----------------------------------------------------------------------------------------- */

/* One iteration of the method. `stop` (may be NULL) receives
 * BT_STOP_NONE, or why no further step can help. `callback` may be NULL. */
bt_status bt_estimator_step(bt_estimator *estimator, bt_callback callback, void *user_data, int32_t *stop);

/* Iterations until one of the stop reasons. */
bt_status bt_estimator_run(bt_estimator *estimator, bt_callback callback, void *user_data, int32_t *stop);

/* Why the last step or run stopped, one of BT_STOP_*. */
bt_status bt_estimator_stop_reason(const bt_estimator *estimator, int32_t *stop);

/* Cost, and NMSE = sum kappa e^2 / sum kappa (o - mean o)^2 (NaN for constant outputs), of the best weights. Either may
 * be NULL. */
bt_status bt_estimator_cost(bt_estimator *estimator, double *cost, double *nmse);

/* The same NMSE of every output (O values), NaN of a constant one, at the network's weights. */
bt_status bt_estimator_output_nmse(bt_estimator *estimator, double *nmse, int64_t length);

/* The best weights seen, in the network's flat order. */
bt_status bt_estimator_get_weights(const bt_estimator *estimator, double *weights, int64_t length);

/* The best initial states, sequences x flat state, as bt_simulate takes them, where the option initial_states is 1. */
bt_status bt_estimator_get_initial_states(const bt_estimator *estimator, double *values, int64_t length);

/* The outputs at the network's weights over the data, sum T x O, observed or not, from the initial states that were found
 * where the option initial_states is 1, with the (first) horizon: what the estimation compares with what is desired. */
bt_status bt_estimator_simulate(bt_estimator *estimator, double *outputs, int64_t length);

/* Which weights of an array (1, else 0) a sparse estimation took away: they are fixed at 0 in the network. */
bt_status bt_estimator_removed(const bt_estimator *estimator, const char *name, uint8_t *removed, int64_t length);

/* Cost and its derivative by every adjustable weight at the network's weights, without guard. Either may be NULL. */
bt_status bt_estimator_gradient(bt_estimator *estimator, double *cost, double *gradient, int64_t length);

/* What else there is to know of the estimation: texts, each of one of the kinds BT_NOTE_* (`kind` may be NULL). */
bt_status bt_estimator_note_count(const bt_estimator *estimator, int64_t *count);
bt_status bt_estimator_note(const bt_estimator *estimator, int64_t index, int32_t *kind, char *buffer,
                            int64_t capacity, int64_t *length);

/* How far a network predicts whose free run was asked for (a horizon of infinity, measured groups), and cannot stay with
 * the data since trajectories part, as those of chaotic systems do: its free-run error says nothing of it then.
 * `one_step_nmse`: NMSE of the predictions one step ahead; `horizon`: the number of steps ahead for which their error, the
 * root of the mean square over many starts, stays within half a deviation (half of the longest sequence at most). Of those
 * whose NMSE in free run is above 0.1, if that one step ahead is below 0.05 and ten times less, and small changes of what
 * was measured grow threefold in the predictions; NaN and 0 otherwise. Either may be NULL. The first tells what the last
 * run found at its end, which takes some simulations; the second looks at the network's weights as they are. */
bt_status bt_estimator_parting(const bt_estimator *estimator, double *one_step_nmse, int64_t *horizon);
bt_status bt_estimator_find_parting(bt_estimator *estimator, double *one_step_nmse, int64_t *horizon);

/* ---- Trace ------------------------------------------------------------------------------------------------------- */

/* The trace: one value per entry. Entry 0 is the start, entry k the end of iteration k. Columns:
 *   cost, nmse   of the best weights
 *   penalty      the part of the regularisation in the cost
 *   nu           the scale of the criterion, 0 where it has none; costs are comparable under one nu
 *   first_cost   the cost of the start under that nu
 *   order        3 weights taken away, 2 second, 1 first, 0 none (the start; a step that found nothing better), -1 rescue of
 *                a diverging start
 *   variant      second order: 1, 2, 3 of the report's method, 4 Gauss-Newton; first order: the momentum k; else 0
 *   step         the best alpha of the line search
 *   raised, saturated   fractions of the adjoint values that the guard raised, saturated
 *   simulations  run in that iteration
 *   seconds      since the start, of computing */
bt_status bt_estimator_trace_length(const bt_estimator *estimator, int64_t *length);
bt_status bt_estimator_trace(const bt_estimator *estimator, const char *column, double *values, int64_t length);

/* How far the draws of a race spread: the cost at which each of them stands, best first, as the trace gives costs;
 * infinite where a draw diverges. The first draw alone where it was good enough; none without a race (option restarts). */
bt_status bt_estimator_restart_count(const bt_estimator *estimator, int64_t *count);
bt_status bt_estimator_restarts(const bt_estimator *estimator, double *costs, int64_t length);

/* Fit of costs(t) = alpha exp(-t/tau) + beta (footnote 9): decay time tau in iterations, final bias beta and amplitude
 * alpha, NaN where undefined; each may be NULL. window = 0: the length. Values that are not finite are skipped. */
bt_status bt_decay_fit(const double *costs, int64_t length, int64_t window, double *decay_time, double *final_bias,
                       double *amplitude);

/* ---- Uncertainty ------------------------------------------------------------------------------------------------- */

/* How well the data determine the adjustable weights, P of them in the flat order, at the network's weights:
 *   covariance  s^2 (J^T W J + D)^+, P x P (NULL with length 0: not wanted): J the derivative of the observed values, W
 *               their gains (the weights of the criterion's majorising quadratic), D the regularisation's curvature. Rows
 *               of weights that the data leave undetermined are finite: their variance while what is undetermined stands
 *               still; a combination that is determined has its variance c^T covariance c
 *   errors      standard errors: infinite of undetermined weights, 0 of weights held at a bound
 *   freedom     how undetermined each weight is, 0 determined .. 1 free: the length of its projection on the combinations
 *               that move the outputs by less than 1e-12 of what others do, in units in which all weights move the outputs
 *               alike. Undetermined means more than 1e-3. -1: held at a bound that the cost would have it cross, and taken
 *               as fixed
 *   noise       s, s^2 = sum w e^2 / (n - rank): standard deviation of a value of gain 1; NaN, with the covariance, where
 *               there are not more observed values n than that. Cross-entropy,
 *               bernoulli, poisson: 1, W is Fisher's information
 *   rank        determined combinations of weights, and of initial states where each sequence has its own
 * `errors` and `freedom` have `length` P. Each may be NULL. BT_ERROR_STATE where the simulation diverges. */
bt_status bt_estimator_uncertainty(bt_estimator *estimator, double *covariance, int64_t covariance_length,
                                   double *errors, double *freedom, int64_t length, double *noise, int64_t *rank);

/* Finds what the calls of this family give and keeps it until something is estimated: they then only copy. `callback` (may
 * be NULL) is polled; where it stops the work `stop` (may be NULL) receives BT_STOP_CALLBACK and nothing has changed, otherwise
 * BT_STOP_NONE. */
bt_status bt_estimator_find_uncertainty(bt_estimator *estimator, bt_callback callback, void *user_data, int32_t *stop);

/* The standard deviation of every output at every time step of the data, observed or not (sum T x O), that comes from the
 * uncertainty of the weights: sqrt(j covariance j^T), j = dx/dW. Infinite where it depends on what is undetermined. */
bt_status bt_estimator_prediction_deviation(bt_estimator *estimator, double *deviation, int64_t length);

/* The outputs on the data at the network's weights, sum T x O, from the initial states that were found where each sequence
 * has its own; and for each output the standard deviation of the errors that remain, of a value of the median gain of that
 * output (`noise`, O values). Each may be NULL with length 0. */
bt_status bt_estimator_fitted_outputs(bt_estimator *estimator, double *outputs, int64_t outputs_length, double *noise,
                                      int64_t noise_length);

/* What is unsure about the weights, for bt_uncertainty_predict: `count` independent combinations of the P weights.
 *   directions  count x P: j . direction is what an output of the derivative j = dx/dW moves along a combination
 *   deviations  standard deviation of each: infinite where it is undetermined; NaN where the noise is not known */
bt_status bt_estimator_combination_count(bt_estimator *estimator, int64_t *count);
bt_status bt_estimator_combinations(bt_estimator *estimator, double *directions, int64_t directions_length,
                                    double *deviations, int64_t length);

/* Outputs of other sequences and how sure they are: simulates as bt_simulate, and gives the standard deviation of every
 * output at every time step that comes from the weights (`outputs` and `deviation`, `length` sum T x O each). An initial
 * state that is given is sure, one that the network learnt is not. `callback` is polled with a NULL estimator, as in
 * bt_estimator_find_uncertainty; where it stops the work nothing is written. */
bt_status bt_uncertainty_predict(const bt_network *network, int64_t sequences, const int64_t *lengths,
                                 const double *inputs, int64_t inputs_length, const double *initial,
                                 int64_t initial_length, const double *directions, int64_t directions_length,
                                 const double *deviations, int64_t count, double *outputs, double *deviation,
                                 int64_t length, bt_callback callback, void *user_data, int32_t *stop);

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

/* A network run step by step, its state kept in between, for control loops and signals: outputs are those of bt_simulate
 * over the whole sequence, to the bit, however the steps are cut.
 *
 *   bt_network_load("model.json", &network);
 *   bt_stream_create(network, NULL, 0, &stream);
 *   bt_network_free(network);
 *   for each sample: bt_stream_step(stream, u, M, NULL, 0, y, O);
 *
 * A stream keeps what it needs: its network may be freed. While that lives, weights (and what is before t = 0) that are set
 * in it, or found by an estimation (its best ones, with every iteration), count from the next step on; the state stays. The
 * thread that changes them prepares them; the one that steps never waits. A change of groups, connections or outputs is
 * refused by the steps that follow, with BT_ERROR_NETWORK.
 *
 * Real time.  Calls of bt_stream_step, _run (of up to 2^20 steps), _get_state, _set_state and _reset that succeed allocate no
 *             memory, take no lock and make no system call, whatever other threads do with other handles; those that fail
 *             may, for the sake of the message. A step takes as long as any other.
 * Threads.    One at a time: a call while another one of the same stream is under way answers BT_ERROR_BUSY at once. Each
 *             runs on the calling thread alone. */

/* A stream that begins at the flat state `initial`; with NULL and length 0 at that of the network: zero, or what is learnt,
 * the inputs at rest. */
bt_status bt_stream_create(const bt_network *network, const double *initial, int64_t initial_length,
                           bt_stream **stream);

/* Gives its memory back: not for a real-time thread. */
bt_status bt_stream_free(bt_stream *stream);

/* Goes on by one time step.
 *   inputs    M, finite
 *   measured  what is measured of the outputs at this step, O, NaN where not known: groups added by
 *             bt_network_add_measured read it from the next step on, at once where it stands for an input at lag 0. NULL with
 *             length 0 for nothing
 *   outputs   O, or NULL with length 0
 * A network that diverges gives the outputs that are infinite or NaN once; if its state is so too, steps answer
 * BT_ERROR_STATE until bt_stream_reset or bt_stream_set_state. Nothing has happened after an error. */
bt_status bt_stream_step(bt_stream *stream, const double *inputs, int64_t inputs_length, const double *measured,
                         int64_t measured_length, double *outputs, int64_t outputs_length);

/* What is measured, at the next step, of a group of which measurements are read, in place of `measured` there: as many values
 * as it has nodes, NaN where not known, none infinite. */
bt_status bt_stream_set_measured(bt_stream *stream, int64_t group, const double *values, int64_t length);

/* Goes on by several time steps: inputs T x M, measured and outputs T x O. What diverges on the way is no error. */
bt_status bt_stream_run(bt_stream *stream, int64_t steps, const double *inputs, int64_t inputs_length,
                        const double *measured, int64_t measured_length, double *outputs, int64_t outputs_length);

/* The flat state before the next step, of bt_network_state_size values, as bt_simulate takes and returns it. */
bt_status bt_stream_get_state(bt_stream *stream, double *state, int64_t length);

/* Goes on from a flat state; from one that is infinite or NaN, as a network that diverged has it, steps are refused. */
bt_status bt_stream_set_state(bt_stream *stream, const double *state, int64_t length);

/* Goes back to the initial state: the one given, else that of the network by now. */
bt_status bt_stream_reset(bt_stream *stream);

/* ---- Export ------------------------------------------------------------------------------------------------------ */

/* Writes the network for other programs, in files or, where `path` is NULL, as one text or file in `buffer`.
 *   format     "c", "fmu", "onnx", or NULL: the one that the suffix of the path says
 *   path       of the first file; those beside it have the same name with other suffixes. All are written whole or none is
 *   options    a JSON object or NULL. Of any format: input_mean, input_scale, output_mean, output_scale, lists of a value a
 *              channel each, where the network reads and gives (w - mean) / scale of what its user calls w. Of "c":
 *              precision ("double"; "float"), prefix, what the names of all functions begin with (the name of the file;
 *              "model"). Of "fmu": version of FMI ("3.0"; "2.0"). Of "onnx": precision; form ("scan"; "step", one time step;
 *              "rnn", nodes RNN, LSTM and GRU, in float); batch (false; true: sequences side by side); streaming (false; true:
 *              the state comes and goes)
 *   buffer     as of calls that return text, of bytes that may be zero in some formats; NULL with capacity 0 with a path
 * "c" is C99, a source and a header: PREFIX_init(&state), PREFIX_step(&state, u, y), or (&state, u, measured, y) where the
 * network has measured groups; they need math.h alone, and their outputs are those of a stream to rounding. "onnx" is ONNX,
 * opset 17: u (T, M) to y (T, O). "fmu" is a unit for co-simulation, with sources and a binary for Linux. Groups that no
 * output depends on are left out.
 * BT_ERROR_NETWORK for what a format cannot say of a network. */
bt_status bt_network_export(const bt_network *network, const char *format, const char *path, const char *options,
                            char *buffer, int64_t capacity, int64_t *length);

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

/* How many threads work on a call, the calling one among them: 1 to 1024, in the whole process, from the next call on; 0
 * makes it again the default. The results are the same with any number, to the bit. */
bt_status bt_set_threads(int64_t threads);
bt_status bt_get_threads(int64_t *threads);

/* ---- Data larger than memory ------------------------------------------------------------------------------------- */

/* Writes sequence number `sequence`, the same values whenever it is asked: `inputs` (T x M, finite), `desired` (T x O, NaN =
 * not observed) and `gains` (T x O, finite, 0 or more), T being the length that was announced; the last two are NULL where
 * none were announced. Returns 0, or anything else where it failed: see bt_estimator_set_loader. */
typedef int32_t (*bt_loader)(int64_t sequence, double *inputs, double *desired, double *gains, void *user_data);

/* Sets sequences that are not in memory, in place of bt_estimator_set_data: `loader` is asked for each of them whenever it is
 * worked on, so that memory is that of as many shards (up to 16 sequences of similar length side by side) as there are
 * threads, with all states of their sequences. All else is as if they were in memory, to the bit.
 *   Passes     This call asks for each of `sequences` (1 or more) three times, for the moments of the data. A cost takes one
 *              pass more, a gradient two, an iteration of Gauss-Newton one or two for the matrix, one for each trial and two
 *              for each correction; nu that follows the errors, and other medians, some.
 *   Calls      come on the calling thread, never two at a time. Calls that change the estimator or its network answer
 *              BT_ERROR_BUSY meanwhile.
 *   Failure    Where it returns other than 0, or writes what is not allowed, the call ends with BT_ERROR_LOADER, or
 *              BT_ERROR_ARGUMENT; the network has the best weights seen, and a later call asks again.
 * Not with it, each an error that says so: groups that are measured, several horizons, observables, orthogonal activities, the
 * options reestimation 1 with backward tuning and dense 0, uncertainty, fitted outputs. Draws of a race come one by one. */
bt_status bt_estimator_set_loader(bt_estimator *estimator, int64_t sequences, const int64_t *lengths, int32_t has_desired,
                                  int32_t has_gains, bt_loader loader, void *user_data);

/* ---- Several processes ------------------------------------------------------------------------------------------- */

/* Operations of a reduction. */
enum {
  BT_SUM = 0,
  BT_MIN = 1,
  BT_MAX = 2
};

/* Replaces `count` values (1 or more) by what all processes make of theirs, value by value: their sum, their least or their
 * largest, the same bits in every process, as MPI_Allreduce does. Infinite and NaN values come too. Returns 0, or anything else
 * where it failed: see bt_estimator_set_reduction. */
typedef int32_t (*bt_reduction)(double *values, int64_t count, int32_t operation, void *user_data);

/* Spreads an estimation over several processes: each has an estimator of its own, for the same network with the same weights,
 * criterion and options, and sequences of its own, which never leave it. `rank` is the number of this one, 0 to
 * `ranks` - 1. What all have in common goes through `reduction`: sums over sequences (costs, gradients, matrices of the
 * weights, counts, moments of the data), and decisions. NULL: this process alone, the default (`rank` and `ranks` are ignored).
 *   Order      Call it before bt_estimator_set_data, which then takes 0 sequences too, and sequences without an observed
 *              value, as long as some process has one.
 *   Together   Then every call that computes (step, run, cost, output_nmse, gradient, observables, uncertainty and what
 *              comes with it, find_parting) is made by all processes, in the same order with the same arguments; each
 *              answers the same, but for values by sequence (prediction_deviation, fitted_outputs, simulate), which are of
 *              its own. That they agree in weights, bounds and options is checked when a run or step begins: else
 *              BT_ERROR_PROCESSES.
 *   Calls      of `reduction` come on the calling thread, in a fixed order, the same in all processes: never two at a time.
 *              Calls that change the estimator or its network answer BT_ERROR_BUSY meanwhile.
 *   Failure    Where it returns other than 0 the call ends with BT_ERROR_PROCESSES, and so do later ones until it is set
 *              again; the network has the best weights seen. Where a call fails in one process alone (memory, an argument)
 *              others wait for it in a reduction: end them, as MPI_Abort does.
 *   Stopping   What a bt_callback returns in any process stops all, with the same best weights, after the simulation, or sum,
 *              at hand; that of bt_set_poll, the same call in all.
 *   Result     The same bits for the same shares of the data, whatever the number of threads; between different shares sums
 *              differ by rounding (1e-13 of them), which iterations may enlarge.
 *   Own        The option initial_states 1: each process learns those of its sequences, and keeps them.
 * Not spread, each an error that says so: the option initial_states 1 with backward tuning, the option dense 0, observables,
 * orthogonal activities or uncertainty; the criterion observables without a reference (its re-estimation of states is left
 * out). Draws of a race come one by one. */
bt_status bt_estimator_set_reduction(bt_estimator *estimator, bt_reduction reduction, void *user_data, int64_t rank,
                                     int64_t ranks);

/* ---- Random numbers ---------------------------------------------------------------------------------------------- */

/* Numbers from the engine's generator: normal (mean 0, deviation 1) or uniform in [0, 1). `stream` names one of many
 * independent streams of a seed. */
bt_status bt_random_normal(uint64_t seed, const char *stream, double *values, int64_t length);
bt_status bt_random_uniform(uint64_t seed, const char *stream, double *values, int64_t length);

#ifdef __cplusplus
}
#endif

#endif
