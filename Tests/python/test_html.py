"""Tables in HTML of weights, of their uncertainty, and of a summary."""

import re
from xml.etree import ElementTree

import backtune as bt
from backtune.display.html import coloured


def parsed(item):
    """Return HTML as a tree, which it is only if all text is escaped and all tags end."""
    return ElementTree.fromstring(item._repr_html_())


def texts(table):
    """Return the rows of a table, its head first."""
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_weights(net):
    net.weights.constrain("lnl.x1.g", fixed=[True, False, False])
    tree = parsed(net.weights)
    head, *rows = texts(tree.find("table"))
    assert head == ["weights", "nodes x sources", "free", "fixed", "least", "largest"]
    found = {row[0]: row[1:] for row in rows}
    assert list(found) == list(net.weights)
    values = net.weights["lnl.x2.W"]
    ends = [f"{values.min():.3g}", f"{values.max():.3g}"]
    assert found["lnl.x2.W"] == ["3 x 3", "9", "0", *ends]
    assert found["lnl.x1.g"][:3] == ["3", "2", "1"]
    assert tree[0].text == f"Weights, {sum(v.size for v in net.weights.values())} values"
    arrays = {item.find("summary").text: item for item in tree.findall("details/details")}
    assert list(arrays) == list(net.weights)
    drawn = texts(arrays["lnl.x2.W"].find("table"))
    assert drawn[1] == ["0", *(f"{value:.3g}" for value in values[0])]
    assert drawn[0] == ["", "0", "1", "2"] and len(drawn) == 4


def test_large_arrays_are_not_written_out():
    net = bt.lnl_network(13).randomize(1)
    arrays = parsed(net.weights).findall("details/details")
    assert arrays == [] and len(texts(parsed(net.weights).find("table"))) == len(net.weights) + 1
    assert len(texts(parsed(bt.Network(1).weights).find("table"))) == 1


def test_colours_of_weights():
    below, zero, above = (coloured(value, 2.0) for value in (-2.0, 0.0, 1.0))
    red, green, blue, depth = map(float, re.search(r"rgba\((.*?)\)", below)[1].split(","))
    assert blue > red and depth == 0.6
    red, green, blue, depth = map(float, re.search(r"rgba\((.*?)\)", above)[1].split(","))
    assert red > blue and depth == 0.3
    assert "0.00)" in zero and ">0<" in zero


def uncertain():
    u = bt.random.normal(300)
    net = bt.Network(1)
    net.state_space(1, hidden=0, outputs=1)
    net.weights["state_space.x.A"], net.weights["state_space.x.B"] = 0.8, 1
    net.weights["state_space.y.C"] = 0.5
    y = net.simulate(u) + 0.1 * bt.random.normal(300, 1)[:, None]
    est = bt.Estimator(net, u, y)
    est.run(progress=False)
    return net, est.uncertainty()


def test_uncertainty():
    net, sure = uncertain()
    tree = parsed(sure)
    assert tree[0].text == repr(sure)[1:-1]
    head, *rows = texts(tree.find("table"))
    assert head[0] == "weights" and head[2:] == [
        *("least error", "largest error", "undetermined", "held")
    ]
    found = {row[0]: row[1:] for row in rows}
    error = sure.standard_errors["state_space.x.A"].item()
    assert found["state_space.x.A"] == ["1", f"{error:.2g}", f"{error:.2g}", "", ""]
    # Only the product of B and C is known.
    assert found["state_space.x.B"] == ["1", "", "", "1", ""]
    single = texts(tree.find("details/table"))
    value = net.weights["state_space.x.A"].item()
    assert ["state_space.x.A[0, 0]", f"{value:.4g}", f"{error:.2g}"] in single
    assert [
        "state_space.x.B[0, 0]",
        f"{net.weights['state_space.x.B'].item():.4g}",
        "inf",
    ] in single


def test_many_weights_are_listed_in_part(problem):
    net = bt.lnl_network(15).randomize(1)
    _, u, y = problem
    tree = parsed(bt.Estimator(net, u, y).uncertainty())
    assert tree.find("details/summary").text == f"the first 200 of {255} weights one by one"
    assert len(texts(tree.find("details/table"))) == 201


def test_uncertainty_of_the_linear_model():
    _, sure = uncertain()
    found = sure.linear()
    tree = parsed(found)
    poles, gains = (texts(table) for table in tree.findall("table"))
    assert poles == [
        ["pole", "standard error"],
        [f"{found.poles[0].real:.4g}", f"{found.poles_error[0].real:.2g}"],
    ]
    assert gains[1] == ["0", "0", f"{found.gains[0, 0]:.4g}", f"{found.gains_error[0, 0]:.2g}"]
    assert "state_space.x.A" in "".join(tree.find("details").itertext())


def test_summary():
    net = bt.Network(1)
    h = net.lnl(3)
    net.linear(1, "<y>", sources=[h.lag(0)])
    found = net.summary()
    tree = parsed(found)
    head, *rows = texts(tree.find("table"))
    assert head == ["unit", "nodes", "reads at lag", "free", "fixed", "outputs"]
    assert rows == [list(unit.cells()) for unit in found.units] and rows[1][0] == "<y>"
    assert [item.text for item in tree.findall("ul/li")] == [f"hint: {found.hints[0]}"]
    assert tree[0].text == repr(net)[1:-1]
