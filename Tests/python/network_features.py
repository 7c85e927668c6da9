"""What there is in the JSON form of a network: to see that random ones have everything in them."""

import json
from collections import Counter
from itertools import product

import numpy as np
from random_units import LAGS
from reference import FUNCTIONS


def features(text):
    """Count what there is in the JSON form of a network."""
    document = json.loads(text)
    sizes = {group["name"]: group["size"] for group in document["groups"]}
    order = {name: place for place, name in enumerate(sizes)}
    sizes["input"], order["input"] = document["inputs"], -1
    found = Counter([f"{min(document['inputs'], 3)} inputs"])
    depths = Counter()
    outputs = {item["group"] for item in document.get("observe", [])} | {document.get("output")}

    def reads(kind, group, source, lag):
        found[f"{kind} at lag {lag}"] += 1
        found[f"{kind} of the input at lag {lag}"] += source == "input"
        place = np.sign(order[source] - order[group["name"]])
        found[f"{kind} of {('an earlier', 'the same', 'a later')[place + 1]} group"] += 1
        found["a later group at lag 0"] += place > 0 and lag == 0
        depths[source] = max(depths[source], lag)

    for group in document["groups"]:
        found[group["kind"]] += 1
        found[f"group of {group['size']}"] += 1
        if group["kind"] == "learnware":
            bias = group.get("bias", {})
            found["shared bias" if "index" in bias else "bias" if bias else "no bias"] += 1
            found["learnware without connection"] += not group["connections"]
        for link in group.get("connections", []):
            entries = group["size"] * sizes[link["source"]]
            part = len(link.get("entries", [0] * entries)) / max(entries, 1)
            often = "few" if part < 1 / 6 else "some" if part < 1 / 2 else "most"
            is_list = "entries" in link
            found[f"{link['form']}, {often} entries" if is_list else link["form"]] += 1
            reads(link["form"], group, link["source"], link["lag"])
        for term in group.get("terms", []):
            found[f"term of {len(term['factors'])} factors"] += 1
            often = Counter(json.dumps(factor, sort_keys=True) for factor in term["factors"])
            found["a factor several times"] += max(often.values(), default=0) > 1
            for factor in term["factors"]:
                found[factor["f"]["name"]] += 1
                reads("factor", group, factor["source"], factor["lag"])
                if sizes[factor["source"]] == 1 < group["size"]:
                    found[f"broadcast {'input' if factor['source'] == 'input' else 'group'}"] += 1
        found["firmware without term"] += group["kind"] == "firmware" and not group["terms"]
        if group["kind"] == "softmax":
            found["temperature"] += "temperature" in group
            reads("softmax", group, group["source"], group["lag"])
        if group["kind"] == "measured":
            kind = "stand-in" if group.get("standsForInput") else "measured"
            reads(kind, group, group["source"], group["lag"])
            found[f"{kind} of {'an output' if group['source'] in outputs else 'no output'}"] += 1
    for group in document["groups"]:
        if "initial" in group:
            depth = np.sign(group["initial"]["depth"] - depths[group["name"]])
            found[f"learnt past {('shorter than', 'of', 'longer than')[depth + 1]} its lag"] += 1
    for array in document.get("weights", []):
        fixed = array.get("fixed", [False])
        found["all fixed" if all(fixed) else "some fixed" if any(fixed) else "free"] += 1
        found["bounds"] += "lower" in array or "upper" in array
    found["tied arrays"] += max(Counter(uses(document)).values(), default=0) > 1
    found["rest"] += "rest" in document
    found["labels"] += "data" in document
    found["several observed groups"] += len(document.get("observe", [])) > 1
    found["part of a group observed"] += any(
        item["outputs"] < sizes[item["group"]] for item in document.get("observe", [])
    )
    return +found


def uses(document):
    """Names of the arrays that groups use, as often as they do."""
    for group in document["groups"]:
        parts = [*group.get("connections", []), group.get("bias"), group.get("initial")]
        yield from (part["weight"] for part in parts if part)


def required():
    """Name the features that there must be."""
    groups = "an earlier group", "the same group", "a later group"
    for form in "dense", "diagonal", "sparse", "shared", "factor":
        yield from (f"{form} at lag {lag}" for lag in range(LAGS))
        yield from (f"{form} of {group}" for group in groups)
        if form != "diagonal":
            yield from (f"{form} of the input at lag {lag}" for lag in range(LAGS))
    for form, part in product(["sparse", "shared"], ["few", "some", "most"]):
        yield f"{form}, {part} entries"
    for lag in range(LAGS):
        yield from (f"softmax at lag {lag}", f"softmax of the input at lag {lag}")
    for kind in "measured", "stand-in":
        yield from (f"{kind} at lag {lag}" for lag in range(kind == "measured", LAGS))
        yield from (f"{kind} of {what}" for what in ("an output", "no output", "an earlier group"))
        yield f"{kind} of a later group"
    yield from ("softmax of an earlier group", "softmax of a later group", "temperature")
    yield from FUNCTIONS
    yield from (f"term of {count} factors" for count in range(4))
    yield from (f"{count} inputs" for count in range(4))
    yield from (f"group of {size}" for size in [*range(1, 10), 33])
    yield from (f"learnt past {depth} its lag" for depth in ("shorter than", "of", "longer than"))
    yield from ("learnware", "firmware", "softmax", "a later group at lag 0")
    yield from ("broadcast group", "broadcast input", "a factor several times")
    yield from ("bias", "shared bias", "no bias", "tied arrays", "free", "some fixed", "all fixed")
    yield from ("learnware without connection", "firmware without term", "bounds", "rest", "labels")
    yield from ("several observed groups", "part of a group observed")
