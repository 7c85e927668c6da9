"""Weights from sequences: the estimator, what it minimises, what it reports, how sure it is."""
