using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orleans.Cache.Cli.Measuring;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache bench: reads what is there at several concurrencies; with --backend the same past the cache.</summary>
internal sealed class BenchCommand
{
    private const string CacheRoute = "api/v1/files";
    private const string SourceRoute = "api/v1/source";
    private const int MaxConcurrency = 1024;


    private readonly Argument<string> _path = CommandContext.Path("A file, or a directory whose files are read.");
    private readonly Option<string> _concurrency = new("-c", "--concurrency") { Description = "How many requests at once, one row each.", HelpName = "N,N,...", DefaultValueFactory = _ => "1,4,16,64" };
    private readonly Option<double> _seconds = new("-t", "--seconds") { Description = "For each row.", HelpName = "SECONDS", DefaultValueFactory = _ => 3 };
    private readonly Option<string> _range = new("-s", "--size") { Description = "Bytes of a request; smaller files are read whole.", HelpName = "SIZE", DefaultValueFactory = _ => "1MiB" };
    private readonly Option<string> _workingSet = new("--working-set") { Description = "Most bytes to draw ranges from.", HelpName = "SIZE", DefaultValueFactory = _ => "1GiB" };
    private readonly Option<bool> _backend = new("--backend") { Description = "Also read the under storage past the cache, for comparison." };

    public Command Create(CommandContext context)
    {
        var command = new Command("bench", "Reads random ranges at several concurrencies and prints one table. The ranges are read once before, so that they are cached.")
        {
            _path, _concurrency, _seconds, _range, _workingSet, _backend,
        };
        context.Describe(
            command,
            """{"path":"/train","files":12,"rangeBytes":1048576,"rows":[{"target":"cache","concurrency":4,"seconds":3.001,"requests":5120,"bytes":5368709120,"mibPerSecond":1706,"requestsPerSecond":1706,"p50Ms":2.1,"p99Ms":4.8,"errors":0}]}""",
            "ocache bench /train", "ocache bench /train --backend -c 1,16 -t 10", "ocache bench /train/index.db --size 4KiB");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        int[] concurrencies = Concurrencies(call.Get(_concurrency)!);
        if (call.Get(_seconds) is not (> 0 and <= 3600))
            throw new CommandFailedException(ExitCode.Usage, $"--seconds {call.Get(_seconds)} is not between 0 and 3600.");
        long rangeBytes = Size.Parse(call.Get(_range)!, "--size"), workingSet = Size.Parse(call.Get(_workingSet)!, "--working-set");
        if (rangeBytes == 0 || workingSet == 0)
            throw new CommandFailedException(ExitCode.Usage, "a size of 0 reads nothing; give --size and --working-set at least 1.");
        (List<ReadTarget> targets, int files) = await TargetsAsync(call, rangeBytes, workingSet, cancellationToken).ConfigureAwait(false);
        if (targets.Count == 0)
            throw new CommandFailedException(ExitCode.Refused, $"'{call.PathOf(_path)}' holds no bytes to read.");
        var rows = new List<BenchRow>();
        string now = "";
        var progress = new ProgressLine(() => now);
        await using (progress.ConfigureAwait(false))
        {
            foreach (string route in call.Get(_backend) ? new[] { CacheRoute, SourceRoute } : [CacheRoute])
            {
                var generator = new LoadGenerator(call.Node, route, targets);
                now = "reading everything once";
                if (route == CacheRoute)
                    await generator.WarmUpAsync(concurrencies.Max(), cancellationToken).ConfigureAwait(false);
                foreach (int concurrency in concurrencies)
                {
                    now = $"{NameOf(route)}, {concurrency} at once";
                    rows.Add(await generator.MeasureAsync(NameOf(route), concurrency, TimeSpan.FromSeconds(call.Get(_seconds)), cancellationToken).ConfigureAwait(false));
                }
            }
        }
        var table = new BenchTable(call.PathOf(_path), files, rangeBytes, rows);
        await call.PrintAsync(JsonSerializer.Serialize(table, AnswerJson.Default.BenchTable), Lines(table), cancellationToken).ConfigureAwait(false);
        return rows.All(r => r.Errors == 0) ? ExitCode.Ok : ExitCode.Refused;
    }

    private static string NameOf(string route) => route == CacheRoute ? "cache" : "under storage";

    private static int[] Concurrencies(string text)
    {
        var numbers = new List<int>();
        foreach (string part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > MaxConcurrency)
                throw new CommandFailedException(ExitCode.Usage, $"--concurrency '{text}' is not a list such as 1,4,16 of numbers up to {MaxConcurrency}.");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>Ranges side by side from the first files on, until the working set is full.</summary>
    private async Task<(List<ReadTarget> Targets, int Files)> TargetsAsync(Invocation call, long rangeBytes, long workingSet, CancellationToken cancellationToken)
    {
        var targets = new List<ReadTarget>();
        int files = 0;
        long bytes = 0;
        await foreach (Entry entry in FilesAsync(call, cancellationToken).ConfigureAwait(false))
        {
            if (bytes >= workingSet)
                break;
            files++;
            for (long offset = 0; offset < entry.Length && bytes < workingSet; offset += rangeBytes)
            {
                long length = Math.Min(rangeBytes, entry.Length - offset);
                targets.Add(new ReadTarget(entry.Path, offset, length));
                bytes += length;
            }
        }
        return (targets, files);
    }

    private async IAsyncEnumerable<Entry> FilesAsync(Invocation call, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Entry root = (await call.Node.StatAsync(call.PathOf(_path), cancellationToken).ConfigureAwait(false)).Value;
        if (!root.IsDirectory)
        {
            yield return root;
            yield break;
        }
        await foreach (Entry entry in call.Node.ListAsync(root.Path, recursive: true, cancellationToken).ConfigureAwait(false))
        {
            if (!entry.IsDirectory && entry.Length > 0)
                yield return entry;
        }
    }

    private static IEnumerable<string> Lines(BenchTable table)
    {
        yield return $"{Text.Name(table.Path)}: {Text.Count(table.Files)} files, requests of {Text.Size(table.RangeBytes)}";
        foreach (string line in Table.Lines(
            ["FROM", ">AT ONCE", ">MIB/S", ">REQUESTS/S", ">P50 MS", ">P99 MS", ">ERRORS"],
            [.. table.Rows.Select(r => (IReadOnlyList<string>)
            [
                r.Target, Text.Count(r.Concurrency), Text.Number(r.MibPerSecond, 1), Text.Number(r.RequestsPerSecond, 1),
                Text.Number(r.P50Ms, 2), Text.Number(r.P99Ms, 2), Text.Count(r.Errors),
            ])]))
            yield return line;
    }
}
