import BacktuneNumerics

/// Linear states fed by a small layer, of tanh nodes by default:
///
///     x = A x(t-1) + B i(t-1) + E h(t-1);  h = f(b + F x(t) + G i(t))^d;  y = c + C x(t) + D i(t) + H h(t)
///
/// With f = identity and d = 3 the layer is cubic, and goes on as polynomials do where tanh saturates; the slope of a softplus
/// saturates, not its value. With E = H = 0 it is a linear model, from which estimation may start. `size` N is the number of states; groups `x` [N],
/// `h2` and `h` [hidden], `y` [outputs]; weights `x.A`, `x.B`, `x.E`, `h2.a` (b), `h2.F`, `h2.G`, `y.a` (c), `y.C`, `y.D`,
/// `y.H`, matrices [target nodes, source nodes]. Not of RR-9100.
///
/// With measured feedback it is the innovations form
///
///     x = a + A x(t-1) + B i(t-1) + K m(t) + E h(t-1)
///
/// m the measured output of one time step ago, a group `y.m1`: a predictor where y is known, a simulator where it is not.
/// K, the gain of the Kalman filter, is learnt with the rest: weights `x.K` [size, outputs] and `x.a`.
public struct StateSpace: Unit, BuiltInUnit {
  public static let kind = "state_space"
  public var size: Int
  /// The size of h; 0: a linear model, without h2 and h.
  public var hidden: Int
  /// The size of y.
  public var outputs: Int
  /// Lag of the input in x, in time steps; h and y read it at lag 0.
  public var inputLag: Int
  /// What x reads of y.
  public var feedback: OutputFeedback
  /// f.
  public var activation: ScalarFunction
  /// The power d, 1 to `largestDegree`.
  public var degree: Int

  /// A higher power of a value that is not about 1 is out of all range.
  package static let largestDegree = 9

  /// - Parameters:
  ///   - size: number N of states.
  ///   - hidden: nil for as many as states.
  public init(
    _ size: Int, hidden: Int? = nil, outputs: Int = 1, inputLag: Int = 1,
    feedback: OutputFeedback = .none, activation: ScalarFunction = .tanh, degree: Int = 1
  ) {
    (self.size, self.hidden) = (size, hidden ?? size)
    (self.outputs, self.inputLag, self.feedback) = (outputs, inputLag, feedback)
    (self.activation, self.degree) = (activation, degree)
  }

  package static var table: UnitTable<StateSpace> {
    UnitTable(
      UnitText(
        summary: "linear states fed by a small layer, of tanh nodes by default",
        equations:
          "x = A x(t-1) + B i(t-1) + E h(t-1); h = f(b + F x + G i)^degree; y = c + C x + D i + H h",
        notes: """
          With E = H = 0 it is the linear model of control theory, a good start for systems that were measured. Outside \
          of the range of the data a tanh stays where it is; a softplus of eps 1, whose slope saturates, goes on in \
          straight lines; the identity and a degree of 3 make a cubic layer: the model is polynomial, and goes on as \
          such. Groups `x`, `h2` (what f takes), `h`, `y`; weights `x.A`, `x.B`, `x.E`, `h2.a` (b), `h2.F`, `h2.G`, \
          `y.a` (c), `y.C`, `y.D`, `y.H`. Not of RR-9100.
          """,
        size: "Number of states x.", output: "The output y.",
        example: UnitExample(
          size: 2, options: #"{"hidden": 1, "activation": "identity", "degree": 3}"#,
          text: "a Duffing oscillator")),
      { StateSpace($0) },
      [
        .integer(
          "hidden", \.hidden,
          "Number of nodes h, by default as many as states; 0 for the linear model, without h2 and h.",
          least: 0),
        .integer("outputs", \.outputs, "Number of nodes of y.", least: 1),
        .lag(
          "input_lag", \.inputLag, "Lag of the input in x, in time steps; h and y read it at lag 0."
        ),
        .word(
          "feedback", \.feedback,
          """
          With `measured` it is the innovations form, x(t) = a + A x(t-1) + B i(t-1) + K m(t) + E h(t-1), m(t) what was \
          measured of y(t-1), y(t-1) itself where nothing was, a group `y.m1`. It predicts where y is known and \
          simulates where it is not. K, the gain of the Kalman filter, is learnt with the rest, at best with a horizon \
          of 1; weights `x.K` of shape (size, outputs) and `x.a`.
          """),
        .activation(\.activation),
        .integer(
          "degree", \.degree, "The power of f(...) that h is.", least: 1, most: largestDegree),
      ])
  }

  public func build(in network: inout Network, name: String) throws -> GroupID {
    try check()
    let x = try network.addLearnware("\(name).x", size: size)
    var layer: (sum: GroupID, value: GroupID)?
    if hidden > 0 {
      layer = (
        try network.addLearnware("\(name).h2", size: hidden),
        try network.addFirmware("\(name).h", size: hidden)
      )
    }
    let y = try network.addLearnware("\(name).y", size: outputs)
    try network.connect(Source(x, lag: 1), to: x, role: "A")
    try connectInput(in: &network, lag: inputLag, to: x, role: "B")
    if let layer {
      try network.connect(Source(layer.value, lag: 1), to: x, role: "E")
      try network.addBias(to: layer.sum)
      try network.connect(Source(x, lag: 0), to: layer.sum, role: "F")
      try connectInput(in: &network, lag: 0, to: layer.sum, role: "G")
      try network.addTerm(
        to: layer.value,
        factors: Array(repeating: (activation, Source(layer.sum, lag: 0)), count: degree))
    }
    try network.addBias(to: y)
    try network.connect(Source(x, lag: 0), to: y, role: "C")
    try connectInput(in: &network, lag: 0, to: y, role: "D")
    if let layer { try network.connect(Source(layer.value, lag: 0), to: y, role: "H") }
    if feedback == .measured {
      // What K reads has a mean of its own.
      try network.addBias(to: x)
      try network.connect(try network.measured(Source(y, lag: 1)), to: x, role: "K")
    }
    return y
  }

  private func connectInput(
    in network: inout Network, lag: Int, to target: GroupID, role: String
  ) throws {
    if network.inputs > 0 {
      try network.connect(Source(Network.input, lag: lag), to: target, role: role)
    }
  }
}
