using System.Globalization;
using System.Numerics;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Client.Nodes;

/// <summary>A <see cref="FileRef"/> as a query: identity, key, version, length, pageSize.</summary>
internal static class FileRefQuery
{
    public static string Write(FileRef file) => string.Create(
        CultureInfo.InvariantCulture,
        $"?identity={Uri.EscapeDataString(file.Identity.Uri)}&key={Uri.EscapeDataString(file.Key)}&version={Uri.EscapeDataString(file.Version.Token)}&length={file.Length}&pageSize={file.PageSize}");

    /// <param name="valueOf">The decoded value of a name; null where it is not there.</param>
    /// <param name="pageSize">The only page size that this node knows.</param>
    /// <exception cref="CacheException">InvalidArgument, naming what is missing or out of range.</exception>
    public static FileRef Read(Func<string, string?> valueOf, int pageSize)
    {
        string Required(string name) => valueOf(name) ?? throw Invalid($"'{name}' is missing; a file is named by identity, key, version, length and pageSize.");

        string lengthText = Required("length"), sizeText = Required("pageSize");
        if (!long.TryParse(lengthText, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
            throw Invalid($"length '{lengthText}' is not a number of bytes.");
        if (!int.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || !BitOperations.IsPow2(size) || size != pageSize)
            throw Invalid($"pageSize '{sizeText}' is not this node's, which is {pageSize}; all nodes of a cluster need the same --page-size.");
        return new FileRef(new UfsIdentity(Required("identity")), Required("key"), new FileVersion(Required("version")), length, size);
    }

    private static CacheException Invalid(string message) => new(CacheError.InvalidArgument, message);
}
