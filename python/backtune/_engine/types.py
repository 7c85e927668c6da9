"""Types of what users give and get."""

from __future__ import annotations

from typing import Union

import numpy as np
from numpy.typing import NDArray

#: Values, float64.
Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
#: Which of some things.
Flags = NDArray[np.bool_]
#: Inputs of one sequence whose results are arrays: values, or a number of time steps.
OneSequence = Union[NDArray[np.floating], int]
