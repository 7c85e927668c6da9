"""Exported ONNX, checked and run."""

import importlib.util

import numpy as np
import pytest

#: What needs the extra "onnx".
needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")),
    reason="needs onnx and onnxruntime: pip install backtune[onnx]",
)


class Model:
    """An exported network.

    Parameters
    ----------
    net
        What has `export`.
    **options
        Of the format.
    """

    def __init__(self, net, **options):
        import onnx
        import onnxruntime

        self.bytes = net.export(format="onnx", **options)
        self.model = onnx.load_from_string(self.bytes)
        onnx.checker.check_model(self.model, full_check=True)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            self.bytes, settings, providers=["CPUExecutionProvider"]
        )
        self.inputs = [item.name for item in self.session.get_inputs()]
        #: Inputs that have a value of their own.
        self.optional = [item.name for item in self.session.get_overridable_initializers()]
        self.outputs = [item.name for item in self.session.get_outputs()]
        kinds = {"tensor(float)": "f4", "tensor(double)": "f8"}
        self.kind = kinds[self.session.get_inputs()[0].type]

    def __call__(self, u, **feeds):
        """Return the outputs, of one the array alone."""
        given = {"u": u, **feeds}
        found = self.session.run(
            None, {name: np.asarray(value, self.kind) for name, value in given.items()}
        )
        return found[0] if len(found) == 1 else found
