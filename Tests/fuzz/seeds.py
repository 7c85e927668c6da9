"""Where fuzzing begins: random networks, every option of every unit, tables and models.

usage: seeds.py FOLDER, into whose folders json, options and tables they go
"""

import json
import sys
from pathlib import Path

import backtune as bt

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
from identified_cases import arx, gap_model, late_front, model_of, state_space  # noqa: E402
from random_networks import RandomNetwork  # noqa: E402

RULES = ("sparse-weights", "ridge", "sparse-activity", "orthogonal-activity", "activity-bound")
FORMATS = ("c", "onnx", "fmu")
EXPORTS = (
    {},
    {"precision": "float", "prefix": "p", "input_mean": [1.0, 2.0], "output_scale": [2, 3.5]},
    {"form": "rnn", "batch": True, "streaming": True, "version": "2.0"},
)


def values(option):
    """Return texts of JSON that an option may take."""
    words = [json.dumps(word) for word in option.get("words", [])]
    known = {
        "boolean": ["true", "false"],
        "integer": ["1", "2"],
        "number": ["0.5", "1.25"],
        "text": [],
        "function": ['"tanh"', '{"name": "softplus", "eps": 0.5}'],
        "functions": ['["tanh", {"name": "upsilon", "w": 5}]'],
        "sources": ['[{"source": "v.x", "lag": 0}, {"source": "self", "lag": 2}]'],
        "mask": ["[[1, 0], [1, 1]]"],
    }
    return words + known[option["type"]]


def tables(folder, networks):
    """Write what the command reads: the first byte is the number of the reader in tables.py."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "plain": b"\0a,b\n1,2\n3,\n,nan\n",
        "numbers": b"\0001;2\n-1e3;0.5\n\n",
        "tabs": b'\0a\t"b ""c"""\tn\n1\t2\tx\n1\t2\tx\n3\t4\ty\n',
        "sequences": b"\4a,b\n0.5,1\n1,2\n-1,\n",
        "fit": b"\3fit\n--inputs\na\n--outputs\nb\n--unit\nlnl:2,leak=adjust\n--option\nwashout=1",
    }
    models = [[state_space()], [arx()], [state_space(front=late_front()), arx()]]
    for k, members in enumerate(models):
        found[f"model-{k}"] = b"\1" + model_of(members).to_json().encode()
    holes = model_of([arx()], input_model=gap_model())
    found["model-holes"] = b"\1" + holes.to_json().encode()
    for path in list(networks.glob("*"))[:8]:
        found[path.name] = b"\2" + path.read_bytes()
    for name, content in found.items():
        (folder / name).write_bytes(content)


def main(folder):
    """Write the files."""
    options, networks = folder / "options", folder / "json"
    options.mkdir(parents=True, exist_ok=True)
    networks.mkdir(parents=True, exist_ok=True)
    for seed in range(40):
        text = RandomNetwork(seed).net.to_json()
        if len(text) < 6000:
            (networks / f"network-{seed}").write_text(text)
    kinds = list(bt.unit_options())
    for number, kind in enumerate(kinds):
        texts = ["{}"]
        for name, option in bt.unit_options(kind).items():
            texts += [f'{{"{name}": {value}}}' for value in values(option)]
        for k, text in enumerate(texts):
            (options / f"{kind}-{k}").write_bytes(bytes([number, 11, 2]) + text.encode())
    for k in range(len(RULES)):
        text = '{"strength": 0.1, "eps": 1e-3, "weights": ["v.W1"], "units": "data"}'
        text = text if k < 2 else '{"strength": 0.1, "eps": 1e-3, "groups": ["v.x"]}'
        (options / f"rule-{k}").write_bytes(bytes([len(kinds) + k, 11, 2]) + text.encode())
    tables(folder / "tables", networks)
    for k in range(len(FORMATS)):
        for j, given in enumerate(EXPORTS):
            head = bytes([len(kinds) + len(RULES) + k, 11, 2])
            (options / f"format-{k}-{j}").write_bytes(head + json.dumps(given).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
