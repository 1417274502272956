using System.CommandLine;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache cat: a file's bytes on standard output, all of them or a failure.</summary>
internal sealed class CatCommand
{
    /// <summary>Bytes copied at a time: 256 KiB keeps system calls out of the profile.</summary>
    private const int BufferBytes = 256 * 1024;

    private readonly Argument<string> _path = CommandContext.Path("The file to print.");

    public Command Create(CommandContext context)
    {
        var command = new Command("cat", "Writes a file to standard output.")
        {
            _path,
        };
        context.Describe(command, "the bytes of the file, as without", "ocache cat /models/config.json", "ocache cat /train/0001.tar | tar t");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await call.Node.GetFileAsync(call.PathOf(_path), cancellationToken).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            Stream output = StandardOutput.Open();
            await using (output.ConfigureAwait(false))
                await new BodyCopy(call.Node).CopyAsync(body, output, BufferBytes, cancellationToken).ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }
}
