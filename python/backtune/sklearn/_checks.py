"""scikit-learn's checks of estimators that do not hold where the order of rows is time."""

_ORDER = "rows are time steps: an output depends on the rows before it"
_WEIGHTS = "rows are time steps: leaving one out, or repeating one, changes what follows"

#: Name of a check -> why it cannot hold; what `check_estimator` takes as expected_failed_checks.
EXPECTED_FAILED_CHECKS = {
    "check_fit1d": "a series (T,) is one channel",
    "check_methods_sample_order_invariance": _ORDER,
    "check_methods_subset_invariance": _ORDER,
    "check_sample_weight_equivalence_on_dense_data": _WEIGHTS,
}

# Before scikit-learn 1.6 weights of zero and repeated rows had names of their own.
_OLDER = {
    "check_sample_weights_invariance": _WEIGHTS,
    "check_sample_weight_equivalence": _WEIGHTS,
}
TAG_OF_FAILED_CHECKS = {**EXPECTED_FAILED_CHECKS, **_OLDER}
