using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache mkdir: as mkdir -p.</summary>
internal sealed class MakeDirectoryCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The directory; those above it are made as well, and one that exists is fine.");

    public Command Create(CommandContext context)
    {
        var command = new Command("mkdir", "Makes a directory in the under storage.") { _path };
        context.Describe(command, "the status of the directory, as stat prints it", "ocache mkdir /scratch/run-17/checkpoints");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Uri address = call.Node.Address.Of("api/v1/mkdir?path=" + Uri.EscapeDataString(call.PathOf(_path)));
        Answer<Entry> made = await call.Node.AskAsync(address, AnswerJson.Default.Entry, cancellationToken, HttpMethod.Post).ConfigureAwait(false);
        await call.PrintAsync(made.Json, [$"Made {Text.Name(made.Value.Path)}."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
