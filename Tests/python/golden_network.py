"""Networks that golden files describe, built from single groups and not from units."""

import backtune as bt
import numpy as np


def from_golden(case, sharpness=None):
    """Build the network of a case; None where two connections share an array.

    With a sharpness, every step becomes a smooth threshold.
    """
    description = case["network"]
    net = bt.Network(description["inputs"])
    groups = {"input": net.input}
    for group in description["groups"]:
        name = group["name"]
        if group["kind"] == "softmax":
            source = groups[group["source"]].lag(group["lag"])
            temperature = group.get("temperature", 1)
            groups[name] = net.softmax_group(source, name, temperature=temperature)
        else:
            groups[name] = getattr(net, group["kind"])(group["size"], name)
    arrays = [link["weight"] for group in description["groups"] for link in links(group)]
    if len(set(arrays)) < len(arrays):
        return None
    for group in description["groups"]:
        bias = group.get("bias")
        if bias:
            groups[group["name"]].bias(role(group, bias), bias.get("index"))
        for link in links(group):
            connect(groups, group, link)
        for term in group.get("terms", []):
            factors = [
                (function(factor, sharpness), groups[factor["source"]].lag(factor["lag"]))
                for factor in term["factors"]
            ]
            groups[group["name"]].add(term["coef"], *factors)
    for name, weight in case["weights"].items():
        values = weight["values"] if isinstance(weight, dict) else weight
        net.weights[name] = np.array(values, dtype=float).reshape(net.weights[name].shape)
    observe = case.get("observe", "x")
    if isinstance(observe, dict):
        return net.observe(groups[observe["group"]], count=observe["outputs"])
    return net.observe(groups[observe])


def links(group):
    return group.get("connections", [])


def role(group, weight):
    return weight["weight"][len(group["name"]) + 1 :]


def connect(groups, group, link):
    form = link["form"]
    extra = {"form": form} if form in ("dense", "diagonal") else {}
    if form == "sparse":
        extra["mask"] = link["mask"]
    if form == "shared":
        extra["index"] = link["index"]
    source = groups[link["source"]].lag(link["lag"])
    groups[group["name"]].connect(source, role(group, link), **extra)


def function(factor, sharpness):
    described = factor["f"]
    if not isinstance(described, dict):
        described = {"name": described, **factor}
    if described["name"] == "step" and sharpness is not None:
        return bt.upsilon(sharpness)
    skipped = ("name", "f", "source", "lag")
    return bt.Function(
        described["name"], tuple((k, v) for k, v in described.items() if k not in skipped)
    )
