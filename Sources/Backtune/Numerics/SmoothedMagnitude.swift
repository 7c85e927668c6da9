/// |x| - nu log(1 + |x|/nu), the function that x^2 / (nu + |x^|) majorises up to a constant, twice: x^2 / (2 nu) for
/// |x| << nu, |x| for |x| >> nu.
package func smoothedMagnitude(_ x: Double, _ nu: Double) -> Double {
  let u = abs(x) / nu
  // The difference cancels for small u: below, the series u^2/2 - u^3/3 + ... to its tenth power.
  guard u < 0.03 else { return abs(x) - nu * log1p(u) }
  var sum = 0.0
  for k in (2...10).reversed() { sum = (k.isMultiple(of: 2) ? 1 : -1) / Double(k) + u * sum }
  return nu * u * u * sum
}
