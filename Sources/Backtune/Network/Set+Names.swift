extension Set<String> {
  /// Takes a name, or one like it where it is taken: with a number from 2 on, after `joint`.
  package mutating func take(_ wanted: String, joint: String = "_") -> String {
    var found = wanted
    var number = 2
    while !insert(found).inserted {
      found = "\(wanted)\(joint)\(number)"
      number += 1
    }
    return found
  }
}
