using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>What a bundle of diagnostics holds.</summary>
internal sealed record Bundle(string File, long Bytes, IReadOnlyList<string> Entries, IReadOnlyList<string> Missing);

/// <summary>ocache debug: everything that somebody who helps will ask for, in one file.</summary>
internal sealed class DebugCommand
{
    private const int LogLines = 1_000;

    /// <summary>One answer that hangs must not keep the others out of the bundle.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Option<string?> _output = new("-o", "--output") { Description = "The file to write. Default: ocache-debug-NODE-TIME.zip here.", HelpName = "FILE" };
    private readonly Option<double> _seconds = new("--seconds") { Description = "Between the two samples of figures and metrics.", HelpName = "SECONDS", DefaultValueFactory = _ => 2 };

    public Command Create(CommandContext context)
    {
        var command = new Command(
            "debug", "Writes one zip for whoever helps: settings without secrets, figures and metrics twice, mounts, load jobs, checks, the log.")
        {
            _output, _seconds,
        };
        context.Describe(
            command, """{"file":"ocache-debug-gpu-07-20260301T120000Z.zip","bytes":48213,"entries":["config.json"],"missing":[]}""", "ocache debug", "ocache debug -o report.zip --seconds 10");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        if (call.Get(_seconds) is not (>= 0 and <= 3600))
            throw new CommandFailedException(ExitCode.Usage, $"--seconds {call.Get(_seconds)} is not between 0 and 3600.");
        CacheFigures figures = (await call.Node.AskAsync(call.Node.Address.Of("api/v1/cache"), AnswerJson.Default.CacheFigures, cancellationToken).ConfigureAwait(false)).Value;
        string path = call.Get(_output) ?? DefaultName(figures.Node);
        Bundle bundle;
        try
        {
            bundle = await WriteAsync(call, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Local(path, "written", e);
        }
        IEnumerable<string> lines = [$"Wrote {path} ({Text.Size(bundle.Bytes)}): {string.Join(", ", bundle.Entries)}.", .. bundle.Missing.Select(m => "  missing: " + m)];
        await call.PrintAsync(JsonSerializer.Serialize(bundle, AnswerJson.Default.Bundle), lines, cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private async Task<Bundle> WriteAsync(Invocation call, string path, CancellationToken cancellationToken)
    {
        var entries = new List<string>();
        var missing = new List<string>();
        var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            await using (zip.ConfigureAwait(false))
            {
                async Task AddAsync(string name, Func<CancellationToken, Task<string>> text)
                {
                    if (await TryAsync(name, text, missing, cancellationToken).ConfigureAwait(false) is { } content)
                    {
                        await AddEntryAsync(zip, name, content, cancellationToken).ConfigureAwait(false);
                        entries.Add(name);
                    }
                }
                Task AskAsync(string name, string route) => AddAsync(name, token => call.Node.GetTextAsync(call.Node.Address.Of(route), token));
                await AddAsync("client.txt", _ => Task.FromResult(Client(call))).ConfigureAwait(false);
                await AskAsync("cache-1.json", "api/v1/cache").ConfigureAwait(false);
                await AskAsync("metrics-1.txt", "metrics").ConfigureAwait(false);
                foreach ((string name, string route) in Once)
                    await AskAsync(name, route).ConfigureAwait(false);
                await AddAsync("doctor.json", async token => JsonSerializer.Serialize(
                    await new Checkup(call.Node, ProgramVersion.Value, TimeProvider.System).RunAsync(token).ConfigureAwait(false), AnswerJson.Default.Diagnosis)).ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromSeconds(call.Get(_seconds)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
                await AskAsync("cache-2.json", "api/v1/cache").ConfigureAwait(false);
                await AskAsync("metrics-2.txt", "metrics").ConfigureAwait(false);
            }
            return new Bundle(path, file.Length, entries, missing);
        }
    }

    private static readonly (string Name, string Route)[] Once =
    [
        ("config.json", "api/v1/config"), ("mounts.json", "api/v1/mounts"), ("loads.json", "api/v1/load"), ("top.json", "api/v1/top"),
        ("ready.json", "health/ready"), ("log.txt", $"api/v1/log?lines={LogLines}"),
    ];

    private static async Task<string?> TryAsync(
        string name, Func<CancellationToken, Task<string>> text, List<string> missing, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await text(patience.Token).ConfigureAwait(false);
        }
        catch (CommandFailedException e)
        {
            missing.Add($"{name}: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            missing.Add($"{name}: no answer within {Patience.TotalSeconds} s.");
        }
        return null;
    }

    private static async Task AddEntryAsync(ZipArchive zip, string name, string content, CancellationToken cancellationToken)
    {
        var writer = new StreamWriter(zip.CreateEntry(name).Open());
        await using (writer.ConfigureAwait(false))
            await writer.WriteAsync(content.AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>About this side; no variable of the environment, since those hold secrets.</summary>
    private static string Client(Invocation call) =>
        $"ocache {ProgramVersion.Value}\n{RuntimeInformation.FrameworkDescription}\n{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}\n"
        + $"{Environment.ProcessorCount} processors\n{call.Node.Address}\n{TimeProvider.System.GetUtcNow():O}\n";

    private static string DefaultName(string node)
    {
        string name = string.Concat(node.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '_'));
        return $"ocache-debug-{name}-{TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.zip";
    }
}
