using System.CommandLine;
using System.CommandLine.Help;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands;

/// <summary>The options that all commands share, what help says beyond them, and how a command becomes an exit code.</summary>
internal sealed class CommandContext
{
    private static readonly Option<string?> Url = new("--url")
    {
        Description = $"The node's address; else what {NodeAddress.Variable} says, else {NodeAddress.Default}.",
        HelpName = "URL",
        Recursive = true,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON for programs instead of text for people.", Recursive = true };

    private readonly Dictionary<Command, CommandNotes> _notes = [];

    /// <summary>Adds what all commands have to the root.</summary>
    public void AddTo(RootCommand root, IReadOnlyList<CommandGroup> groups)
    {
        // -h is "human readable" in ls, as everywhere; --help and -? remain.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        var help = new HelpOption("--help", "-?");
        help.Action = new CommandHelp((HelpAction)help.Action!, this, groups);
        root.Options.Add(help);
        root.Options.Add(Url);
        root.Options.Add(Json);
    }

    /// <summary>A path of the cache, completed by asking the node.</summary>
    public static Argument<string> Path(string description, string name = "path")
    {
        var path = new Argument<string>(name) { Description = description, HelpName = name.ToUpperInvariant() };
        path.CompletionSources.Add(PathCompletion.Suggest);
        return path;
    }

    /// <summary>The address that was asked for, or the default.</summary>
    public static NodeAddress AddressOf(ParseResult arguments) => new(
        arguments.GetValue(Url) ?? (Environment.GetEnvironmentVariable(NodeAddress.Variable) is { Length: > 0 } url ? url : NodeAddress.Default));

    /// <summary>What help and docs/CLI.md say of a command beyond its options.</summary>
    /// <param name="command">Which.</param>
    /// <param name="json">What --json prints: where it is described, or an example.</param>
    /// <param name="examples">Command lines.</param>
    public void Describe(Command command, string json, params string[] examples) => _notes[command] = new CommandNotes(json, examples);

    public CommandNotes? NotesOf(Command command) => _notes.GetValueOrDefault(command);

    /// <summary>Gives the command what it runs: a client of the chosen node, disposed afterwards.</summary>
    public static void SetAction(Command command, Func<Invocation, CancellationToken, Task<int>> run) =>
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var node = new NodeClient(AddressOf(arguments));
            return await run(new Invocation(arguments, node, arguments.GetValue(Json)), cancellationToken).ConfigureAwait(false);
        });
}
