using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache config show: what the node runs with, without secrets.</summary>
internal static class ConfigCommand
{
    public static Command Create(CommandContext context)
    {
        var show = new Command("show", "Shows the settings that are in force and where each comes from. Secrets are left out.");
        context.Describe(show, """the answer of GET /api/v1/config: {"settings":[{"name":"page-size","values":["1048576"],"origin":"default|flag|env|file","from":"--page-size"}]}""", "ocache config show", "ocache config show --json");
        CommandContext.SetAction(show, RunAsync);
        return new Command("config", "Shows the node's settings (config show).") { show };
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<NodeSettings> settings = await call.Node.AskAsync(
            call.Node.Address.Of("api/v1/config"), AnswerJson.Default.NodeSettings, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(settings.Json, Lines(settings.Value), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Lines(NodeSettings settings) => Table.Lines(
        ["SETTING", "VALUE", "FROM"],
        [.. settings.Settings.Select(s => (IReadOnlyList<string>)
            [s.Name, Text.Name(string.Join(", ", s.Values)), s.From is { } from ? $"{s.Origin} {from}" : s.Origin])]);
}
