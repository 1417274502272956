using Orleans.Cache.Identity;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>An answer to a ranged read: what its headers say it is, and its bytes.</summary>
internal sealed class ObjectBody : IDisposable
{
    private readonly IDisposable _answer;

    private ObjectBody(IDisposable answer, Stream stream) => (_answer, Stream) = (answer, stream);

    public Stream Stream { get; }

    /// <summary>Null: the answer names none.</summary>
    public FileVersion? Version { get; private init; }

    /// <summary>First byte.</summary>
    public long Offset { get; private init; }

    /// <summary>Bytes of the body.</summary>
    public long Length { get; private init; }

    /// <summary>Bytes of the whole object; null: the answer does not say.</summary>
    public long? ObjectLength { get; private init; }

    /// <summary>What the answer's headers say of the object; null: not looked for, or it is none that this name means.</summary>
    public ObjectStatus? Status { get; private init; }

    /// <summary>Of an answer, which it owns from now on, also where this fails.</summary>
    /// <param name="answer">Disposed of with the body; ends the request.</param>
    /// <param name="stream">The body.</param>
    /// <param name="tag">Its ETag. Null, or one with nothing between its quotes: it names no version.</param>
    /// <param name="range">Its Content-Range; null: it has none.</param>
    /// <param name="length">Its Content-Length; less than 0: it has none.</param>
    /// <param name="describe">Makes <see cref="Status"/> of the object's version and length; null: it is not wanted.</param>
    /// <exception cref="StoreException">Broken: an ETag that is none, or what describing finds.</exception>
    public static ObjectBody Of(IDisposable answer, Stream stream, string? tag, string? range, long length, Func<FileVersion, long, ObjectStatus?>? describe)
    {
        try
        {
            bool isRange = TryParseContentRange(range, out long first, out long last, out long total);
            FileVersion? version = tag is { Length: > 2 } ? ObjectVersions.Of(tag) : null;
            // An answer without a range is the whole object; if that is what was asked for, it is right.
            long? objectLength = isRange ? total : range is null && length >= 0 ? length : null;
            return new ObjectBody(answer, stream)
            {
                Version = version,
                Offset = isRange ? first : 0,
                Length = isRange && length != last - first + 1 ? -1 : length,
                ObjectLength = objectLength,
                Status = version is { } known && objectLength is { } all ? describe?.Invoke(known, all) : null,
            };
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public void Dispose() => _answer.Dispose();

    /// <summary>Reads "bytes 0-9/100"; false for everything else.</summary>
    private static bool TryParseContentRange(string? text, out long first, out long last, out long total)
    {
        first = last = total = 0;
        if (text is null || !text.StartsWith("bytes ", StringComparison.Ordinal))
            return false;
        int dash = text.IndexOf('-'), slash = text.IndexOf('/');
        return dash > 0 && slash > dash
            && long.TryParse(text.AsSpan(6, dash - 6), out first)
            && long.TryParse(text.AsSpan(dash + 1, slash - dash - 1), out last)
            && long.TryParse(text.AsSpan(slash + 1), out total)
            && first >= 0 && last >= first && total > last;
    }
}
