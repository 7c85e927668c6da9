/* The few LAPACK routines that the engine calls (Fortran symbols, column-major), linked into it; they call the BLAS of
 * BacktuneNumerics. */
#ifndef BACKTUNE_CLAPACK_H
#define BACKTUNE_CLAPACK_H

/* Eigenvalues and eigenvectors of a symmetric matrix, divide and conquer */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

/* QR factors of [R; B], R upper triangular, written over R: a panel of columns, whose reflections I - V T V^T come over B
 * (V) and T; the last l rows of B are upper trapezoidal */
void dtpqrt2_(const int *m, const int *n, const int *l, double *a, const int *lda, double *b, const int *ldb, double *t,
              const int *ldt, int *info);

/* Such reflections, or their transpose, of further columns [A; B] */
void dtprfb_(const char *side, const char *trans, const char *direct, const char *storev, const int *m, const int *n,
             const int *k, const int *l, const double *v, const int *ldv, const double *t, const int *ldt, double *a,
             const int *lda, double *b, const int *ldb, double *work, const int *ldwork);

/* Singular values and vectors of a general matrix, divide and conquer */
void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
             const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info);

/* Eigenvalues, and eigenvectors if wanted, of a general matrix */
void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda, double *wr, double *wi,
            double *vl, const int *ldvl, double *vr, const int *ldvr, double *work, const int *lwork, int *info);

#endif
