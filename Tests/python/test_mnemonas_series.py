"""Inputs, fits and histograms under the names of the original implementation."""

import json
import math

import backtune as bt
import numpy as np
import pytest
from backtune import mnemonas
from conftest import same


def test_named_sequences():
    normal = mnemonas.BufferedInput("normal", 3, 500, 1)
    again = mnemonas.BufferedInput("normal", 3, 500, 1)
    assert same(normal._values(), again._values()) and normal._values().shape == (500, 3)
    assert not same(
        mnemonas.BufferedInput("normal", 3, 500, -1)._values(),
        mnemonas.BufferedInput("normal", 3, 500, -1)._values(),
    )
    pascal = mnemonas.BufferedInput("sierpinski", 2, 15)._values()
    assert same(pascal[:, 0] * 2 - 1, bt.datasets.sierpinski(15))
    assert pascal[12, 1] == 1  # C(4, 2) = 6 = 0b110
    bits = mnemonas.BufferedInput("zerone", 2, 40, 7)._values()
    assert same(bits[:33], bits[7:]) and set(bits[:7, 0]) == set(bits[:7, 1]) == {0, 1}
    ramp = mnemonas.BufferedInput("ramp", 2, 10)._values()
    assert ramp[:, 0].tolist() == list(range(10)) and ramp[:, 1].tolist() == [*range(5)] * 2
    mean = mnemonas.BufferedInput("mean", 1, 4000, 5.0)._values()
    assert abs(mean.mean() - 5) < 0.1 and abs(mean.std() - 0.5) < 0.05
    x, y = mnemonas.BufferedInput("icorr", 2, 4000, 0.6)._values().T
    assert abs(np.corrcoef(x, y)[0, 1] - 0.6) < 0.05
    x = mnemonas.BufferedInput("acorr", 1, 4000, -0.4)._values()[:, 0]
    assert abs(np.corrcoef(x[1:], x[:-1])[0, 1] + 0.4) < 0.05
    for name, parameters in (("magic", ()), ("icorr", (2.0,)), ("acorr", (0.6,)), ("mean", ())):
        with pytest.raises(bt.ArgumentError):
            mnemonas.BufferedInput(name, 2, 10, *parameters)


def test_parts_and_transformations():
    whole = mnemonas.BufferedInput(np.arange(12.0), 3, 4)
    assert (whole.N, whole.T) == (3, 4) and whole.get(1, 2) == 7 and whole.get(1, -1) == 0
    part = mnemonas.BufferedInput(whole, 2, 1, 2, 1)
    assert part._values().tolist() == [[4, 5], [7, 8]]
    assert mnemonas.BufferedInput(whole, n0=2)._values()[:, 0].tolist() == [2, 5, 8, 11]
    affine = mnemonas.BufferedInput(whole, "affine", 1, 2)
    assert affine.get(2, 3) == 23
    noisy = mnemonas.BufferedInput(whole, "noise", 0.5, 0.1)._values()
    assert 0 < np.count_nonzero(noisy != whole._values()) < 12
    for wrong in ((-1, 0), (3, 0), (0, 4)):
        with pytest.raises(ValueError, match="unit"):
            whole.get(*wrong)
    with pytest.raises(ValueError):
        mnemonas.BufferedInput(whole, 3, 1)
    with pytest.raises(ValueError, match="12"):
        mnemonas.BufferedInput(np.arange(12.0), 5, 4)
    statistics = whole.getHistogram("0 2")
    assert statistics.get("count") == 8 and statistics.get("max") == 11


def test_inputs_that_grow_and_inputs_of_ones_own():
    growing = mnemonas.BufferedInput(2)
    for t in range(3):
        growing.add([t, -t])
    assert growing.T == 3 and growing.get(1, 2) == -2
    with pytest.raises(bt.StateError):
        mnemonas.BufferedInput("ramp", 1, 3).add([1])

    class Clock(mnemonas.Input):
        def get(self, n, t):
            return (n + 1) * t if t >= 0 else 0

    clock = Clock(2, 5)
    linear = mnemonas.LinearTransform(1, clock)
    linear.setWeight(0, 4, 1)
    assert [linear.get(0, t) for t in range(5)] == [0, 0, 2, 4, 6]
    assert linear.setInput(mnemonas.BufferedInput(growing, 2)).get(0, 2) == -1
    with pytest.raises(ValueError, match="units"):
        linear.setInput(mnemonas.BufferedInput("ramp", 1, 3))
    with pytest.raises(NotImplementedError):
        mnemonas.Input(1, 2).get(0, 0)


