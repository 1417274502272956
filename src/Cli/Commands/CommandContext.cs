using System.CommandLine;
using System.CommandLine.Help;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands;

/// <summary>The options that all commands share, and how a command becomes an exit code.</summary>
internal sealed class CommandContext
{
    private readonly Option<string> _url = new("--url")
    {
        Description = $"The node's address. Default: {NodeAddress.Variable}, else {NodeAddress.Default}.",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(NodeAddress.Variable) is { Length: > 0 } url ? url : NodeAddress.Default,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON for programs instead of text for people.", Recursive = true };

    private readonly Dictionary<Command, string[]> _examples = [];

    public void AddTo(Command root)
    {
        // -h is "human readable" in ls, as everywhere; --help and -? remain.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        var help = new HelpOption("--help", "-?");
        help.Action = new ExamplesHelp((HelpAction)help.Action!, _examples);
        root.Options.Add(help);
        root.Options.Add(_url);
        root.Options.Add(_json);
    }

    /// <summary>The path of a command; what begins with '-' is a mistyped option, not a path.</summary>
    public static Argument<string> Path(string description)
    {
        var path = new Argument<string>("path") { Description = description, HelpName = "PATH" };
        path.Validators.Add(given =>
        {
            if (given.Tokens is [{ Value: ['-', ..] text }])
                given.AddError($"'{text}' is not an option here; a path that begins with '-' is written /{text}.");
        });
        return path;
    }

    /// <summary>Command lines shown below the command's help.</summary>
    public void AddExamples(Command command, params string[] lines) => _examples[command] = lines;

    public bool IsJson(ParseResult arguments) => arguments.GetValue(_json);

    /// <summary>Gives the command what it runs: a client of the chosen node, disposed afterwards.</summary>
    public void SetAction(Command command, Func<ParseResult, NodeClient, CancellationToken, Task<int>> run) =>
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var node = new NodeClient(new NodeAddress(arguments.GetRequiredValue(_url)));
            return await run(arguments, node, cancellationToken).ConfigureAwait(false);
        });
}
