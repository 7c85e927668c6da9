"""The array gate: whatever form numbers come in, they are read alike, or refused by name."""

import fractions
import warnings

import backtune as bt
import numpy as np
import pandas as pd
import pytest
from backtune._engine import arrays
from backtune._engine.data.sequences import is_list_of_sequences
from conftest import same
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

NUMBERS = np.array([[1.0, 2.0], [5.0, 10.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    "dtype",
    ["f2", "f4", "f8", ">f4", ">f8", "<f8", "g", "i1", "i2", "i4", "i8", ">i4", "u1", "u8", "O"],
)
def test_dtypes_give_the_float64_numbers(dtype):
    array = NUMBERS.astype(dtype)
    before = array.copy()
    read = arrays.as_float(array, "inputs")
    assert read.dtype == np.float64 and read.flags.c_contiguous
    assert same(read, NUMBERS)
    assert np.array_equal(array, before)


def test_booleans_and_lists():
    assert same(arrays.as_float([True, False], "x"), [1.0, 0.0])
    assert same(arrays.as_float([[1, 2.5], [3, 4]], "x"), np.array([[1, 2.5], [3, 4]]))
    assert same(arrays.as_float([fractions.Fraction(1, 2), 1], "x"), [0.5, 1.0])
    assert same(arrays.as_float(range(3), "x"), [0.0, 1.0, 2.0])


LAYOUTS = {
    "step": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "fortran": np.asfortranarray,
    "transposed": lambda a: a.T.copy().T,
    "column of frame": lambda a: pd.DataFrame(a, columns=["a", "b"])[["a", "b"]].to_numpy(),
    "frame": lambda a: pd.DataFrame(a),
    "nullable frame": lambda a: pd.DataFrame(a).astype("Float64"),
    "integer frame": lambda a: pd.DataFrame(a.astype(int)).astype("Int64"),
    "matrix slice": lambda a: np.hstack([a, a])[:, 1:3][:, ::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_simulate_alike(net, layout):
    u = LAYOUTS[layout](NUMBERS)
    before = np.array(u, dtype=float)
    assert same(net.simulate(u), net.simulate(np.array(NUMBERS, order="C")))
    assert np.array_equal(np.array(u, dtype=float), before)


def test_read_only_input_is_read_and_left_alone(net):
    u = NUMBERS.copy()
    u.flags.writeable = False
    assert same(net.simulate(u), net.simulate(NUMBERS))


def test_contiguous_float64_is_not_copied():
    assert np.shares_memory(arrays.as_float(NUMBERS, "x"), NUMBERS)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (NUMBERS.astype(complex), "complex128"),
        (NUMBERS.astype(str), "<U"),
        (np.array(["a", "b"]), "<U1"),
        (np.array([b"1"]), "S1"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "datetime64"),
        (np.array([1], dtype="m8[s]"), "timedelta64"),
        (np.array([1.0, "2"], dtype=object), "object"),
        (np.array([1.0, 2j], dtype=object), "object"),
        (np.array([1.0, {}], dtype=object), "object"),
        (np.zeros(2, dtype=[("a", float)]), "[('a', '<f8')]"),
        (pd.Series(["1", "2"]), "str"),
        (pd.Series(pd.to_datetime(["2020-01-01"])), "datetime64"),
        ({"a": 1}, "object"),
    ],
)
def test_other_kinds_are_refused_by_name(values, named):
    with pytest.raises(TypeError) as caught:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            arrays.as_float(values, "inputs")
    assert "inputs" in str(caught.value)
    assert named in str(caught.value) or "object" in str(caught.value)


def test_ragged_list():
    with pytest.raises(ValueError, match="rectangular"):
        arrays.as_float([[1, 2], [3]], "inputs")


def test_missing_entries_become_nan():
    masked = np.ma.MaskedArray([1, 2, 3], mask=[False, True, False])
    assert same(arrays.as_float(masked, "y"), [1.0, np.nan, 3.0])
    assert masked.data[1] == 2
    assert same(arrays.as_float(pd.array([1, None], dtype="Int64"), "y"), [1.0, np.nan])
    series = pd.Series([1.5, None])
    assert same(arrays.as_float(series, "y"), [1.5, np.nan])
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [0.5, 1.5]})
    assert same(arrays.as_float(frame, "y"), np.array([[1, 0.5], [np.nan, 1.5]]))


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from(["f4", "f8", ">f8", "i4", "i8", "u1", "?"]),
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_is_read_as_numpy_would(array):
    read = arrays.as_float(array[::-1].T, "x")
    assert read.flags.c_contiguous and read.dtype == np.float64
    assert np.array_equal(read, array[::-1].T.astype(float), equal_nan=True)


# ---- Shapes


def test_one_channel_may_be_flat():
    net = bt.lnl_network(2).randomize()
    u = bt.random.normal(250)
    y = net.simulate(u)
    assert y.shape == (250, 1)
    assert same(y, net.simulate(u.reshape(250, 1)))
    assert same(y, net.simulate(pd.Series(u)))
    assert same(y, net.simulate(list(u)))


