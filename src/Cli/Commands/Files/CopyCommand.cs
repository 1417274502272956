using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>ocache cp: from the node, to the node, and from place to place on it. Where a copy lands is decided as cp decides it.</summary>
internal sealed class CopyCommand
{
    /// <summary>Hides the latency of small files; more only shares the same link.</summary>
    private const int DefaultParallel = 8;

    private const int MaxParallel = 256;

    private readonly Argument<string> _from = Side("from", "What to copy: oc:/PATH on the node, else a local path.");
    private readonly Argument<string> _to = Side("to", "Where to: the copy's own path, or a directory to copy into.");
    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "A directory with all it holds." };
    private readonly Option<bool> _force = new("-f", "--force") { Description = "Downloads: also what is the same here already (length and time of modification)." };
    private readonly Option<bool> _update = new("-u", "--update") { Description = "Uploads: only what is missing there, has another length, or is newer here." };
    private readonly Option<int> _parallel = new("-j", "--parallel") { Description = "Files at once.", HelpName = "N", DefaultValueFactory = _ => DefaultParallel };

    public Command Create(CommandContext context)
    {
        var command = new Command(
            "cp",
            "Copies files from the node, to it, or on it. A path on the node is written oc:/PATH. Downloads go on where an interrupted one stopped.")
        {
            _from, _to, _recursive, _force, _update, _parallel,
        };
        context.Describe(
            command,
            """{"files":2,"skipped":0,"failed":0,"bytes":5242980,"resumedBytes":0,"seconds":0.031,"errors":[]}; on the node the answer of POST /api/v1/copy""",
            "ocache cp oc:/models/model.bin .", "ocache cp -r oc:/train ./train", "ocache cp -r ./results oc:/results", "ocache cp oc:/models/a.bin oc:/models/b.bin");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private static Argument<string> Side(string name, string description)
    {
        var side = new Argument<string>(name) { Description = description, HelpName = name.ToUpperInvariant() };
        side.CompletionSources.Add(PathCompletion.SuggestMarked);
        return side;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Place from = Place.Parse(call.Get(_from)!), to = Place.Parse(call.Get(_to)!);
        if (!from.IsOnNode && !to.IsOnNode)
            throw new CommandFailedException(ExitCode.Usage, $"neither '{from}' nor '{to}' is on the node; write the node's side as {Place.Prefix}/PATH.");
        if (call.Get(_parallel) is < 1 or > MaxParallel)
            throw new CommandFailedException(ExitCode.Usage, $"--parallel {call.Get(_parallel)} is not between 1 and {MaxParallel}.");
        if (from.IsOnNode && to.IsOnNode)
            return await OnNodeAsync(call, from.Path, to.Path, cancellationToken).ConfigureAwait(false);
        var tally = new CopyTally();
        var progress = new ProgressLine(tally.Progress);
        await using (progress.ConfigureAwait(false))
        {
            await (from.IsOnNode
                ? DownloadAsync(call, tally, from.Path, call.Get(_to)!, cancellationToken)
                : UploadAsync(call, tally, from.Path, to.Path, call.Get(_to)!, cancellationToken)).ConfigureAwait(false);
        }
        return await ReportAsync(call, tally.Summary(), cancellationToken).ConfigureAwait(false);
    }

    private async Task DownloadAsync(Invocation call, CopyTally tally, string from, string to, CancellationToken cancellationToken)
    {
        Entry source = (await call.Node.StatAsync(from, cancellationToken).ConfigureAwait(false)).Value;
        bool into = Directory.Exists(to) || (!source.IsDirectory && to.EndsWith('/'));
        string target = into ? Path.Combine(to, Place.NameOf(from)) : to;
        if (into)
            TreeCopy.MakeDirectory(to);
        var download = new Download(call.Node, tally, call.Get(_force));
        if (!source.IsDirectory)
            await download.RunAsync(source, target, cancellationToken).ConfigureAwait(false);
        else
        {
            RequireRecursive(call, source.Path);
            await new TreeCopy(call.Node, tally, call.Get(_parallel)).DownloadAsync(source.Path, target, download, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UploadAsync(Invocation call, CopyTally tally, string from, string to, string given, CancellationToken cancellationToken)
    {
        Entry? there = await call.Node.FindAsync(to, cancellationToken).ConfigureAwait(false);
        string target = to;
        if (there is { IsDirectory: true } || given.EndsWith('/'))
        {
            target = Place.Below(to, Place.NameOf(Path.GetFullPath(from)));
            there = await call.Node.FindAsync(target, cancellationToken).ConfigureAwait(false);
        }
        var upload = new Upload(call.Node, tally, call.Get(_update));
        if (!Directory.Exists(from))
            await upload.RunAsync(from, target, there, cancellationToken).ConfigureAwait(false);
        else
        {
            RequireRecursive(call, from);
            await new TreeCopy(call.Node, tally, call.Get(_parallel)).UploadAsync(from, target, upload, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<int> OnNodeAsync(Invocation call, string from, string to, CancellationToken cancellationToken)
    {
        if (await call.Node.FindAsync(to, cancellationToken).ConfigureAwait(false) is { IsDirectory: true })
            to = Place.Below(to, Place.NameOf(from));
        string query = $"?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}&recursive={(call.Get(_recursive) ? "true" : "false")}";
        Answer<CopiedOnNode> copied = await call.Node.AskAsync(
            call.Node.Address.Of("api/v1/copy" + query), AnswerJson.Default.CopiedOnNode, cancellationToken, HttpMethod.Post).ConfigureAwait(false);
        await call.PrintAsync(
            copied.Json, [$"Copied {Text.Count(copied.Value.Files)} files ({Text.Size(copied.Value.Bytes)}) to {Text.Name(to)}."], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private void RequireRecursive(Invocation call, string path)
    {
        if (!call.Get(_recursive))
            throw new CommandFailedException(ExitCode.Usage, $"'{path}' is a directory; copy it with -r.");
    }

    private static async Task<int> ReportAsync(Invocation call, CopySummary summary, CancellationToken cancellationToken)
    {
        string resumed = summary.ResumedBytes > 0 ? $", {Text.Size(summary.ResumedBytes)} were there" : "";
        string skipped = summary.Skipped > 0 ? $", {Text.Count(summary.Skipped)} the same already" : "";
        string line = $"Copied {Text.Count(summary.Files)} files ({Text.Size(summary.Bytes)}{resumed}) in {Text.Seconds(summary.Seconds)}{skipped}.";
        await call.PrintAsync(JsonSerializer.Serialize(summary, AnswerJson.Default.CopySummary), [line], cancellationToken).ConfigureAwait(false);
        if (summary.Failed == 0)
            return ExitCode.Ok;
        throw new CommandFailedException(ExitCode.Refused, $"{Text.Count(summary.Failed)} files failed, the first: {summary.Errors[0]}");
    }
}
