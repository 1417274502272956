using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

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
        context.AddExamples(command, "ocache cat /models/config.json", "ocache cat /train/0001.tar | tar t");
        context.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, NodeClient node, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await node.GetFileAsync(arguments.GetRequiredValue(_path), cancellationToken).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            Stream output = StandardOutput.Open();
            await using (output.ConfigureAwait(false))
                await CopyAsync(node, body, output, cancellationToken).ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }

    /// <summary>Tells a node that broke off from a reader that went away: both are IOExceptions.</summary>
    private static async Task CopyAsync(NodeClient node, Stream body, Stream output, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw node.BrokeOff(e);
            }
            if (read == 0)
                return;
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }
}
