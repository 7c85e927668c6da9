"""A loop between two FMUs: the model of a tank that plant.py fits, and a controller of its level.

Both are networks; FMPy runs them as any simulator would. Usage, with `pip install backtune[fmu]`:

python examples/export/loop_fmu.py [FOLDER]
"""

import sys
from pathlib import Path

import backtune as bt
import fmpy
import plant


def controller():
    """Return a controller whose integral acts on a valve between closed and open, in percent."""
    net = bt.Network(["wanted", "level"])
    net.input_units = ["cm", "cm"]
    error = net.learnware(1, "error").connect(net.input.lag(0), "difference")
    total = net.learnware(1, "total").connect(error.lag(0), "rate")
    total.connect(total.lag(1), "kept")
    asked = net.learnware(1, "asked").connect(error.lag(0), "gain")
    asked.connect(total.lag(0), "sum")
    # 0 and 100 are reached softly.
    valve = net.firmware(1, "valve").add(1, (bt.zeta(0, 100), asked.lag(0)))
    net.observe(valve)
    net.output_names, net.output_units, net.sampling_time = ["valve"], ["%"], 2.0
    net.weights["error.difference"] = [[1, -1]]
    net.weights["total.rate"], net.weights["total.kept"] = [[0.15]], [[1]]
    net.weights["asked.gain"], net.weights["asked.sum"] = [[1.5]], [[1]]
    return net


class Unit:
    """An FMU that was loaded: its variables by name."""

    def __init__(self, path):
        description = fmpy.read_model_description(str(path))
        self.references = {v.name: v.valueReference for v in description.modelVariables}
        self.folder = fmpy.extract(str(path))
        self.fmu = fmpy.instantiate_fmu(self.folder, description)
        self.fmu.enterInitializationMode(startTime=0.0)
        self.fmu.exitInitializationMode()

    def set(self, **values):
        """Set inputs."""
        for name, value in values.items():
            self.fmu.setFloat64([self.references[name]], [value])

    def get(self, name):
        """Return an output, at the time of the inputs that are set."""
        return self.fmu.getFloat64([self.references[name]])[0]

    def step(self, time, size):
        """Go on by a time."""
        self.fmu.doStep(currentCommunicationPoint=time, communicationStepSize=size)


def main():
    """Fit, export, and control the level."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    plant.fitted().export(folder / "tank.fmu")
    controller().export(folder / "controller.fmu")
    tank, control = Unit(folder / "tank.fmu"), Unit(folder / "controller.fmu")
    time, missed = 0.0, 0.0
    for wanted in (20.0, 30.0, 15.0):
        for _ in range(150):
            # The level follows from valves of the past, so that there is no loop at one time.
            control.set(wanted=wanted, level=tank.get("level"))
            tank.set(valve=control.get("valve"))
            tank.step(time, 2.0)
            control.step(time, 2.0)
            time += 2.0
        level, valve = tank.get("level"), control.get("valve")
        print(f"level {level:.2f} cm, wanted {wanted:.2f} cm, valve {valve:.1f} %")
        missed = max(missed, abs(level - wanted))
    for unit in (tank, control):
        unit.fmu.terminate()
        unit.fmu.freeInstance()
    return 0 if missed < 0.1 else f"missed by {missed:.2g} cm"


if __name__ == "__main__":
    sys.exit(main())
