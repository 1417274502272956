using System.CommandLine;
using Orleans.Cache.Cli.Measuring;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache top: the files and operations that are hot now.</summary>
internal sealed class TopCommand
{
    private const int DefaultLimit = 20;

    // Home, and clear from there on: a screen that is cleared first flickers.
    private const string Home = "\e[H\e[J";

    private readonly Sampling _sampling = new("screens", defaultSeconds: 2);
    private readonly Option<int> _limit = new("--limit") { Description = "How many files.", HelpName = "N", DefaultValueFactory = _ => DefaultLimit };

    public Command Create(CommandContext context)
    {
        var command = new Command("top", "Shows which files and operations are hot now. On a terminal until Ctrl-C, else once.") { _limit };
        _sampling.AddTo(command);
        context.Describe(
            command, """the answer of GET /api/v1/top: {"seconds":1,"files":[{"path","opens"}],"operations":[{"name","count","perSecond"}]}""",
            "ocache top", "ocache top --limit 5 --count 1");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        bool isScreen = Terminal.IsInteractive && !call.IsJson;
        Uri address = call.Node.Address.Of($"api/v1/top?limit={call.Get(_limit)}");
        await foreach (int _ in _sampling.TicksAsync(call, isScreen, cancellationToken).ConfigureAwait(false))
        {
            Answer<TopList> top = await call.Node.AskAsync(address, AnswerJson.Default.TopList, cancellationToken).ConfigureAwait(false);
            IEnumerable<string> lines = Lines(top.Value);
            await call.PrintAsync(top.Json, isScreen ? [Home + call.Node.Address, .. lines] : lines, cancellationToken).ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Lines(TopList top)
    {
        IEnumerable<string> operations = Table.Lines(
            ["OPERATION", ">COUNT", ">PER SECOND"],
            [.. top.Operations.Select(o => (IReadOnlyList<string>)[o.Name, Text.Count(o.Count), Text.Number(o.PerSecond, 1)])]);
        IEnumerable<string> files = Table.Lines(
            [">OPENS", "FILE"],
            [.. top.Files.Select(f => (IReadOnlyList<string>)[Text.Count(f.Opens), Text.Name(f.Path)])]);
        return [.. operations, "", .. files];
    }
}
