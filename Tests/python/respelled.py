"""The same network in other words: forms of the JSON text that the engine reads alone."""

import json
from collections import Counter

import numpy as np
from network_features import uses


def respelled(text, random):
    """Return a text that means the same, drawn by `random`; rests of groups are drawn too."""
    document = json.loads(text)
    sizes = {group["name"]: group["size"] for group in document["groups"]}
    sizes["input"] = document["inputs"]
    is_measured = any(group["kind"] == "measured" for group in document["groups"])
    if not is_measured:
        document["version"] = int(random.integers(1, 4))
        if document["version"] == 1:
            document.pop("data", None)
    used = Counter(uses(document))
    for group in document["groups"]:
        for link in group.get("connections", []):
            if random.random() < 0.5:
                respell_link(link, group["size"], sizes[link["source"]])
        for term in group.get("terms", []):
            for factor in term["factors"]:
                factor["f"] = respelled_function(factor["f"])
    full(document, sizes, used, random)
    if random.random() < 0.5:
        rest(document, random)
    return json.dumps(document)


def spellings(document):
    """Name what there is in a document that the engine does not write."""
    found = {f"version {document['version']}"}
    if document.get("rest", {}).get("groups"):
        found.add("rest of groups")
    arrays = {array["name"]: array for array in document.get("weights", [])}
    for group in document["groups"]:
        for link in group.get("connections", []):
            if "mask" in link or "index" in link:
                found.add(f"matrix for {link['form']}")
            entries = link.get("entries") or np.flatnonzero(np.ravel(link.get("mask", [])))
            if link["form"] == "sparse" and len(arrays[link["weight"]]["values"]) > len(entries):
                found.add("value for every place")
        names = [
            factor["f"]["name"] for term in group.get("terms", []) for factor in term["factors"]
        ]
        if "tanh" in names or "zeta01" in names:
            found.add("function by its usual name")
    return found


def respell_link(link, rows, columns):
    """Say by a matrix which entries there are."""
    if link["form"] == "sparse":
        mask = np.zeros((rows, columns), int)
        mask.flat[link.pop("entries")] = 1
        link["mask"] = mask.tolist()
    elif link["form"] == "shared":
        index = np.full((rows, columns), -1)
        index.flat[link.pop("entries")] = link.pop("slotOfEntry")
        link["index"] = index.tolist()


def respelled_function(function):
    """Name a zeta of usual bounds as people do."""
    bounds = function.get("a"), function.get("b")
    names = {(-1, 1): "tanh", (0, 1): "zeta01"}
    return {"name": names[bounds]} if bounds in names else function


def full(document, sizes, used, random):
    """Give some sparse arrays one value for every place of their matrix."""
    arrays = {array["name"]: array for array in document.get("weights", [])}
    for group in document["groups"]:
        for link in group.get("connections", []):
            array = arrays[link["weight"]]
            if link["form"] != "sparse" or used[array["name"]] > 1 or random.random() < 0.5:
                continue
            count = group["size"] * sizes[link["source"]]
            if "entries" in link:
                entries = link["entries"]
            else:
                entries = np.flatnonzero(np.ravel(link["mask"]))
            for key, absent in [("values", 7.0), ("lower", None), ("upper", None), ("fixed", True)]:
                if key in array:
                    whole = [absent] * count
                    for place, value in zip(entries, array[key]):
                        whole[place] = value
                    array[key] = whole


def rest(document, random):
    """Say what there was before t = 0 of inputs, and of groups of which measurements are read."""
    measured = {g["source"]: 0 for g in document["groups"] if g["kind"] == "measured"}
    sizes = {group["name"]: group["size"] for group in document["groups"]}
    document["rest"] = {"values": list(random.normal(size=document["inputs"]) / 2)}
    if measured:
        document["rest"]["groups"] = {
            name: list(random.normal(size=sizes[name]) / 2) for name in measured
        }
    if random.random() < 0.5:
        document["rest"]["taken"] = True
