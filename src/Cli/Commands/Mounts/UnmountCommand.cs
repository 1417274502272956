using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Fuse.Mounting;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>What was unmounted.</summary>
internal sealed record UnmountedDirectory(string Path);

/// <summary>ocache umount: takes local files away; the process that serves them ends.</summary>
internal sealed class UnmountCommand
{
    private readonly Argument<string> _directory = new("directory") { HelpName = "DIRECTORY", Description = "Where the cache is mounted." };
    private readonly Option<bool> _lazy = new("--lazy") { Description = "Also while files there are open: they can be read to their end, new users find nothing." };

    public Command Create(CommandContext context)
    {
        var command = new Command("umount", "Unmounts a directory that 'ocache mount URL DIRECTORY' or a node's --fuse has mounted, dead ones too.") { _directory, _lazy };
        context.Describe(command, """{"path":"/mnt/cache"}""", "ocache umount /mnt/cache", "ocache umount --lazy /mnt/cache");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(call.Get(_directory)!);
        if (await Unmounting.UnmountAsync(path, call.Get(_lazy)).ConfigureAwait(false) is { } reason)
            throw new CommandFailedException(ExitCode.Local, reason);
        string json = JsonSerializer.Serialize(new UnmountedDirectory(path), AnswerJson.Default.UnmountedDirectory);
        await call.PrintAsync(json, [$"Unmounted {path}."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
