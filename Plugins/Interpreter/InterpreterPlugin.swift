import Foundation
import PackagePlugin

/// Compiles the interpreter of FMUs with the clang of the toolchain, and gives it to the target as a Swift file.
@main
struct InterpreterPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = context.package.directoryURL.appending(path: "Sources/Interpreter")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let made = context.pluginWorkDirectoryURL.appending(path: "InterpreterFiles.swift")
    return [
      .buildCommand(
        displayName: "Interpreter of FMUs", executable: URL(filePath: "/bin/sh"),
        arguments: [
          folder.appending(path: "embed.sh").path(), try context.tool(named: "clang").url.path(),
          made.path(),
        ],
        inputFiles: files.sorted { $0.path() < $1.path() }, outputFiles: [made])
    ]
  }
}
