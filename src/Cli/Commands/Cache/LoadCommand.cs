using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Cache;

/// <summary>ocache load: begins, follows, shows and stops load jobs. A job belongs to the node: it goes on when this program ends.</summary>
internal sealed class LoadCommand
{
    /// <summary>Twice a second looks alive and asks nothing of the node.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly Argument<string?> _path = new("path") { Description = "The file or directory; without it the jobs that the node knows are listed.", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _follow = new("-f", "--follow") { Description = "Wait for its end; exit with 1 unless all of it was loaded." };
    private readonly Option<bool> _progress = new("--progress") { Description = "Only say how far the job is that runs already." };
    private readonly Option<bool> _stop = new("--stop") { Description = "Stop the job; what was loaded stays." };

    public Command Create(CommandContext context)
    {
        _path.CompletionSources.Add(PathCompletion.Suggest);
        var command = new Command("load", "Brings a file or tree into the cache ahead of its readers. Without --follow it goes on by itself.")
        {
            _path, _follow, _progress, _stop,
        };
        context.Describe(
            command,
            """the answer of POST /api/v1/load: {"path","state","startedAt","elapsedSeconds","filesFound","filesDone","filesFailed","bytesFound","bytesDone","bytesLoaded","errors"}; without a path an array of them""",
            "ocache load /train --follow", "ocache load /models/model.bin", "ocache load /train --stop", "ocache load");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        bool stop = call.Get(_stop), progress = call.Get(_progress), follow = call.Get(_follow);
        if (stop && (follow || progress))
            throw new CommandFailedException(ExitCode.Usage, "--stop goes neither with --follow nor with --progress; give one of them.");
        if (call.Get(_path) is not { } given)
        {
            if (stop || progress || follow)
                throw new CommandFailedException(ExitCode.Usage, "a path is missing: say which job.");
            return await ListAsync(call, cancellationToken).ConfigureAwait(false);
        }
        Uri address = call.Node.Address.Of("api/v1/load?path=" + Uri.EscapeDataString(Copying.Place.OnNode(given)));
        HttpMethod method = stop ? HttpMethod.Delete : progress ? HttpMethod.Get : HttpMethod.Post;
        Answer<LoadJob> job = await call.Node.AskAsync(address, AnswerJson.Default.LoadJob, cancellationToken, method).ConfigureAwait(false);
        if (follow)
            job = await FollowAsync(call, address, job, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(job.Json, Describe(job.Value), cancellationToken).ConfigureAwait(false);
        bool failed = job.Value.State == "FAILED" || (follow && (job.Value.State != "SUCCEEDED" || job.Value.FilesFailed > 0));
        return failed ? ExitCode.Refused : ExitCode.Ok;
    }

    private static async Task<Answer<LoadJob>> FollowAsync(Invocation call, Uri address, Answer<LoadJob> job, CancellationToken cancellationToken)
    {
        try
        {
            var line = new ProgressLine(() => Line(job.Value));
            await using (line.ConfigureAwait(false))
            {
                while (!job.Value.HasEnded)
                {
                    await Task.Delay(PollInterval, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                    job = await call.Node.AskAsync(address, AnswerJson.Default.LoadJob, cancellationToken).ConfigureAwait(false);
                }
            }
            return job;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"ocache: the job goes on; 'ocache load {job.Value.Path} --stop' ends it.").ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<IReadOnlyList<LoadJob>> jobs = await call.Node.AskAsync(
            call.Node.Address.Of("api/v1/load"), AnswerJson.Default.IReadOnlyListLoadJob, cancellationToken).ConfigureAwait(false);
        IEnumerable<string> lines = Table.Lines(
            ["PATH", "STATE", ">FILES", ">DONE", ">FAILED", ">BYTES", ">DONE", ">SECONDS"],
            [.. jobs.Value.Select(j => (IReadOnlyList<string>)
            [
                Text.Name(j.Path), j.State, Text.Count(j.FilesFound), Text.Count(j.FilesDone), Text.Count(j.FilesFailed),
                Text.Size(j.BytesFound), Text.Size(j.BytesDone), Text.Number(j.ElapsedSeconds, 1),
            ])]);
        await call.PrintAsync(jobs.Json, jobs.Value.Count == 0 ? ["No load job is known."] : lines, cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Describe(LoadJob job)
    {
        yield return Line(job);
        foreach (string error in job.Errors)
            yield return "  " + error;
    }

    private static string Line(LoadJob job)
    {
        string rate = job.ElapsedSeconds > 0 ? $", {Text.Size((long)(job.BytesLoaded / job.ElapsedSeconds))}/s" : "";
        string failed = job.FilesFailed > 0 ? $", {Text.Count(job.FilesFailed)} failed" : "";
        return $"{job.State}  {Text.Name(job.Path)}: {Text.Count(job.FilesDone)} of {Text.Count(job.FilesFound)} files{failed}, "
            + $"{Text.Size(job.BytesDone)} of {Text.Size(job.BytesFound)} cached, {Text.Size(job.BytesLoaded)} fetched in {Text.Seconds(job.ElapsedSeconds)}{rate}";
    }
}
