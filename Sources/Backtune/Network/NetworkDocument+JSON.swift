import BacktuneNumerics

/// Reads and writes the documents as JSON; keys that are not known are passed over, null counts as absent.
extension NetworkDocument: JSONReadable, JSONWritable {
  package init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    format = try members[optional: "format"]
    version = try members[optional: "version"]
    inputs = try members["inputs"]
    groups = try members["groups"]
    weights = try members[optional: "weights"]
    observe = try members[optional: "observe"]
    output = try members[optional: "output"]
    rest = try members[optional: "rest"]
    data = try members[optional: "data"]
    seed = try members[optional: "seed"]
  }

  package var json: JSONValue {
    JSONValue([
      "format": format, "version": version, "inputs": inputs, "groups": groups,
      "weights": weights, "observe": observe, "output": output, "rest": rest, "data": data,
      "seed": seed,
    ])
  }
}

extension NetworkDocument.RestDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    values = try members["values"]
    groups = try members[optional: "groups"]
    taken = try members[optional: "taken"]
  }

  var json: JSONValue { JSONValue(["values": values, "groups": groups, "taken": taken]) }
}

extension NetworkDocument.LabelDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    inputNames = try members[optional: "inputNames"]
    outputNames = try members[optional: "outputNames"]
    inputUnits = try members[optional: "inputUnits"]
    outputUnits = try members[optional: "outputUnits"]
    samplingTime = try members[optional: "samplingTime"]
  }

  var json: JSONValue {
    JSONValue([
      "inputNames": inputNames, "outputNames": outputNames, "inputUnits": inputUnits,
      "outputUnits": outputUnits, "samplingTime": samplingTime,
    ])
  }
}

extension NetworkDocument.GroupDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    name = try members["name"]
    kind = try members["kind"]
    size = try members["size"]
    bias = try members[optional: "bias"]
    connections = try members[optional: "connections"]
    terms = try members[optional: "terms"]
    source = try members[optional: "source"]
    lag = try members[optional: "lag"]
    standsForInput = try members[optional: "standsForInput"]
    temperature = try members[optional: "temperature"]
    initial = try members[optional: "initial"]
  }

  var json: JSONValue {
    JSONValue([
      "name": name, "kind": kind, "size": size, "bias": bias, "connections": connections,
      "terms": terms, "source": source, "lag": lag, "standsForInput": standsForInput,
      "temperature": temperature, "initial": initial,
    ])
  }
}

extension NetworkDocument.InitialDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    weight = try members["weight"]
    depth = try members["depth"]
  }

  var json: JSONValue { JSONValue(["weight": weight, "depth": depth]) }
}

extension NetworkDocument.BiasDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    weight = try members["weight"]
    index = try members[optional: "index"]
  }

  var json: JSONValue { JSONValue(["weight": weight, "index": index]) }
}

extension NetworkDocument.ConnectionDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    weight = try members["weight"]
    source = try members["source"]
    lag = try members["lag"]
    form = try members["form"]
    entries = try members[optional: "entries"]
    slotOfEntry = try members[optional: "slotOfEntry"]
    mask = try members[optional: "mask"]
    index = try members[optional: "index"]
  }

  var json: JSONValue {
    JSONValue([
      "weight": weight, "source": source, "lag": lag, "form": form, "entries": entries,
      "slotOfEntry": slotOfEntry, "mask": mask, "index": index,
    ])
  }
}

extension NetworkDocument.TermDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    coef = try members["coef"]
    factors = try members["factors"]
  }

  var json: JSONValue { JSONValue(["coef": coef, "factors": factors]) }
}

extension NetworkDocument.FactorDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    f = try members["f"]
    source = try members["source"]
    lag = try members["lag"]
  }

  var json: JSONValue { JSONValue(["f": f, "source": source, "lag": lag]) }
}

extension NetworkDocument.WeightDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    name = try members["name"]
    values = try members["values"]
    lower = try members[optional: "lower"]
    upper = try members[optional: "upper"]
    fixed = try members[optional: "fixed"]
    draw = try members[optional: "draw"]
    origin = try members[optional: "origin"]
  }

  var json: JSONValue {
    JSONValue([
      "name": name, "values": values, "lower": lower, "upper": upper, "fixed": fixed,
      "draw": draw, "origin": origin,
    ])
  }
}

extension NetworkDocument.ObservedDocument: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    group = try members["group"]
    outputs = try members["outputs"]
  }

  var json: JSONValue { JSONValue(["group": group, "outputs": outputs]) }
}

/// Its name and, beside it, its parameters by theirs.
extension ScalarFunction: JSONReadable, JSONWritable {
  init(json: JSONValue) throws {
    let members = try JSONMembers(json)
    let name: String = try members["name"]
    let labels = Self.table.first { $0.name == name }?.parameters ?? []
    try self.init(name, try labels.map { try members[$0] })
  }

  var json: JSONValue {
    let labels = Self.table.first { $0.name == name }?.parameters ?? []
    var values = Dictionary(uniqueKeysWithValues: zip(labels, parameters.map(\.json)))
    values["name"] = .text(name)
    return .object(values)
  }
}
