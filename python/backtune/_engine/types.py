"""Types of what users give and get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Protocol, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
else:  # matplotlib may not be there
    Axes = Figure = object

#: Values, float64.
Array = NDArray[np.float64]
#: Values of any width, as NumPy's solvers give them and as its users have them.
Reals = NDArray[np.floating]
ComplexArray = NDArray[np.complex128]
#: Numbers of things, from 0.
Places = NDArray[np.intp]
#: Which of some things.
Flags = NDArray[np.bool_]
#: Inputs of one sequence whose results are arrays: values, or a number of time steps.
OneSequence = Union[Reals, int]


class ManySequences(Protocol):
    """Sequences by number, of which a `Recordings` can be made."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> object: ...


class ReadWhenWanted(Protocol):
    """Sequences that are in no memory: `Recordings`."""

    def read(self, place: int) -> object: ...


#: Values of one sequence or of several, as users have them: numbers, arrays, tables of pandas,
#: xarray or polars (which NumPy takes for arrays), lists of such, recordings; a number of time
#: steps stands for inputs of a network that has none.
DataLike = Union[ArrayLike, ReadWhenWanted]
#: The state before a sequence, or one for each of several, None for the network's own.
StateLike = Union[ArrayLike, Sequence[Optional[ArrayLike]]]
#: What was measured of groups, by group or its name.
Measured = Mapping[Any, DataLike]
#: Sequences (T, channels), and the state before each, None for the network's own.
Arrays = list[Array]
Starts = list[Optional[Array]]
#: An object of a JSON text, by name what `json.loads` makes of its parts.
JsonObject = dict[str, Any]
#: Where a figure is drawn: matplotlib Axes, or several, in a list or as `plt.subplots` makes them.
AxesLike = Union["Axes", Sequence["Axes"], NDArray[np.object_]]
#: Several matplotlib Axes, as `plt.subplots` makes them.
ManyAxes = NDArray[np.object_]
