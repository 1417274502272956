using Orleans.Concurrency;

namespace Orleans.Cache.Grains.Files;

/// <summary>
/// One file, whether or not it is there: where every open and stat in the cluster asks what its owner does not believe yet. Lives at the node that owns the file's first stripe; its key
/// is <see cref="Placement.GrainKey.OfFile"/>.
/// </summary>
[Alias("ocache.file")]
public interface IFileGrain : IGrainWithStringKey
{
    /// <summary>
    /// The file's status, as fresh as its mount demands. Interleaves: a source that takes its time for one reader keeps no other
    /// waiting. The time is that of the slowest source: who asks a node that is gone notices that by itself, and sooner.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:01:00"), Alias("status")]
    ValueTask<StatusReply> GetStatusAsync();

    /// <summary>
    /// The file, or with <paramref name="recursive"/> something below it, has changed: raises its epoch and sends it to every node. One way, as what
    /// it sends: nobody who waits for somebody can be waited for.
    /// </summary>
    [OneWay, AlwaysInterleave, Alias("changed")]
    ValueTask ChangedAsync(bool recursive);
}
