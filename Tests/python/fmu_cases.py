"""Exported FMUs, run by their functions as an importer calls them."""

import ctypes
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import backtune as bt
import numpy as np
from export_cases import deviation, drawn, inputs_of

CLOSE = 1e-12
OK, DISCARD, ERROR = 0, 2, 3
LOG = {
    "3.0": ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p),
    "2.0": ctypes.CFUNCTYPE(
        *(None, ctypes.c_void_p, ctypes.c_char_p),
        *(ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p),
    ),
}


def normal(steps, channels, seed):
    return bt.random.normal(steps * channels, seed=seed).reshape(steps, channels)


def tank():
    """Return a network with names, units and a sampling time, 2 s."""
    net = bt.Network(["valve", "rain"])
    net.input_units = ["%", ""]
    h = net.lnl(4, "tank", activation="tanh", leak="adjust", initial="learn")
    net.linear(1, "level", sources=[h.lag(0)])
    net.output_names, net.output_units, net.sampling_time = ["level"], ["cm"], 2.0
    return drawn(net)


class Callbacks(ctypes.Structure):
    """Of FMI 2.0: a logger, and what nobody calls."""

    _fields_ = [("log", LOG["2.0"]), *((name, ctypes.c_void_p) for name in "abcd")]


class Fmu:
    """What was exported, unpacked and loaded.

    Parameters
    ----------
    net
        What has `export`.
    folder : Path
    """

    def __init__(self, net, folder, version="3.0", **options):
        folder.mkdir(exist_ok=True)
        self.version = version
        self.path = folder / "model.fmu"
        net.export(self.path, version=version, **options)
        # One of its own each: what is loaded must not be written over.
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        with zipfile.ZipFile(self.path) as archive:
            assert archive.testzip() is None
            archive.extractall(self.folder)
        self.description = ElementTree.parse(self.folder / "modelDescription.xml").getroot()
        platform = "x86_64-linux" if version == "3.0" else "linux64"
        self.binary = self.folder / "binaries" / platform / "model.so"
        self.load(self.binary)
        token = "instantiationToken" if version == "3.0" else "guid"
        self.token = self.description.get(token)
        self.step_size = float(self.description.find("DefaultExperiment").get("stepSize"))
        variables = list(self.description.find("ModelVariables"))
        #: Name to reference, of a causality.
        self.inputs, self.outputs = (
            {
                v.get("name"): int(v.get("valueReference"))
                for v in variables
                if v.get("causality") == c
            }
            for c in ("input", "output")
        )

    def load(self, path):
        """Take that binary."""
        self.library = ctypes.CDLL(str(path))
        for name in ("fmi3InstantiateCoSimulation", "fmi2Instantiate"):
            getattr(self.library, name).restype = ctypes.c_void_p

    def __call__(self, u, measured=None):
        """Return the outputs, (T, O); of inputs, (T, M), and what is measured, (T, K)."""
        with Instance(self) as instance:
            instance.begin()
            return instance.run(u, measured)


def farthest(net, folder, version="3.0"):
    """Return the deviation of a network's FMU over random inputs."""
    u = inputs_of(net)
    expected = net.simulate(u)
    # A network that diverges ends with an error.
    steps = int(np.cumprod(np.isfinite(expected).all(axis=1)).sum())
    assert steps >= 4
    steps -= steps < len(u)
    return deviation(Fmu(net, folder, version)(u[:steps]), expected[:steps])