def test_swapped_axes_are_refused_by_name():
    net = bt.lnl_network(2).randomize()
    with pytest.raises(ValueError, match=r"\(1, 250\).*time.*channel") as caught:
        net.simulate(np.zeros((1, 250)))
    assert "axis 0 is time (1 steps), axis 1 the channels (250)" in str(caught.value)
    assert "swapped" in str(caught.value)


def test_single_step():
    net = bt.lnl_network(2).randomize()
    assert net.simulate([0.5]).shape == (1, 1)
    assert net.simulate([[0.5]]).shape == (1, 1)


@pytest.mark.parametrize("shape", [(7,), (7, 1), (7, 3), (), (2, 7, 2, 1)])
def test_wrong_channels(net, shape):
    with pytest.raises(ValueError, match="expected \\(time, channels\\) with 2 channels"):
        net.simulate(np.zeros(shape))


def test_lists_of_sequences_are_told_from_matrices():
    def sequences(values, channels=1):
        return is_list_of_sequences(values, channels)

    assert not sequences([1, 2, 3]) and not sequences([[1], [2]]) and not sequences([])
    assert not sequences(np.zeros((4, 1))) and not sequences(list(np.zeros(4)))
    assert sequences([np.zeros(3), np.zeros(4)]) and sequences([[[1], [2]], [[3]]])
    assert sequences((pd.Series([1.0]),)) and sequences([pd.DataFrame({"a": [1.0]})])
    assert sequences(np.zeros((2, 5, 1)))
    assert sequences([7, 50], 0) and not sequences(7, 0)


def test_sequences_come_back_as_a_list(net):
    parts = [np.ones((7, 2)), np.ones((1, 2)), np.zeros((0, 2))]
    results = net.simulate(parts)
    assert [r.shape for r in results] == [(7, 2), (1, 2), (0, 2)]
    # Side by side the products are summed in another order: equal up to rounding.
    for result, part in zip(results, parts):
        np.testing.assert_allclose(result, net.simulate(part), rtol=1e-13, atol=1e-15)
    stacked = net.simulate(np.ones((3, 5, 2)))
    assert same(stacked[0], stacked[2])
    np.testing.assert_allclose(stacked[2], net.simulate(np.ones((5, 2))), rtol=1e-13, atol=1e-15)


def test_error_names_the_sequence(net):
    with pytest.raises(ValueError, match=r"inputs\[1\]"):
        net.simulate([np.zeros((3, 2)), np.zeros((3, 1))])


def test_without_inputs():
    net = bt.Network(0)
    net.linear(1)
    net.weights["linear.x.a"] = 1.0
    net.weights["linear.x.W1"] = 0.5
    expected = np.array([[1], [1.5], [1.75]])
    assert same(net.simulate(3), expected)
    assert same(net.simulate(np.int64(3)), expected)
    assert same(net.simulate(np.empty((3, 0))), expected)
    assert [len(y) for y in net.simulate([7, 50, 1])] == [7, 50, 1]
    assert net.simulate(0).shape == (0, 1)
    for wrong in (-1, 2**70):
        with pytest.raises(ValueError):
            net.simulate(wrong)
    with pytest.raises(ValueError, match="number of time steps"):
        net.simulate(np.zeros((3, 1)))


def test_infinite_inputs_are_refused_with_their_place(net):
    for value in (np.nan, np.inf):
        u = np.zeros((5, 2))
        u[3, 1] = value
        with pytest.raises(ValueError, match="7|3"):
            net.simulate(u)


# ---- Small gates


def test_sizes_that_do_not_fit():
    for wrong in (1 << 62, (1 << 63) - 1):
        with pytest.raises((MemoryError, ValueError)):
            bt.Network(1).lnl(wrong)
        with pytest.raises((MemoryError, ValueError)):
            bt.lnl_network(1, inputs=wrong)
    for wrong in (1 << 63, 1 << 200, -(1 << 70)):
        with pytest.raises(ValueError, match="expected"):
            bt.Network(wrong)
    for wrong in (1.0, "3", None, [1]):
        with pytest.raises(TypeError, match="integer"):
            bt.Network(wrong)
    for wrong in (0, -1):
        with pytest.raises(ValueError):
            bt.Network(1).lnl(wrong)
    with pytest.raises(ValueError):
        bt.Network(-1)
    assert bt.Network(np.int32(2)).inputs == 2


def test_texts(net):
    with pytest.raises(ValueError, match="zero character"):
        net.lnl(1, name="a\0b")
    with pytest.raises(TypeError, match="text"):
        net.unit(3, 1)
    with pytest.raises(ValueError, match="Unicode"):
        net.lnl(1, name="\ud800")


def test_seeds():
    net = bt.lnl_network(2)
    net.randomize(2**64 - 1)
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match="seed"):
            net.randomize(wrong)


class Cube:
    """An array of another package: three axes, a sequence along the first."""

    ndim = 3

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)


def test_three_axes_of_another_package():
    net = bt.lnl_network(units=2, inputs=1, outputs=1).randomize(0)
    u = bt.random.normal(20, seed=1).reshape(2, 10, 1)
    for ours, expected in zip(net.simulate(Cube(u)), net.simulate(u)):
        assert np.array_equal(ours, expected)
