using System.CommandLine;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache mv: as mv, within one mount.</summary>
internal sealed class MoveCommand
{
    private readonly Argument<string> _from = CommandContext.Path("What to move.", "from");
    private readonly Argument<string> _to = CommandContext.Path("Its new path, or the directory to move it into. A file there is replaced.", "to");

    public Command Create(CommandContext context)
    {
        var command = new Command("mv", "Moves or renames a file or directory within a mount.") { _from, _to };
        context.Describe(command, "the status of what was moved, as stat prints it", "ocache mv /models/new.bin /models/model.bin", "ocache mv /incoming/0001.tar /train");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string from = call.PathOf(_from), to = call.PathOf(_to);
        if (await call.Node.FindAsync(to, cancellationToken).ConfigureAwait(false) is { IsDirectory: true })
            to = Place.Below(to, Place.NameOf(from));
        Uri address = call.Node.Address.Of($"api/v1/move?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}");
        Answer<Entry> moved = await call.Node.AskAsync(address, AnswerJson.Default.Entry, cancellationToken, HttpMethod.Post).ConfigureAwait(false);
        await call.PrintAsync(moved.Json, [$"Moved {Text.Name(from)} to {Text.Name(moved.Value.Path)}."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
