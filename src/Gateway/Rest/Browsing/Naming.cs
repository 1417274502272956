using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>Words that several answers share.</summary>
internal static class Naming
{
    public const string File = "file";

    public const string Directory = "directory";

    public static string TypeOf(FileStatus status) => status.IsDirectory ? Directory : File;
}
