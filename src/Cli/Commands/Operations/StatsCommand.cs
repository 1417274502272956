using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orleans.Cache.Cli.Measuring;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache stats: a line each second, what clients got beside what the under storage gave.</summary>
internal sealed class StatsCommand
{
    /// <summary>Heads are repeated so that one is always on the screen.</summary>
    private const int HeadEvery = 20;

    private readonly Sampling _sampling = new("lines", defaultSeconds: 1);

    public Command Create(CommandContext context)
    {
        var command = new Command(
            "stats", "Prints a line a second: what clients got beside what the under storage gave for it. The first line is the average since the node's start.");
        _sampling.AddTo(command);
        context.Describe(
            command,
            """one object a line: {"time","seconds","client":{"reads","hits","bytes","statusHits"},"underStorage":{"reads","bytes","stats","lists","writes","bytesWritten","errors"},"amplification","cache":{the answer of GET /api/v1/cache}}; counts of the interval, cache since the start""",
            "ocache stats", "ocache stats --interval 5 --count 12", "ocache stats --json -n 60 > minute.jsonl");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        CacheFigures? before = null;
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            await foreach (int i in _sampling.TicksAsync(call, endless: true, cancellationToken).ConfigureAwait(false))
            {
                Answer<CacheFigures> now = await call.Node.AskAsync(
                    call.Node.Address.Of("api/v1/cache"), AnswerJson.Default.CacheFigures, cancellationToken).ConfigureAwait(false);
                StatsLine line = StatsLine.Between(before, now.Value, TimeProvider.System.GetUtcNow());
                if (!call.IsJson && i % HeadEvery == 0)
                    await output.WriteLineAsync(Head).ConfigureAwait(false);
                await output.WriteLineAsync(call.IsJson ? JsonSerializer.Serialize(line, AnswerJson.Default.StatsLine) : Row(line)).ConfigureAwait(false);
                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                before = now.Value;
            }
        }
        return ExitCode.Ok;
    }

    private const string Head =
        "------------ clients -----------  -------------------- under storage --------------------\n"
        + "   reads/s     hits       MiB/s          reads/s       MiB/s  stats/s writes/s errors  bytes read / given";

    private static string Row(StatsLine line)
    {
        double seconds = Math.Max(line.Seconds, 0.001);
        string amplification = line.Amplification is { } factor ? factor.ToString("0.00", CultureInfo.InvariantCulture) : "-";
        return $"{Text.Number(line.Client.Reads / seconds, 1),10} {Text.Percent(line.Client.Hits, line.Client.Reads),8} {Text.Mebibytes(line.Client.Bytes / seconds),11}  "
            + $"{Text.Number(line.UnderStorage.Reads / seconds, 1),15} {Text.Mebibytes(line.UnderStorage.Bytes / seconds),11} "
            + $"{Text.Number((line.UnderStorage.Stats + line.UnderStorage.Lists) / seconds, 1),8} {Text.Number(line.UnderStorage.Writes / seconds, 1),8} "
            + $"{Text.Count(line.UnderStorage.Errors),6}  {amplification,18}";
    }
}
