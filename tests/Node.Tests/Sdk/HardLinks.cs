using System.Runtime.InteropServices;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>A second name of a file: .NET knows symbolic links only.</summary>
internal static partial class HardLinks
{
    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(string existing, string name);
}
