"""What is shown of identified models and their reports, and other rows of a report as the model."""

import re
from xml.etree import ElementTree

import backtune as bt
import numpy as np
import pytest
from backtune.identification import IdentificationReport
from conftest import same
from identified_cases import Y_SCALE, arx, late_front, model_of, record, state_space, trial


def parsed(html):
    """Return HTML as a tree, which it is only if all text is escaped and all tags end."""
    return ElementTree.fromstring(html)


def cells(row):
    return ["".join(cell.itertext()) for cell in row]


def test_report_as_html():
    trials = [trial(0.1 * (k + 1), order=k) for k in range(20)]
    trials[3] = trial(0.4, order=3, hidden=2, layer="tanh", chosen=True, weight=1.0)
    trials[15:] = [trial(1.6, order=9, hidden=4, layer="tanh", crossed=0.25)] * 5
    report = IdentificationReport(
        trials, 2.5, 0.03, findings=["input '<u>' & more"], interrupted="Ctrl-C"
    )
    tree = parsed(report._repr_html_())
    rows = tree.findall("table/tbody/tr")
    assert [cells(row)[0] for row in rows] == [
        *("0", "1", "2", "3 (chosen)"),
        *map(str, range(4, 15)),
    ]
    head = cells(tree.find("table/thead/tr"))
    shown = dict(zip(head, cells(rows[3])))
    assert shown == {"row": "3 (chosen)", "order": "3", "hidden": "2", "kind": "output error"} | {
        "validation": "0.4",
        "weight": "1",
    }
    others = tree.find("details/table")
    shown = dict(zip(cells(others.find("thead/tr")), cells(others.findall("tbody/tr")[3])))
    assert (shown["layer"], shown["crossed"], shown["ridge"]) == ("tanh", "", "1e-08")
    assert "bold" in rows[3].get("style") and rows[0].get("style") is None
    notes = cells(tree.find("ul"))
    assert notes[0] == "and 5 more rows" and notes[1] == "refitted: NMSE 0.03 on the record; 2.5 s"
    assert notes[2:] == ["input '<u>' & more", "ended early: Ctrl-C"]
    for row in ("  3     3      2", " 14    14      0"):
        assert f"\n{row}" in repr(report)


def test_report_as_table():
    pytest.importorskip("pandas")
    report = IdentificationReport([trial(0.2, crossed=0.3), trial(0.1, chosen=True)])
    table = report.to_frame()
    assert table.index.name == "row" and list(table["validation"]) == [0.1, 0.2]
    assert list(table["chosen"]) == [True, False]
    assert np.isnan(table["crossed"][0]) and table["crossed"][1] == 0.3
    assert list(table.columns[:3]) == ["order", "hidden", "draw"]
    assert len(IdentificationReport().to_frame()) == 0


def test_model_as_html():
    labels = {
        "input_names": ["q<1>"],
        "output_names": ["level"],
        "output_units": ["m"],
        "sampling_time": 0.5,
    }
    member = state_space(front=late_front())
    errors = np.array([[0.1], [0.2], [0.3], [0.4]])
    tree = parsed(model_of([member], errors=errors, **labels)._repr_html_())
    notes = cells(tree.find("ul"))
    assert notes == ["outputs: level [m]", "inputs: q<1> (3 steps late)", "time step: 0.5 s"]
    table = tree.find("table")
    assert cells(table.find("thead/tr")) == ["steps ahead", "level [m]"]
    assert [cells(row) for row in table.findall("tbody/tr")] == [
        *(["1", "0.1"], ["5", "0.2"], ["20", "0.3"], ["free run", "0.4"])
    ]
    assert "1 candidates" in "".join(tree.find("details/summary").itertext())
    assert "dead time of input 0: <3> steps & more" in "".join(tree.itertext())


def test_another_row_as_the_model():
    u, y, _ = record(120)
    first, second = state_space(), arx(a=0.5)
    model = model_of([first], u, candidates={0: first})
    with pytest.raises(bt.ArgumentError, match="row: 2 came, .*: 0$"):
        model.with_candidate(2)
    with pytest.raises(TypeError, match="row"):
        model.with_candidate("0")
    with pytest.raises(bt.ArgumentError, match="whole record: none"):
        model_of([first]).with_candidate(0)
    model = model_of([first, second], u, candidates={0: first, 1: second})
    other = model.with_candidate(1)
    assert other.members == [second] and other.linear is model.linear
    assert same(other.predict(u, y), model_of([second], u).predict(u, y))
    assert not same(other.simulate(u), model.simulate(u))
    assert [t.chosen for t in other.report] == [False, True]
    assert [t.weight for t in other.report] == [0, 1]
    assert other.report.persistence == model.report.persistence
    assert np.isnan(other.report.training) and "NMSE unknown" in repr(other.report)
    assert "row 1 was chosen by with_candidate" in repr(other.report)
    # Errors are those of its scores; what did not take part ahead of time runs freely.
    assert np.allclose(other.errors[:, 0], Y_SCALE * np.sqrt(np.exp(second.scores)))
    again = other.with_candidate(0)
    assert np.allclose(again.errors, Y_SCALE * np.sqrt(np.exp(first.scores[-1])))
    assert again.report.chosen is again.report[0] and again.members == [first]
    # The model that it came of is as it was.
    assert [t.chosen for t in model.report].count(True) == 1 and len(model.members) == 2


def test_names_of_files_and_html_of_a_fitted_model():
    u, y, _ = record(160, noise=0.02)
    model = bt.identify(u, y, max_order=1, progress=False)
    assert re.search(r"row order .*\n  0 ", repr(model.report))
    text = "".join(parsed(model._repr_html_()).itertext())
    assert "(chosen)" in text and "free run" in text
