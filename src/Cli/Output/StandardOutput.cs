using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Cli.Output;

/// <summary>
/// Standard output that notices when its reader goes away: .NET's console stream swallows EPIPE, and `ocache cat big | head`
/// would fetch the whole file for nobody.
/// </summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>
    /// A FileStream on pipes and terminals. On a regular file that would write at an offset of its own and overwrite what the
    /// previous command of `(ocache cat a; ocache cat b) > c` wrote, so there the console stream, which uses the shared offset.
    /// </summary>
    public static Stream Open()
    {
        var file = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return file.CanSeek ? Console.OpenStandardOutput() : file;
    }

    /// <summary>Lines of text, written in blocks of 64 KiB: listings of millions of entries are mostly output.</summary>
    public static StreamWriter OpenText() => new(Open(), bufferSize: 64 * 1024) { NewLine = "\n" };
}
