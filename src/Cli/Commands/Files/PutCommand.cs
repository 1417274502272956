using System.CommandLine;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache put: writes one file from a local file or from standard input.</summary>
internal sealed class PutCommand
{
    private const string StandardInput = "-";

    private readonly Argument<string> _source = new("file") { Description = "The local file, or - for standard input.", HelpName = "FILE" };
    private readonly Argument<string> _path = CommandContext.Path("Where it goes on the node; what is there is replaced.");
    private readonly Option<bool> _ifAbsent = new("--if-absent") { Description = "Only if nothing is there." };
    private readonly Option<string?> _ifVersion = new("--if-version") { Description = "Only if the file there has this version (as stat shows it).", HelpName = "VERSION" };

    public Command Create(CommandContext context)
    {
        var command = new Command("put", "Writes a file to the under storage through the node. Its mount must have the option rw.")
        {
            _source, _path, _ifAbsent, _ifVersion,
        };
        context.Describe(
            command, "the status of the file as written, as stat prints it",
            "ocache put model.bin /models/model.bin", "tar c images | ocache put - /train/images.tar", "ocache put --if-absent lock /jobs/7/lock");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string source = call.Get(_source)!;
        var tally = new CopyTally();
        Stream stream = source == StandardInput ? Console.OpenStandardInput() : Upload.Open(source);
        Answer<Entry> written;
        await using (stream.ConfigureAwait(false))
        {
            long? length = source == StandardInput ? null : stream.Length;
            tally.Expect(length ?? 0);
            using var body = new FileBody(stream, source, length, tally.Transferred);
            var progress = new ProgressLine(tally.Progress);
            await using (progress.ConfigureAwait(false))
            {
                written = await call.Node.PutFileAsync(
                    call.PathOf(_path), body, new WriteDemand(call.Get(_ifAbsent), call.Get(_ifVersion)), cancellationToken).ConfigureAwait(false);
            }
        }
        await call.PrintAsync(written.Json, [$"Wrote {Text.Name(written.Value.Path)} ({Text.Size(written.Value.Length)})."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
