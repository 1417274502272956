using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Loading;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>What became of a request to begin or to stop a load.</summary>
internal sealed record LoadAccepted(bool Success, string JobId, string Path, string Message);

/// <summary>How far a load is; the state by the letter.</summary>
internal sealed record LoadReport(string JobState, string Path, string Message, IReadOnlyDictionary<string, string> RespProperties);

/// <summary>
/// Load jobs: submit, progress and stop, always answered 200, for clients look at the answer alone. A job is named by its path.
/// </summary>
internal sealed class AlluxioLoads(CacheFileSystem files, LoadJobs jobs, AlluxioPaths paths, TimeProvider time)
{
    public Task HandleAsync(HttpContext context)
    {
        var query = new AlluxioQuery(context.Request);
        AlluxioPath path = paths.Required(query, "path");
        return query.Text("opType") switch
        {
            null or "submit" => AnswerAsync(context, SubmitAsync(path, context.RequestAborted)),
            "progress" => AnswerAsync(context, ProgressAsync(path, context.RequestAborted)),
            "stop" => AnswerAsync(context, Task.FromResult(Stop(path))),
            string other => throw new CacheException(CacheError.InvalidArgument, $"opType '{other}' is unknown; give submit, progress or stop."),
        };
    }

    private static async Task AnswerAsync<T>(HttpContext context, Task<T> answer) =>
        await context.Response.WriteAsJsonAsync(await answer.ConfigureAwait(false), RestJson.Options, context.RequestAborted).ConfigureAwait(false);

    private async Task<LoadAccepted> SubmitAsync(AlluxioPath path, CancellationToken cancellationToken)
    {
        try
        {
            await files.GetStatusAsync(path.Path, cancellationToken).ConfigureAwait(false);
            jobs.Submit(path.Path);
            return Accepted(path, true, "The load runs; ask for its progress.");
        }
        catch (CacheException e)
        {
            return Accepted(path, false, e.Message);
        }
    }

    private LoadAccepted Stop(AlluxioPath path) =>
        jobs.Stop(path.Path) ? Accepted(path, true, "The load stops.") : Accepted(path, false, "No load of this path runs.");

    private static LoadAccepted Accepted(AlluxioPath path, bool success, string message) => new(success, path.Path.Value, path.Spelling, message);

    private async Task<LoadReport> ProgressAsync(AlluxioPath path, CancellationToken cancellationToken)
    {
        LoadProgress? progress = jobs.Find(path.Path);
        long started = time.GetTimestamp();
        while (progress is { HasEnded: false } && time.GetElapsedTime(started) < AlluxioOptions.ProgressPatience)
        {
            await Task.Delay(AlluxioOptions.ProgressPause, time, cancellationToken).ConfigureAwait(false);
            progress = jobs.Find(path.Path);
        }
        // A job that a restart took with it will never end: for those who wait for it, it has failed.
        return progress is null
            ? new LoadReport(NameOf(LoadState.Failed), path.Spelling, "No load of this path is known; submit one.", new Dictionary<string, string>())
            : Report(path, progress);
    }

    private static LoadReport Report(AlluxioPath path, LoadProgress progress)
    {
        double seconds = Math.Max(progress.Elapsed.TotalSeconds, 0.001);
        var lines = new Dictionary<string, string>
        {
            ["Job State"] = NameOf(progress.State),
            ["Files Processed"] = Text(progress.FilesDone),
            ["Files Found"] = Text(progress.FilesFound),
            ["Bytes Loaded"] = $"{FileObject.HumanReadable(progress.BytesDone)} out of {FileObject.HumanReadable(progress.BytesFound)}",
            ["Throughput"] = FileObject.HumanReadable((long)(progress.BytesLoaded / seconds)) + "/s",
            ["Files Failed"] = Text(progress.FilesFailed),
        };
        IEnumerable<string> report = lines.Select(line => $"\t{line.Key}: {line.Value}").Concat(progress.Errors.Select(error => "\t" + error));
        return new LoadReport(NameOf(progress.State), path.Spelling, "Progress for loading path '" + path.Spelling + "':\n" + string.Join('\n', report), lines);
    }

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(LoadState state) => state.ToString().ToUpperInvariant();
}
