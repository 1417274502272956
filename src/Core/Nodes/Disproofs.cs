using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Nodes;

/// <summary>
/// Has other nodes forget versions that reads have proven gone, which their own beliefs may still name. Of many readers that meet the same version at once one tells,
/// and all wait for it.
/// </summary>
/// <remarks>
/// Readers may join a telling that began before their own proof: the version was gone already then, and who asks afterwards is not told of it.
/// What the readers get is the proof, whether or not the others could be told.
/// </remarks>
internal sealed partial class Disproofs(TimeProvider time, ILogger log)
{
    /// <summary>A node that does not answer keeps a reader no longer; the telling goes on. Its own limit, where a node is lost, is about the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<FileRef, Lazy<Task>> _telling = new();

    /// <summary>Makes all nodes forget a path. Null: there are no others. Set once, before anything is asked.</summary>
    public Func<CachePath, Task>? Tell { get; set; }

    /// <param name="file">The version that is gone.</param>
    /// <param name="path">Where a mount shows it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask TellAsync(FileRef file, CachePath path, CancellationToken cancellationToken)
    {
        if (Tell is not { } tell)
            return;
        Task telling = _telling.GetOrAdd(file, static (file, given) => new Lazy<Task>(() => given.This.RunAsync(given.tell, file, given.path)), (This: this, tell, path)).Value;
        try
        {
            await telling.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // See Patience.
        }
    }

    private async Task RunAsync(Func<CachePath, Task> tell, FileRef file, CachePath path)
    {
        try
        {
            await tell(path).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotTold(path.Value, e.Message);
        }
        finally
        {
            _telling.TryRemove(file, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all nodes could be told that '{Path}' has changed; they find out when what they believe of it ends: {Reason}")]
    private partial void LogNotTold(string path, string reason);
}
