"""Who said it? Nine speakers told by one vowel, with scikit-learn.

Sequences of 7 to 29 frames of 12 cepstrum coefficients, 270 to train on and 370 to test
("Japanese vowels", M. Kudo, J. Toyama, M. Shimbo, 1999). Unit and ridge are chosen by
cross-validation within the training sequences; no test sequence enters any choice. The data are
read where they are, and are not part of this project.

Usage: python examples/japanese_vowels.py [--data ../shared/data/real]
"""

import argparse
import time
from pathlib import Path

import backtune as bt
import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedKFold

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "real"


def load(path, split):
    """Return the sequences of a split, and their speakers."""
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf8")
    table = table[table["split"] == split]
    frames = np.column_stack([table[f"u{k}"] for k in range(1, 13)])
    _, first = np.unique(table["seq"], return_index=True)
    return np.split(frames, first[1:]), table["y1"][first]


def main():
    """Choose, fit, and print the accuracy on the test sequences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    path = arguments.data / "japanese_vowels.csv"
    if not path.is_file():
        print(f"no data in {arguments.data}: japanese_vowels.csv; see --data")
        return
    X, y = load(path, "train")
    began = time.perf_counter()
    search = GridSearchCV(
        bt.RecurrentClassifier(units=4, max_iter=30),
        {"unit": ["lnl", "gru"], "alpha": [1e-3, 1e-2]},
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        n_jobs=arguments.jobs,
    ).fit(X, y)
    for parameters, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"]
    ):
        print(f"{parameters}: {score:.3f} by cross-validation")
    X, y = load(path, "test")
    wrong = int((search.predict(X) != y).sum())
    print(
        f"chosen {search.best_params_}: {wrong} of {len(y)} test sequences wrong, accuracy"
        f" {1 - wrong / len(y):.3f}; {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
