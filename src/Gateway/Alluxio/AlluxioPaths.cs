using Orleans.Cache.Files;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>A path as the client spells it, and as the namespace has it.</summary>
internal readonly record struct AlluxioPath(string Spelling, CachePath Path);

/// <summary>
/// Which file a request means. Where a path is given with an id, it must be the path's: of the ways to read a path that was formatted
/// into a URL unescaped, the id tells the one that was meant, and a name that a '#' cut off does not become another file's.
/// </summary>
internal sealed class AlluxioPaths(CacheFileSystem files, PathIds ids, NeighbourIds neighbours)
{
    /// <exception cref="CacheException">NotFound: a bare id that is not known here. InvalidArgument: the id is another path's. InvalidPath.</exception>
    public AlluxioPath Resolve(in PathId id, in AlluxioQuery query, string parameter) => Find(id, query, parameter) ?? throw NotKnown(id, parameter);

    /// <summary>Null: a bare id that is not known here.</summary>
    /// <exception cref="CacheException">InvalidArgument: the id is another path's. InvalidPath.</exception>
    public AlluxioPath? Find(in PathId id, in AlluxioQuery query, string parameter)
    {
        string? likeliest = null;
        foreach (string reading in query.Readings(parameter))
        {
            if (PathId.Of(reading) == id)
                return At(reading);
            likeliest ??= reading;
        }
        if (ids.Find(id) is { } spelling)
            return At(spelling);
        if (likeliest is null)
            return null;
        throw new CacheException(CacheError.InvalidArgument,
            $"The id {id} is not the one of {parameter} '{likeliest}', which is {PathId.Of(likeliest)}; send the SHA-256 of the path as it is written, and escape '#' in names.");
    }

    /// <summary>A bare id, where a neighbour was told of it.</summary>
    /// <exception cref="CacheException">NotFound.</exception>
    public async Task<AlluxioPath> FromNeighboursAsync(PathId id, string parameter, CancellationToken cancellationToken) =>
        At(await neighbours.FindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw NotKnown(id, parameter));

    /// <summary>A path that comes without an id.</summary>
    /// <exception cref="CacheException">InvalidArgument: it is missing. NotFound, InvalidPath.</exception>
    public AlluxioPath Required(in AlluxioQuery query, string parameter) => At(query.Path(parameter)
        ?? throw new CacheException(CacheError.InvalidArgument, $"'{parameter}' is missing; give ?{parameter}=URL, for example ?{parameter}=file:///data/file."));

    public string UrlOf(CachePath path) => UfsNames.UrlOf(files.Mounts, path);

    private static CacheException NotKnown(in PathId id, string parameter) =>
        new(CacheError.NotFound, $"No path with the id {id} is known; give its {parameter}, or ask GET /v1/info for it first.");

    private AlluxioPath At(string spelling) => new(spelling, UfsNames.PathOf(files.Mounts, spelling));
}
