using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>ocache mount: what is mounted where, and changes of it.</summary>
internal static class MountCommand
{
    public const string Route = "api/v1/mounts";

    public static Command Create(CommandContext context)
    {
        var list = new Command("ls", "Lists the mounts: path, under storage, how long it is believed, whether it takes writes, and where it comes from.");
        context.Describe(list, """the answer of GET /api/v1/mounts: {"version":1,"mounts":[{"path","ufs","uri","freshness","writable","origin"}]}""", "ocache mount ls");
        CommandContext.SetAction(list, RunAsync);
        return new Command("mount", "Shows, adds and removes mounts (mount ls, add, rm).") { list, new AddMountCommand().Create(context), new RemoveMountCommand().Create(context) };
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<MountList> mounts = await call.Node.AskAsync(call.Node.Address.Of(Route), AnswerJson.Default.MountList, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(mounts.Json, Lines(mounts.Value.Mounts), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    public static IEnumerable<string> Lines(IReadOnlyList<MountEntry> mounts) => Table.Lines(
        ["PATH", "UNDER STORAGE", "FRESHNESS", "WRITES", "ORIGIN"],
        [.. mounts.Select(m => (IReadOnlyList<string>)[Text.Name(m.Path), m.Uri, m.Freshness, m.Writable ? "rw" : "ro", m.Origin ?? ""])]);
}
