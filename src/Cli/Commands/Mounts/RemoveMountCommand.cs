using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>What became of a mount; the figures where its pages were dropped too.</summary>
internal sealed record RemovedMount(string Path, long? FreedFiles, long? FreedPages, long? FreedBytes);

/// <summary>ocache mount rm: the under storage keeps everything.</summary>
internal sealed class RemoveMountCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The path of a mount that was added.");
    private readonly Option<bool> _free = new("--free") { Description = "Drop its cached pages too; else they stay until they are evicted, or serve when it is added again." };

    public Command Create(CommandContext context)
    {
        var command = new Command("rm", "Removes a mount that was added. Files that are open are read to their end; the under storage keeps everything. Exits with 1 where other nodes of its cluster have other mounts.") { _path, _free };
        context.Describe(
            command, """{"path":"/imagenet"}, with --free also "freedFiles","freedPages","freedBytes" """.TrimEnd(),
            "ocache mount rm /imagenet", "ocache mount rm --free /scratch");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<RemovedMount> removed = await call.Node.AskAsync(
            call.Node.Address.Of(MountCommand.Route, call.PathOf(_path), call.Get(_free) ? "?free=true" : ""), AnswerJson.Default.RemovedMount, cancellationToken, HttpMethod.Delete)
            .ConfigureAwait(false);
        RemovedMount mount = removed.Value;
        string freed = mount.FreedPages is { } pages ? $" Freed {Text.Count(pages)} pages of {Text.Count(mount.FreedFiles ?? 0)} files ({Text.Size(mount.FreedBytes ?? 0)})." : "";
        await call.PrintAsync(removed.Json, [$"Removed the mount at {Text.Name(mount.Path)}.{freed}"], cancellationToken).ConfigureAwait(false);
        await ClusterMounts.RequireAgreementAsync(call.Node, cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
