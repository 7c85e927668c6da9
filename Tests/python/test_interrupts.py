"""Ctrl-C at random moments of all that takes long: it ends at once, the best weights are kept.

BACKTUNE_TEST_INTERRUPTS of them, in turn of every kind of work; by default a few of a few kinds.
BACKTUNE_TEST_SHOW tells how long they took to answer.
"""

import os
import random
import time

import interrupt_cases
import numpy as np
import pytest

COUNT = os.environ.get("BACKTUNE_TEST_INTERRUPTS")
#: Seconds to an answer; where others use the processors, more may be needed.
LIMIT = float(os.environ.get("BACKTUNE_TEST_ANSWER", 2))
#: What is run by default: the others take longer to prepare.
FEW = {"uncertainty", "simulate"}
#: Calls of the engine that take no callback: they end at their end.
AT_THE_END = {"export", "save"}
LONGEST = 8.0


def moments(case, count, draws):
    """Interrupt a case so many times; return how long it took to answer."""
    begin = time.perf_counter()
    first = interrupt_cases.interrupt(case, LONGEST if COUNT else 0.5)
    lasts = time.perf_counter() - begin
    answers = [] if first is None else [first]
    for _ in range(100 * count):
        if len(answers) >= count:
            break
        answer = interrupt_cases.interrupt(case, draws.uniform(0, lasts))
        answers += [] if answer is None else [answer]
    assert len(answers) >= count
    return answers


@pytest.mark.parametrize(
    "make", interrupt_cases.CASES, ids=[case.__name__ for case in interrupt_cases.CASES]
)
def test_interrupts(make):
    name = make.__name__
    if COUNT is None and name not in FEW:
        pytest.skip("BACKTUNE_TEST_INTERRUPTS")
    each = 2 if COUNT is None else max(int(COUNT) // len(interrupt_cases.CASES), 1)
    answers = np.array(moments(make(), each, random.Random(name)))
    if "BACKTUNE_TEST_SHOW" in os.environ:
        median, most = np.median(answers), answers.max()
        high = np.quantile(answers, 0.99)
        print(f"\n{name}: {len(answers)}, median {median:.3f}, 99 % {high:.3f}, most {most:.3f} s")
    if name not in AT_THE_END:
        assert answers.max() < LIMIT