class Instance:
    """An instance of an FMU; freed at the end of its block."""

    def __init__(self, fmu, token=None, folder=None, name=b"plant"):
        self.fmu = fmu
        self.is_three = fmu.version == "3.0"
        self.messages = []
        self.time = 0.0
        folder = fmu.folder / "resources" if folder is None else folder
        token = (fmu.token if token is None else token).encode()
        if self.is_three:
            self.log = LOG["3.0"](
                lambda e, status, category, text: self.messages.append(text.decode())
            )
            self.pointer = fmu.library.fmi3InstantiateCoSimulation(
                *(name, token, f"{folder}/".encode(), False, False, False, False, None),
                *(ctypes.c_size_t(0), None, self.log, None),
            )
        else:
            self.log = LOG["2.0"](
                lambda e, n, status, category, text: self.messages.append(text.decode())
            )
            self.callbacks = Callbacks(self.log)
            uri = folder.as_uri().encode()
            self.pointer = fmu.library.fmi2Instantiate(
                name, 1, token, uri, ctypes.byref(self.callbacks), 0, 0
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.status("FreeInstance")
        self.pointer = None

    def status(self, name, *arguments):
        """Call a function, `Get/SetReal` for that of either version; return its status."""
        prefix = "fmi3" if self.is_three else "fmi2"
        return getattr(self.fmu.library, prefix + name)(ctypes.c_void_p(self.pointer), *arguments)

    def call(self, name, *arguments):
        """Call a function that must succeed."""
        assert self.status(name, *arguments) == OK, self.messages

    def begin(self, start=0.0, stop=None):
        """Go to the mode of steps."""
        self.time = start
        given = (0, ctypes.c_double(0), ctypes.c_double(start), int(stop is not None))
        given += (ctypes.c_double(stop or 0),)
        if self.is_three:
            self.call("EnterInitializationMode", *given)
        else:
            self.call("SetupExperiment", *given)
            self.call("EnterInitializationMode")
        self.call("ExitInitializationMode")

    def access(self, name, references, values):
        """Get or set; return the status."""
        count = len(references)
        own = (ctypes.c_uint32 * count)(*references)
        more = (ctypes.c_size_t(count),) if self.is_three else ()
        kind = "Float64" if self.is_three else "Real"
        return self.status(f"{name}{kind}", own, ctypes.c_size_t(count), values, *more)

    def set(self, values, references=None):
        """Set inputs, the first ones by default; return the status."""
        if references is None:
            references = list(self.fmu.inputs.values())[: len(values)]
        return self.access("Set", references, (ctypes.c_double * len(values))(*values))

    def get(self, references=None):
        """Return values, those of outputs by default, or the status where it is an error."""
        if references is None:
            references = list(self.fmu.outputs.values())
        values = (ctypes.c_double * len(references))()
        status = self.access("Get", references, values)
        return np.array(values) if status == OK else status

    def step(self, size=None, point=None):
        """Step, by the sampling time by default; return the status."""
        size = self.fmu.step_size if size is None else size
        point = self.time if point is None else point
        given = (ctypes.c_double(point), ctypes.c_double(size), 0)
        if not self.is_three:
            status = self.status("DoStep", *given)
        else:
            flags = [ctypes.c_bool(True) for _ in range(3)]
            last = ctypes.c_double()
            status = self.status("DoStep", *given, *map(ctypes.byref, flags), ctypes.byref(last))
            assert not any(flag.value for flag in flags)
        if status == OK:
            self.time = point + size
        return status

    def run(self, u, measured=None):
        """Set, get and step; return the outputs, (T, O)."""
        rows = u if measured is None else np.concatenate([u, measured], axis=1)
        found = []
        for row in np.asarray(rows, dtype=float):
            assert self.set(list(row)) == OK, self.messages
            found.append(self.get())
            assert self.step() == OK, self.messages
        return np.array(found)

    def state(self):
        """Return a state."""
        place = ctypes.c_void_p()
        self.call("GetFMUState" if self.is_three else "GetFMUstate", ctypes.byref(place))
        return place

    def go_to(self, state):
        """Set a state; return the status."""
        return self.status("SetFMUState" if self.is_three else "SetFMUstate", state)

    def free(self, state):
        """Free a state."""
        name = "FreeFMUState" if self.is_three else "FreeFMUstate"
        self.call(name, ctypes.byref(state))
        assert state.value is None

    def serialized(self, state):
        """Return the bytes of a state."""
        size = ctypes.c_size_t()
        end = "State" if self.is_three else "state"
        self.call(f"SerializedFMU{end}Size", state, ctypes.byref(size))
        bytes_ = (ctypes.c_uint8 * size.value)()
        self.call(f"SerializeFMU{end}", state, bytes_, size)
        short = ctypes.c_size_t(size.value - 1)
        assert self.status(f"SerializeFMU{end}", state, bytes_, short) == ERROR
        return bytes(bytes_)

    def deserialized(self, data):
        """Return a state, or the status where it is an error."""
        place = ctypes.c_void_p()
        name = "DeserializeFMUState" if self.is_three else "DeSerializeFMUstate"
        own = (ctypes.c_uint8 * len(data))(*data)
        status = self.status(name, own, ctypes.c_size_t(len(data)), ctypes.byref(place))
        return place if status == OK else status