@pytest.mark.parametrize("format", ["binary-unit-time", "csv"])
def test_files(tmp_path, format):
    values = mnemonas.BufferedInput("normal", 2, 7, 0)
    values.save(str(tmp_path / "data"), format)
    read = mnemonas.BufferedInput(str(tmp_path / "data"), format)
    assert same(read._values(), values._values())
    with pytest.raises(bt.FileError):
        mnemonas.BufferedInput(str(tmp_path / "absent"), format)
    with pytest.raises(bt.FileError):
        values.save(str(tmp_path / "absent" / "data"), format)


def test_texts(tmp_path, capsys):
    values = mnemonas.BufferedInput(np.arange(4.0), 2, 2)
    for format, text in (
        ("ascii-unit-time", "0.0 1.0\n2.0 3.0\n"),
        ("gnuplot", "0 0 0.0\n1 0 1.0\n0 1 2.0\n1 1 3.0\n"),
        ("gnuimg", "0.0 2.0\n1.0 3.0\n"),
    ):
        values.save(str(tmp_path / "data"), format)
        assert (tmp_path / "data.dat").read_text() == text
    values.save("stdout")
    assert capsys.readouterr().out == "0.0 1.0\n2.0 3.0\n"
    with pytest.raises(ValueError, match="format"):
        values.save(str(tmp_path / "data"), "magic")


def test_curve_fits(tmp_path):
    fit = mnemonas.CurveFit()
    assert fit.getCount() == 0 and math.isnan(fit.getBias()) and fit.getMode() == "c"
    for t in range(40):
        fit.add(3 * math.exp(-t / 8) + 0.5)
    assert fit.getMode() == "e" and fit.getCount() == 40
    np.testing.assert_allclose(
        [fit.getDecay(), fit.getGain(), fit.getBias()], [8, 3, 0.5], rtol=1e-6
    )
    assert fit.getError() < 1e-6 and 0 < fit.getGamma() < 1
    assert json.loads(fit.asString())["count"] == 40
    fit.show(str(tmp_path / "curve"))
    assert np.loadtxt(tmp_path / "curve.dat").shape == (40, 3)
    fit.clear()
    for t in range(10):
        fit.add(2 * t - 1)
    assert fit.getMode() == "a" and abs(fit.getGain() - 2) < 1e-9 and math.isnan(fit.getDecay())
    fit.clear()
    for value in (1, 1, 1):
        fit.add(value)
    assert fit.getMode() == "c" and fit.getBias() == 1 and fit.getGain() == 0


def test_histograms(tmp_path):
    histogram = mnemonas.Histogram(20, -4, 4)
    values = bt.random.normal(5000, seed=3)
    for value in values:
        histogram.add(value)
    np.testing.assert_allclose(histogram.get("mean"), values.mean())
    np.testing.assert_allclose(histogram.get("stdev"), values.std(ddof=1))
    assert histogram.get("count") == 5000 and histogram.get("min") == values.min()
    assert abs(histogram.get("skew")) < 0.1 and abs(histogram.get("kurt")) < 0.2
    assert abs(histogram.p(0) - 0.4) < 0.03 and histogram.p(9) == 0
    assert abs(histogram.get("quantile", 0.5)) < 0.05 and histogram.get("hsize") == 20
    assert abs(histogram.get("entropy") - histogram.get("gaussian-entropy")) < 0.1
    assert histogram.get("best-model") == 1
    assert histogram.get("gaussian-divergence") < 0.05 < histogram.get("uniform-divergence")
    drawn = [histogram.draw() for _ in range(300)]
    assert abs(np.mean(drawn)) < 0.3 and abs(np.std(drawn) - 1) < 0.2
    other = mnemonas.Histogram(20, -4, 4)
    for value in drawn:
        other.add(value)
    assert 0 <= other.getDivergence(histogram) < 0.5
    histogram.plot(str(tmp_path / "density"), "gaussian")
    assert np.loadtxt(tmp_path / "density.dat").shape == (20, 3)
    assert json.loads(histogram.asString("count mean"))["count"] == 5000
    with pytest.raises(ValueError, match="statistic"):
        histogram.get("charm")
    histogram.clear()
    assert histogram.get("count") == 0 and math.isnan(histogram.get("mean"))
