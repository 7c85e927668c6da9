"""Yearly sunspot numbers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Sunspots(NamedTuple):
    """Years and sunspot numbers, (309,) each."""

    years: NDArray[np.int_]
    numbers: NDArray[np.float64]


def sunspots() -> Sunspots:
    """Return the yearly mean sunspot numbers of 1700 to 2008.

    Returns
    -------
    years : array of int, shape (309,)
    numbers : array, shape (309,)

    Notes
    -----
    Public domain. From the National Geophysical Data Center (NOAA),
    http://www.ngdc.noaa.gov/stp/solar/solarda3.html, by way of the data set ``sunspots`` of the
    Python package statsmodels; the numbers are those of the international series (SIDC, Brussels)
    before its revision of 2015.
    """
    table = np.loadtxt(Path(__file__).with_name("sunspots.csv"), delimiter=",", skiprows=1)
    return Sunspots(table[:, 0].astype(int), table[:, 1].copy())
