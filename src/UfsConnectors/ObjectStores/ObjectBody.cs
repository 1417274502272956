using Orleans.Cache.Identity;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>An answer to a ranged read: what its headers say it is, and its bytes.</summary>
/// <param name="stream">The body.</param>
/// <param name="owner">Disposed of with it; ends the request.</param>
internal sealed class ObjectBody(Stream stream, IDisposable owner) : IDisposable
{
    public Stream Stream { get; } = stream;

    /// <summary>Null: the answer names none.</summary>
    public FileVersion? Version { get; init; }

    /// <summary>First byte.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes of the body.</summary>
    public long Length { get; init; }

    /// <summary>Bytes of the whole object; null: the answer does not say.</summary>
    public long? ObjectLength { get; init; }

    /// <summary>What the answer's headers say of the object; null: not looked for, or it is none that this name means.</summary>
    public ObjectStatus? Status { get; init; }

    /// <summary>Reads "bytes 0-9/100"; false for everything else.</summary>
    public static bool TryParseContentRange(string? text, out long first, out long last, out long total)
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

    public void Dispose() => owner.Dispose();
}
