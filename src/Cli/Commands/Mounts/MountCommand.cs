using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;
using Orleans.Cache.Gateway.Fuse;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>
/// ocache mount: with a node's address and a directory, the cache as local files (<see cref="LocalMount"/>); by its subcommands, what the node mounts from under storages.
/// </summary>
internal sealed class MountCommand
{
    public const string Route = "api/v1/mounts";

    /// <summary>Eight reads of 1 MiB under way keep a network busy where one alone would wait for each answer.</summary>
    private const string AheadOfNetwork = "read-ahead=8192";

    private readonly Argument<string?> _node = new("url") { HelpName = "URL", Description = "Address of any node of the cluster.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _directory = new("directory") { HelpName = "DIRECTORY", Description = "An empty directory, where the files appear.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _options = new("--options", "-o") { HelpName = "OPTION,...", Description = "How it is mounted: " + MountArguments.Known + "." };
    private readonly Option<bool> _foreground = new("--foreground", "-f") { Description = "Serve in this process until it is unmounted or told to end; else another does, and this one returns." };

    public Command Create(CommandContext context)
    {
        var list = new Command("ls", "Lists the mounts: path, under storage, how long it is believed, whether it takes writes, where it comes from, and how much of it the node has.");
        context.Describe(list, """the answer of GET /api/v1/mounts: {"version":1,"mounts":[{"path","ufs","uri","freshness","writable","origin","state","trouble","saved","cachedBytes","quotaBytes"}]}""", "ocache mount ls");
        CommandContext.SetAction(list, RunAsync);
        var command = new Command("mount", "Mounts the cache as local files (mount URL DIRECTORY); shows, adds and removes a node's mounts (mount ls, add, rm).")
        {
            _node, _directory, _options, _foreground, list, new AddMountCommand().Create(context), new RemoveMountCommand().Create(context),
        };
        context.Describe(
            command, "nothing: it prints one line when the files are there",
            "ocache mount http://cache-1:28080 /mnt/cache", "ocache mount -o allow-other,root=/imagenet http://cache-1:28080 /mnt/imagenet", "ocache umount /mnt/cache");
        CommandContext.SetAction(command, MountAsync);
        return command;
    }

    private async Task<int> MountAsync(Invocation call, CancellationToken cancellationToken)
    {
        if (call.Get(_node) is not { } url || call.Get(_directory) is not { } directory)
            throw new CommandFailedException(ExitCode.Usage, "give a node's address and a directory, as in ocache mount http://cache-1:28080 /mnt/cache; or ls, add, rm.");
        var node = new Uri(new NodeAddress(url).ToString());
        string[] options = call.Get(_options) ?? [];
        MountArguments how;
        try
        {
            how = MountArguments.Parse(Path.GetFullPath(directory), [AheadOfNetwork, .. options.SelectMany(o => o.Split(','))]);
        }
        catch (CacheException e)
        {
            throw new CommandFailedException(ExitCode.Usage, e.Message, e);
        }
        if (how.WantedWriting)
            await Console.Error.WriteLineAsync("'rw' is not to be had: the cache is mounted for reading only. Say 'ro' to leave this line out.".AsMemory(), cancellationToken).ConfigureAwait(false);
        return call.Get(_foreground)
            ? await LocalMount.ServeAsync(node, how, cancellationToken).ConfigureAwait(false)
            : await LocalMount.StartAsync(["mount", url, how.MountPoint, .. options.SelectMany(o => o.Split(',')).Where(o => o != "rw").SelectMany(o => new[] { "-o", o })], cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<MountList> mounts = await call.Node.AskAsync(call.Node.Address.Of(Route), AnswerJson.Default.MountList, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(mounts.Json, Lines(mounts.Value.Mounts), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    public static IEnumerable<string> Lines(IReadOnlyList<MountEntry> mounts) => Table.Lines(
        ["PATH", "UNDER STORAGE", "FRESHNESS", "WRITES", "ORIGIN", "CACHED"],
        [.. mounts.Select(m => (IReadOnlyList<string>)[Text.Name(m.Path), m.Uri, m.Freshness, m.Writable ? "rw" : "ro", m.Origin ?? "", Cached(m)])]);

    private static string Cached(MountEntry mount) => Text.Size(mount.CachedBytes) + (mount.QuotaBytes is { } quota ? $" of {Text.Size(quota)}" : "");
}
