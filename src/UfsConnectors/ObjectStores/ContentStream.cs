using System.Runtime.InteropServices;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>What is sent, as SDKs want it.</summary>
internal static class ContentStream
{
    /// <summary>Over the very bytes, where they are an array's.</summary>
    public static MemoryStream Of(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> array) && array.Array is not null
        ? new MemoryStream(array.Array, array.Offset, array.Count, writable: false)
        : new MemoryStream(content.ToArray());
}
