/* Checks that count, and say what failed and where. Every test program ends with `return check_report();`. */
#ifndef CHECK_H
#define CHECK_H

#include <backtune.h>
#include <stddef.h>

#define CHECK(condition) check_true((condition) ? 1 : 0, __FILE__, __LINE__, #condition)

/* The call answers BT_OK. */
#define CHECK_OK(call) check_status((call), BT_OK, NULL, __FILE__, __LINE__, #call)

/* The call fails with this status, and bt_last_error() holds each of the pieces between the bars of `pieces`. */
#define CHECK_ERROR(call, status, pieces) check_status((call), (status), (pieces), __FILE__, __LINE__, #call)

/* Numbers equal up to a relative or absolute difference of `precision`. */
#define CHECK_CLOSE(a, b, precision) check_close((a), (b), (precision), __FILE__, __LINE__, #a " = " #b)

int check_true(int condition, const char *file, int line, const char *text);
int check_status(bt_status got, bt_status expected, const char *pieces, const char *file, int line, const char *text);
int check_close(double a, double b, double precision, const char *file, int line, const char *text);

/* What the checks that follow are about, shown with a failure (not copied). */
void check_about(const char *text);

/* "N passed, N failed"; the exit status of the program. */
int check_report(void);

/* For a forked child: forgets what its parent counted; ends it, with a status that says whether its checks failed. */
void check_begin_child(void);
void check_end_child(void);

/* Waits for a child, which must end by check_end_child without failures. */
void check_child(long pid, const char *what);

#endif
