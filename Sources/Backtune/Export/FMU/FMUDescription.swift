import BacktuneNetwork

/// modelDescription.xml.
struct FMUDescription {
  let version: FMUFormat.Version
  let identifier: String
  let name: String
  let token: String
  /// Seconds.
  let step: Double
  let variables: FMUVariables
  /// Those of C.
  let sources: [String]

  var text: String {
    let isThree = version == .three
    var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
    lines.append(
      "<fmiModelDescription" + XML.attribute("fmiVersion", version.rawValue)
        + XML.attribute("modelName", name)
        + XML.attribute(isThree ? "instantiationToken" : "guid", token)
        + XML.attribute("description", "A recurrent network")
        + XML.attribute("generationTool", "backtune")
        + XML.attribute("variableNamingConvention", "flat") + ">")
    lines += coSimulation
    let units = Set(variables.all.map(\.unit).filter { !$0.isEmpty }).sorted()
    if !units.isEmpty {
      lines.append("  <UnitDefinitions>")
      lines += units.map { "    <Unit\(XML.attribute("name", $0))/>" }
      lines.append("  </UnitDefinitions>")
    }
    lines.append(#"  <LogCategories><Category name="error"/></LogCategories>"#)
    lines.append(
      "  <DefaultExperiment startTime=\"0\"" + XML.attribute("stopTime", "\(100 * step)")
        + XML.attribute("stepSize", "\(step)") + "/>")
    lines.append("  <ModelVariables>")
    lines += variableLines
    lines += ["  </ModelVariables>", "  <ModelStructure>"]
    lines += structure
    lines += ["  </ModelStructure>", "</fmiModelDescription>", ""]
    return lines.joined(separator: "\n")
  }

  /// What is built of which sources, for FMI 3.0; in 2.0 it is part of the description.
  var build: String {
    let files = sources.map { "      <SourceFile\(XML.attribute("name", $0))/>\n" }.joined()
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <fmiBuildDescription fmiVersion="3.0">
        <BuildConfiguration\(XML.attribute("modelIdentifier", identifier))>
          <SourceFileSet language="C99">
      \(files)    </SourceFileSet>
          <Library name="m" external="true"/>
        </BuildConfiguration>
      </fmiBuildDescription>

      """
  }

  private var coSimulation: [String] {
    let identifier = XML.attribute("modelIdentifier", identifier)
    if version == .three {
      return [
        "  <CoSimulation\(identifier) canHandleVariableCommunicationStepSize=\"true\""
          + XML.attribute("fixedInternalStepSize", "\(step)")
          + " canGetAndSetFMUState=\"true\" canSerializeFMUState=\"true\"/>"
      ]
    }
    return [
      "  <CoSimulation\(identifier) canHandleVariableCommunicationStepSize=\"true\""
        + " canNotUseMemoryManagementFunctions=\"true\" canGetAndSetFMUstate=\"true\""
        + " canSerializeFMUstate=\"true\">", "    <SourceFiles>",
    ] + sources.map { "      <File\(XML.attribute("name", $0))/>" }
      + ["    </SourceFiles>", "  </CoSimulation>"]
  }

  private var variableLines: [String] {
    let continuous = XML.attribute("variability", "continuous")
    let discrete = XML.attribute("variability", "discrete")
    var lines = [line(0, variables.time, "independent", continuous, start: nil)]
    for (place, variable) in variables.inputs.enumerated() {
      lines.append(line(1 + place, variable, "input", discrete, start: "0"))
    }
    for (place, variable) in variables.outputs.enumerated() {
      lines.append(line(variables.firstOutput + place, variable, "output", discrete, start: nil))
    }
    for (place, variable) in variables.measured.enumerated() {
      lines.append(
        line(variables.firstOfMeasured + place, variable, "input", discrete, start: "NaN"))
    }
    return lines
  }

  private func line(
    _ reference: Int, _ variable: FMUVariables.Variable, _ causality: String,
    _ variability: String, start: String?
  ) -> String {
    let named =
      XML.attribute("name", variable.name) + XML.attribute("valueReference", "\(reference)")
      + (variable.about.isEmpty ? "" : XML.attribute("description", variable.about))
      + XML.attribute("causality", causality) + variability
    let valued =
      (variable.unit.isEmpty ? "" : XML.attribute("unit", variable.unit))
      + (start.map { XML.attribute("start", $0) } ?? "")
    return version == .three
      ? "    <Float64\(named)\(valued)/>"
      : "    <ScalarVariable\(named)><Real\(valued)/></ScalarVariable>"
  }

  /// Outputs, and that their first values follow from the same variables.
  private var structure: [String] {
    func unknown(_ element: String, _ output: Int) -> String {
      let reference = variables.firstOutput + output
      let dependencies = variables.dependencies[output]
      // FMI 2.0 counts variables from 1.
      let (place, numbers) =
        version == .three
        ? (XML.attribute("valueReference", "\(reference)"), dependencies)
        : (XML.attribute("index", "\(reference + 1)"), dependencies.map { $0 + 1 })
      let text = numbers.map { "\($0)" }.joined(separator: " ")
      return "<\(element)\(place)\(XML.attribute("dependencies", text))/>"
    }
    let places = variables.outputs.indices
    if version == .three {
      return places.map { "    " + unknown("Output", $0) }
        + places.map { "    " + unknown("InitialUnknown", $0) }
    }
    func list(_ element: String) -> [String] {
      ["    <\(element)>"] + places.map { "      " + unknown("Unknown", $0) }
        + ["    </\(element)>"]
    }
    return places.isEmpty ? [] : list("Outputs") + list("InitialUnknowns")
  }
}
