using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Cache;

/// <summary>ocache explain: which pages are cached where, how fresh the status is, and why something is not cached.</summary>
internal sealed class ExplainCommand
{
    private const int MaxRanges = 20;

    private readonly Argument<string> _path = CommandContext.Path("The file or directory.");
    private readonly Option<bool> _all = new("--all") { Description = $"Every run of pages, not just the first {MaxRanges}." };

    public Command Create(CommandContext context)
    {
        var command = new Command("explain", "Shows which pages are cached where, how fresh the status is, and why something is not cached.")
        {
            _path, _all,
        };
        context.Describe(
            command, """the answer of GET /api/v1/explain/{path}: {"path","type","length","version","mount","status","owner","pages","ranges","truncated","reasons"}""",
            "ocache explain /train/0001.tar", "ocache explain --json /train/0001.tar | jq .reasons");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<Explanation> answer = await call.Node.AskAsync(
            call.Node.Address.Of("api/v1/explain", call.PathOf(_path)), AnswerJson.Default.Explanation, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(answer.Json, Lines(answer.Value, call.Get(_all) ? int.MaxValue : MaxRanges), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Lines(Explanation path, int maxRanges)
    {
        yield return $"Path      {Text.Name(path.Path)} ({path.Type}{(path.Length is { } length ? ", " + Text.Size(length) : "")})";
        if (path.Version is { } version)
            yield return $"Version   {version}";
        if (path.Mount is { } mount)
            yield return $"Mount     {mount.Path} = {mount.Uri}, {mount.Mode}{(mount.TtlSeconds is { } ttl ? $" ({Text.Number(ttl, 0)} s)" : "")}, {(mount.Writable ? "rw" : "ro")}";
        if (path.Status is { } status)
            yield return $"Status    {Freshness(status)}";
        if (path.Owner is { } owner)
            yield return $"Owner     {owner.Node}";
        if (path.Pages is { } pages)
            yield return $"Pages     {Text.Count(pages.Cached)} of {Text.Count(pages.Count)} cached ({Text.Percent(pages.Cached, pages.Count)}), of {Text.Size(pages.Size)}"
                + (pages.Verified is { } verified ? $"; {Text.Count(verified)} verified since the start" : "");
        foreach (ExplainedRange range in path.Ranges.Take(maxRanges))
            yield return $"  {Text.Count(range.FirstPage),10} - {Text.Count(range.LastPage),-10}  {Shown(range)}{(range.Node == path.Owner?.Node ? "" : "  of " + range.Node)}";
        if (path.Truncated || path.Ranges.Count > maxRanges)
            yield return $"  ... more runs of pages{(path.Ranges.Count > maxRanges ? "; --all shows them" : "")}";
        foreach (string reason in path.Reasons)
            yield return $"Why       {reason}";
    }

    private static string Shown(ExplainedRange range) =>
        range.Store is { } store ? Terminal.Good(range.State ?? "cached") + "  in " + store : Terminal.Doubtful(range.State ?? "not cached");

    private static string Freshness(ExplainedStatus status)
    {
        string age = status.AgeSeconds is { } seconds ? $", {Text.Number(seconds, 1)} s old" : "";
        string until = status.BelievedForSeconds is { } left ? $", believed for another {Text.Number(left, 1)} s" : ", believed for ever";
        return (status.FromCache ? "from memory" : "asked of the under storage just now") + age + until;
    }
}
