"""
Sequences told apart, with scikit-learn
=======================================

Two kinds of sawtooth under noise, of unequal lengths: one rises slowly and falls at once, the
other the reverse. `RecurrentClassifier` takes lists of sequences, and works in pipelines and
searches.
"""

import backtune as bt
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(0)


def draw():
    """Return a sequence and its kind."""
    kind = rng.choice(["rises slowly", "falls slowly"])
    phase = (np.arange(rng.integers(30, 50)) / 8 + rng.uniform()) % 1
    tooth = phase if kind == "rises slowly" else 1 - phase
    return (tooth - 0.5 + 0.15 * rng.normal(size=tooth.size)).reshape(-1, 1), kind


sequences, kinds = zip(*[draw() for _ in range(160)])
model = bt.RecurrentClassifier(units=4, max_iter=40)
model.fit(list(sequences[:80]), kinds[:80])
print("right:", model.score(list(sequences[80:]), kinds[80:]))

# %%
probability = model.predict_proba(list(sequences[80:]))[:, 1]
kind = np.array(kinds[80:])
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for name in model.classes_:
    left.plot(sequences[80:][list(kind).index(name)], ".-", label=name)
    right.hist(probability[kind == name], bins=np.linspace(0, 1, 21), alpha=0.7)
left.set(xlabel="time step", ylabel="value")
right.set(xlabel=f"probability of '{model.classes_[1]}'", ylabel="new sequences")
fig.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
