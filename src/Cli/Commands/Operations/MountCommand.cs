using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache mount ls: what is mounted where.</summary>
internal static class MountCommand
{
    public static Command Create(CommandContext context)
    {
        var list = new Command("ls", "Lists the mounts: path, under storage, how long it is believed, and whether it takes writes.");
        context.Describe(list, """the answer of GET /api/v1/mounts: {"version":1,"mounts":[{"path","ufs","uri","freshness","writable"}]}""", "ocache mount ls");
        CommandContext.SetAction(list, RunAsync);
        var command = new Command("mount", "Shows mounts (mount ls).") { list };
        return command;
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<MountList> mounts = await call.Node.AskAsync(call.Node.Address.Of("api/v1/mounts"), AnswerJson.Default.MountList, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(mounts.Json, Lines(mounts.Value), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    public static IEnumerable<string> Lines(MountList mounts) => Table.Lines(
        ["PATH", "UNDER STORAGE", "FRESHNESS", "WRITES"],
        [.. mounts.Mounts.Select(m => (IReadOnlyList<string>)[Text.Name(m.Path), m.Uri, m.Freshness, m.Writable ? "rw" : "ro"])]);
}
