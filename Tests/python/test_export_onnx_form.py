"""The form of exported ONNX files, read without onnx, and what is refused."""

import struct

import backtune as bt
import numpy as np
import pytest
from export_cases import drawn


def fields(message):
    """Read a message of protocol buffers: lists of values by the number of their field."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            size = {2: varint, 5: lambda: 4}[tag & 7]()
            value = message[at : at + size]
            at += size
            assert len(value) == size
        found.setdefault(tag >> 3, []).append(value)
    return found


def texts(message, field):
    return [value.decode() for value in fields(message).get(field, [])]


class File:
    """The parts of a file that are looked at."""

    def __init__(self, content):
        self.model = fields(content)
        (graph,) = self.model[7]
        self.graph = fields(graph)
        self.nodes = [fields(node) for node in self.graph[1]]
        self.operations = [node[4][0].decode() for node in self.nodes]
        self.inputs = [texts(item, 1)[0] for item in self.graph[11]]
        self.outputs = [texts(item, 1)[0] for item in self.graph[12]]
        self.tensors = {}
        for item in map(fields, self.graph[5]):
            kind = {1: "<f4", 7: "<i8", 11: "<f8"}[item[2][0]]
            values = np.frombuffer(item[9][0], kind)
            self.tensors[item[8][0].decode()] = values.reshape(item.get(1, []))

    def attributes(self, operation):
        node = self.nodes[self.operations.index(operation)]
        return {item[1][0].decode(): item for item in map(fields, node.get(5, []))}


def shape(value):
    """Return the axes of an input or output."""
    (kind,) = fields(value)[2]
    (tensor,) = fields(kind)[1]
    axes = fields(fields(tensor)[2][0]).get(1, [])
    return [fields(axis).get(1, fields(axis).get(2))[0] for axis in axes]


def layered():
    net = bt.Network(2)
    h = net.lnl(3, sources=[bt.SELF.lag(1), net.input.lag(2)])
    net.linear(2, sources=[h.lag(0)])
    return drawn(net)


def test_a_loop():
    net = layered()
    file = File(net.export(format="onnx"))
    assert file.model[1] == [8]
    assert fields(file.model[8][0])[2] == [17]  # opset
    assert file.operations == ["Scan"]
    assert (file.inputs, file.outputs) == (["u"], ["y"])
    assert shape(file.graph[11][0]) == [b"T", 2] and shape(file.graph[12][0]) == [b"T", 2]
    assert np.array_equal(file.tensors["lnl.x2.W"], net.weights["lnl.x2.W"].T)
    assert file.tensors["state"].shape == (3 + 2 * 2,)
    body = fields(file.attributes("Scan")["body"][6][0])
    operations = [fields(node)[4][0].decode() for node in body[1]]
    assert operations.count("MatMul") == 3 and operations.count("Sigmoid") == 1
    names = [texts(item, 1)[0] for item in body[11]]
    assert names == ["state_before", "u_now"]
    # All names are different, and every value is made before it is read.
    known = set(names) | set(file.tensors)
    for node in map(fields, body[1]):
        assert {name.decode() for name in node[1]} <= known
        made = {name.decode() for name in node[2]}
        assert not made & known
        known |= made
    assert {texts(item, 1)[0] for item in body[12]} <= known


def test_one_step_and_streams():
    net = layered()
    file = File(net.export(format="onnx", form="step", precision="float"))
    assert "Scan" not in file.operations
    assert file.inputs == ["u", "state"] and file.outputs == ["y", "next_state"]
    assert [shape(item) for item in file.graph[11]] == [[2], [7]]
    assert file.tensors["lnl.x2.W"].dtype == np.float32
    assert np.array_equal(file.tensors["lnl.x2.W"], net.weights["lnl.x2.W"].T.astype("f4"))
    stream = File(net.export(format="onnx", streaming=True, batch=True))
    assert stream.inputs == file.inputs and stream.outputs == file.outputs
    assert [shape(item) for item in stream.graph[11]] == [[b"T", b"B", 2], [b"starts", 7]]
    assert [shape(item) for item in stream.graph[12]] == [[b"T", b"B", 2], [b"B", 7]]


def test_nodes_of_units():
    net = drawn(bt.lstm_network(3, inputs=2))
    file = File(net.export(format="onnx", form="rnn"))
    assert "LSTM" in file.operations and "Scan" not in file.operations
    names = [text.decode() for text in file.attributes("LSTM")["activations"][9]]
    assert names == ["Sigmoid", "Tanh", "Tanh"]
    # Gates are logistic functions of four times their argument, in the order i, o, f, c.
    rows = [4 * net.weights["lstm.yi.B"], 4 * net.weights["lstm.yo.B"]]
    rows += [4 * net.weights["lstm.yf.B"], net.weights["lstm.h.B"]]
    assert np.array_equal(file.tensors["lstm.x.W"][0], np.concatenate(rows).astype("f4"))
    zeta = bt.Network(1)
    zeta.lnl(2, activation=bt.zeta(-0.5, 0.5))
    attributes = File(drawn(zeta).export(format="onnx", form="rnn")).attributes("RNN")
    assert [struct.unpack("<f", x)[0] for x in attributes["activation_alpha"][7]] == [0.5]
    assert [struct.unpack("<f", x)[0] for x in attributes["activation_beta"][7]] == [2.0]


def test_measured_inputs():
    net = bt.Network(1)
    net.observe(net.lnl(3, feedback="measured"), 2)
    file = File(net.randomize(1).export(format="onnx"))
    assert file.inputs == ["u", "measured", "measured.lnl.x"]
    assert shape(file.graph[11][1]) == [b"T or 1", 2]
    assert np.isnan(file.tensors["measured"]).all() and file.tensors["measured"].shape == (1, 2)


@pytest.mark.parametrize(
    ("unit", "options", "message"),
    [
        ("lstm", {"peephole": True}, r"lstm\.yi reads lstm\.s\(t-1\), an output gate of ONNX"),
        ("lnl", {"leak": "adjust"}, r"lnl\.x\(t\) = lnl\.x1\(t\) \+ zeta01\(lnl\.x2\(t\)\)"),
        ("lnl", {"activation": bt.zeta(0, 3)}, r"its lnl\.x2, zeta\[0\.0,3\.0\]\(v\), is none"),
        ("aif", {}, r"cannot say aif\."),
        ("softmax", {}, r"cannot say softmax\.x\(t\) = softmax\(softmax\.z\(t\)\)"),
    ],
)
def test_what_is_no_node(unit, options, message):
    net = bt.Network(1)
    net.unit(unit, 3, **options)
    with pytest.raises(bt.NetworkError, match=message):
        drawn(net).export(format="onnx", form="rnn")


def test_inner_values_that_are_read():
    net = bt.Network(1)
    net.lstm(2)
    cell = net.groups["lstm.s"]
    net.linear(1, sources=[cell.lag(0)])
    with pytest.raises(bt.NetworkError, match=r"its lstm\.s is read by linear\.x"):
        drawn(net).export(format="onnx", form="rnn")
    net.observe(cell)
    with pytest.raises(bt.NetworkError, match=r"its lstm\.s is an output"):
        net.export(format="onnx", form="rnn")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "loop"}, "option form of format onnx: 'loop' came"),
        ({"precision": "half"}, "option precision of format onnx: 'half' came"),
        ({"form": "rnn", "precision": "double"}, "expected 'float'"),
        ({"form": "rnn", "streaming": True}, "option streaming .* expected form 'scan' or 'step'"),
        ({"form": "step", "streaming": False}, "option streaming of format onnx: false came"),
        ({"batch": 1}, "option batch of format onnx: 1.0 came, expected true or false"),
        ({"prefix": "m"}, "unknown option 'prefix', expected one of .*form, precision, batch"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        layered().export(format="onnx", **options)


def test_values_that_float_does_not_hold():
    net = layered()
    net.weights["lnl.x2.a"] = 1e39
    assert isinstance(net.export(format="onnx"), bytes)
    with pytest.raises(bt.NetworkError, match=r"format onnx: a weight of lnl.x2.a is 1e\+39"):
        net.export(format="onnx", precision="float")
