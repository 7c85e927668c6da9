import BacktuneNetwork

/// The file that the interpreter of FMUs reads: Sources/Interpreter/load.c says what stands where.
struct FMUModel {
  private var words: [UInt64] = []

  /// - Parameters:
  ///   - step: seconds.
  ///   - variables: of the FMU: they are part of its token.
  init(_ equations: Equations, step: Double, _ variables: FMUVariables) {
    append(0x314C_45444F4D5442)  // BTMODEL1
    append(0)
    words += [UInt64](repeating: 0, count: Self.tokenWords)
    append(step)
    append(equations.inputCount)
    append(variables.measured.count)
    append(equations.tables.count)
    append(equations.signals.count)
    append(equations.outputs.count)
    for table in equations.tables {
      append(table.values.count)
      for value in table.values { append(value) }
    }
    for (place, signal) in equations.signals.enumerated() {
      append(signal.size)
      append(signal.depth)
      for value in signal.past.joined() { append(value) }
      let before = words.count
      append(0)
      append(signal.equation, firstMeasured: variables.firstMeasured[place] ?? 0)
      words[before] = UInt64(words.count - before - 1)
    }
    for output in equations.outputs {
      append(output.signal)
      append(output.count)
    }
    words[1] = UInt64(words.count)
    setToken(variables)
  }

  /// Says which FMU it belongs to: the same for the same network.
  private(set) var token = ""

  var bytes: [UInt8] {
    words.withUnsafeBytes { Array($0) }
  }

  private static let tokenPlace = 2
  private static let tokenWords = 5

  private mutating func append(_ value: Int) { words.append(UInt64(bitPattern: Int64(value))) }
  private mutating func append(_ value: Double) { words.append(value.bitPattern) }

  private mutating func append(_ equation: Equations.Equation, firstMeasured: Int) {
    func parts(_ reference: Equations.Reference) -> [Int] { [reference.signal, reference.lag] }
    func add(_ values: [Int]) { for value in values { append(value) } }
    switch equation {
    case .input: append(0)
    case .linear(let linear):
      let index = linear.bias?.index ?? []
      add([1, linear.bias?.table ?? -1, index.count] + index + [linear.products.count])
      for product in linear.products {
        add(parts(product.source) + [product.table])
        switch product.form {
        case .dense: add([0, 0])
        case .diagonal: add([1, 0])
        case .sparse(let entries):
          add([2, entries.count])
          for entry in entries { add([entry.node, entry.source, entry.value]) }
        }
      }
    case .elementwise(let terms):
      add([2, terms.count])
      for term in terms {
        append(term.coefficient)
        append(term.factors.count)
        for factor in term.factors {
          add([Self.code(of: factor.function)] + parts(factor.source))
          let parameters = factor.function.parameters + [0, 0]
          append(parameters[0])
          append(parameters[1])
        }
      }
    case .softmax(let source, let temperature):
      add([3] + parts(source))
      append(temperature)
    case .known(let own, _): add([4] + parts(own) + [firstMeasured])
    }
  }

  /// As Sources/Interpreter/model.h numbers them.
  private static func code(of function: ScalarFunction) -> Int {
    switch function {
    case .identity: 0
    case .tanh: 1
    case .zeta01: 2
    case .zeta: 3
    case .logistic: 4
    case .relu: 5
    case .softplus: 6
    case .exp: 7
    case .log: 8
    case .reciprocal: 9
    case .square: 10
    case .upsilon: 11
    case .step: 12
    }
  }

  /// Makes it of all that is in the file, and of the names.
  private mutating func setToken(_ variables: FMUVariables) {
    var sums: [UInt64] = [0xCBF2_9CE4_8422_2325, 0x6C62_272E_07BB_0142]
    func add(_ value: UInt64) {
      for place in sums.indices {
        sums[place] = (sums[place] ^ value &+ UInt64(place)) &* 0x0000_0100_0000_01B3
        // Upper bits reach the lower ones, which a product alone does not do.
        sums[place] ^= sums[place] >> 29
      }
    }
    for word in words { add(word) }
    for variable in variables.all {
      for byte in (variable.name + "\0" + variable.unit + "\0").utf8 { add(UInt64(byte)) }
    }
    let digits = sums.map { sum in
      let text = String(sum, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    var parts: [Substring] = []
    var rest = digits[...]
    for count in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    token = "{\(parts.joined(separator: "-"))}"
    for (place, byte) in token.utf8.enumerated() {
      words[Self.tokenPlace + place / 8] |= UInt64(byte) << UInt64(8 * (place % 8))
    }
  }
}
