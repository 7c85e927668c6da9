"""Labels of the classifier: columns, one-hot rows, missing ones, mixtures."""

import backtune as bt
import numpy as np
import pytest
from conftest import same
from sklearn_cases import walks

pytest.importorskip("sklearn")

from backtune.sklearn import RecurrentClassifier
from sklearn.exceptions import DataConversionWarning


def fit(X, y):
    return RecurrentClassifier(2, max_iter=3).fit(X, y)


X = np.random.default_rng(0).normal(size=(60, 1))
CODES = np.arange(60) % 3


def test_columns_are_labels():
    flat = fit(X, CODES)
    with pytest.warns(DataConversionWarning, match="ravel"):
        column = fit(X, CODES[:, None])
    assert same(flat.predict_proba(X), column.predict_proba(X))
    sequences, labels = walks(20)
    flat = fit(sequences, labels)
    given = labels[:, None]
    with pytest.warns(DataConversionWarning, match="ravel"):
        column = fit(sequences, given)
    assert column.per_sequence_ and column.classes_.tolist() == ["down", "up"]
    assert same(flat.predict_proba(sequences), column.predict_proba(sequences))
    with pytest.warns(DataConversionWarning, match="ravel"):
        assert column.score(sequences, given) == flat.score(sequences, labels)
    steps = [np.full((len(item), 1), label) for item, label in zip(sequences, labels)]
    with pytest.warns(DataConversionWarning, match="ravel"):
        column = fit(sequences, steps)
    flat = fit(sequences, [item[:, 0] for item in steps])
    assert not column.per_sequence_
    for one, other in zip(flat.predict_proba(sequences), column.predict_proba(sequences)):
        assert same(one, other)


def test_labels_given_as_objects():
    flat = fit(X, CODES)
    for given in (CODES.astype(object), CODES.tolist(), tuple(CODES)):
        model = fit(X, given)
        assert model.classes_.tolist() == [0, 1, 2]
        assert same(model.predict_proba(X), flat.predict_proba(X))
    assert fit(X, np.where(CODES > 0, "a", "b").astype(object)).classes_.tolist() == ["a", "b"]


def changed(place, item):
    labels = CODES.tolist()
    labels[place] = item
    return labels


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.eye(3)[CODES], r"y: one-hot rows of shape \(60, 3\) came.* y.argmax\(axis=1\)"),
        (np.eye(3, dtype=bool)[CODES], r"y: one-hot rows of shape \(60, 3\) came"),
        (np.zeros((60, 2)), r"y: shape \(60, 2\) came.* one label for each row"),
        (changed(7, None), r"y\[7\]: None came.*expected a label, texts, or whole numbers"),
        (changed(7, np.nan), r"y\[7\]: nan came.*sample_weight=0"),
        (np.array(changed(5, np.nan)), r"y\[5\]: nan came"),
        (np.array(changed(5, None), dtype=object)[:, None], r"y\[5\]: None came"),
        (changed(3, "a"), "y: 'a' and 0 came among the labels, expected texts, or whole"),
        (np.array(changed(3, "a"), dtype=object), "y: 'a' and 0 came among the labels"),
        (np.linspace(0, 1, 60), "continuous"),
        (iter(CODES), "y: .*iterator"),
    ],
)
def test_what_is_no_label(y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fit(X, y)


def test_missing_labels_of_tables():
    pd = pytest.importorskip("pandas")
    texts = pd.Series(np.where(CODES > 0, "a", "b"))
    for series in (texts, texts.astype("string"), texts.astype("category")):
        assert fit(X, series).classes_.tolist() == ["a", "b"]
        series = series.copy()
        series[4] = None
        with pytest.raises(bt.ArgumentError, match=r"y\[4\]: .* came.*expected a label"):
            fit(X, series)


def test_what_is_no_label_of_sequences():
    sequences, labels = walks(20)
    codes = (labels == "up").astype(int)
    steps = [np.full(len(item), code) for item, code in zip(sequences, codes)]
    steps[2] = steps[2].astype(float)
    steps[2][1] = np.nan
    for y, message in (
        (np.eye(2)[codes], r"y: one-hot rows of shape \(20, 2\) came.* for each sequence"),
        ([None, *labels[1:]], r"y\[0\]: None came"),
        (["up", *codes[1:]], "y: 'up' and . came among the labels"),
        (steps, r"y\[2\]\[1\]: nan came"),
        ([steps[0].astype(str), *steps[:1], *steps[3:], steps[1]], "texts and numbers|labels, "),
        ([1, *steps[:2], *steps[3:]], r"y\[0\]: 1 came, expected labels of its"),
        ([np.eye(2)[item] for item in steps[:2]] * 10, r"y\[0\]: one-hot rows"),
    ):
        with pytest.raises(bt.ArgumentError, match=message):
            fit(sequences, y)
    same_length = [item[:5] for item in sequences]
    mixed = [np.zeros(5, int), np.full(5, "a"), *[np.ones(5, int)] * 18]
    with pytest.raises(bt.ArgumentError, match="texts and numbers among the labels"):
        fit(same_length, mixed)
