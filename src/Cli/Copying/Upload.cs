using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Copying;

/// <summary>Writes local files through the node. The under storage commits a file as a whole: an upload that ends early leaves nothing.</summary>
internal sealed class Upload(NodeClient node, CopyTally tally, bool update)
{
    /// <summary>Only what is newer is sent, so somebody has to look what is there.</summary>
    public bool LooksFirst => update;

    /// <summary>Sends one file, unless only newer ones are wanted and the one there is as long and not older.</summary>
    public async Task RunAsync(string source, string target, Entry? there, CancellationToken cancellationToken)
    {
        FileStream stream = Open(source);
        await using (stream.ConfigureAwait(false))
        {
            long length = stream.Length;
            tally.Expect(length);
            if (update && there is { IsDirectory: false } && there.Length == length && there.LastModified.UtcDateTime >= File.GetLastWriteTimeUtc(source))
            {
                tally.Skipped(length);
                return;
            }
            using var body = new FileBody(stream, source, length, tally.Transferred);
            await node.PutFileAsync(target, body, WriteDemand.None, cancellationToken).ConfigureAwait(false);
            tally.Copied();
        }
    }

    public static FileStream Open(string source)
    {
        try
        {
            return new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Local(source, "read", e);
        }
    }
}
