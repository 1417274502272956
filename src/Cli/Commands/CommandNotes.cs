using System.CommandLine;

namespace Orleans.Cache.Cli.Commands;

/// <summary>What help says of a command beyond its options.</summary>
/// <param name="Json">What --json prints.</param>
/// <param name="Examples">Command lines; they say more than the rest.</param>
internal sealed record CommandNotes(string Json, IReadOnlyList<string> Examples);

/// <summary>Commands that belong together, in the order help shows them.</summary>
internal sealed record CommandGroup(string Title, IReadOnlyList<Command> Commands);
