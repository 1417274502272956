using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache head and ocache tail: lines or bytes of one end of a file.</summary>
internal sealed class HeadCommand(bool isTail)
{
    private const long DefaultLines = 10;

    private readonly Argument<string> _path = CommandContext.Path("The file.");
    private readonly Option<long> _lines = new("-n", "--lines") { Description = "How many lines.", HelpName = "LINES", DefaultValueFactory = _ => DefaultLines };
    private readonly Option<string?> _bytes = new("-c", "--bytes") { Description = "Bytes instead of lines, e.g. 1MiB.", HelpName = "BYTES" };

    public Command Create(CommandContext context)
    {
        Command command = isTail
            ? new("tail", "Writes the end of a file to standard output. The rest of it is not transferred.")
            : new("head", "Writes the beginning of a file to standard output. The rest of it is not transferred.");
        command.Add(_path);
        command.Add(_lines);
        command.Add(_bytes);
        context.Describe(
            command, "the bytes, as without", $"ocache {command.Name} -n 5 /data/labels.csv", $"ocache {command.Name} -c 1KiB /train/0001.tar | xxd");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        long? bytes = call.Get(_bytes) is { } size ? Size.Parse(size, "--bytes") : null;
        long lines = call.Get(_lines);
        if (lines < 0)
            throw new CommandFailedException(ExitCode.Usage, $"--lines {lines} is negative; give 0 or more.");
        Entry file = (await call.Node.StatAsync(call.PathOf(_path), cancellationToken).ConfigureAwait(false)).Value;
        if (file.IsDirectory)
            throw new CommandFailedException(ExitCode.Refused, $"'{file.Path}' is a directory; name a file.");
        var end = new FileEnd(call.Node, file);
        Stream output = StandardOutput.Open();
        await using (output.ConfigureAwait(false))
        {
            if (isTail)
            {
                long start = bytes is null ? await end.FindLastLinesAsync(lines, cancellationToken).ConfigureAwait(false) : Math.Max(0, file.Length - bytes.Value);
                await end.CopyAsync(start, file.Length - start, output, cancellationToken).ConfigureAwait(false);
            }
            else if (bytes is null)
                await end.CopyFirstLinesAsync(lines, output, cancellationToken).ConfigureAwait(false);
            else
                await end.CopyAsync(0, Math.Min(bytes.Value, file.Length), output, cancellationToken).ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }
}
