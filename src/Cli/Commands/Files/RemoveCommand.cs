using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>What a deletion deleted.</summary>
internal sealed record Removed(string Path, bool Recursive);

/// <summary>ocache rm: deletes from the under storage. To drop from the cache only, there is free.</summary>
internal sealed class RemoveCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The file or empty directory; with -r any directory.");
    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "A directory with all it holds." };

    public Command Create(CommandContext context)
    {
        var command = new Command("rm", "Deletes a file from the under storage. To drop it from the cache only, use free.")
        {
            _path, _recursive,
        };
        context.Describe(command, """{"path":"/models/old.bin","recursive":false}""", "ocache rm /models/old.bin", "ocache rm -r /scratch/run-17");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string path = call.PathOf(_path);
        bool recursive = call.Get(_recursive);
        await call.Node.GetTextAsync(
            call.Node.Address.Of("api/v1/files", path, recursive ? "?recursive=true" : ""), cancellationToken, HttpMethod.Delete).ConfigureAwait(false);
        string json = JsonSerializer.Serialize(new Removed(path, recursive), AnswerJson.Default.Removed);
        await call.PrintAsync(json, [$"Deleted {Text.Name(path)}."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
