using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Copying;

/// <summary>
/// Brings one file of the node here: one version of it, whole or not at all. Goes on where an earlier attempt stopped, by version
/// (If-Match and Range), and leaves alone what is the same already: equal length, and the source's time of modification.
/// </summary>
internal sealed class Download(NodeClient node, CopyTally tally, bool force)
{
    /// <summary>Bytes copied at a time: 256 KiB keeps system calls out of the profile.</summary>
    private const int BufferBytes = 256 * 1024;

    /// <summary>Attempts in a row that bring nothing; then the node is not merely restarting.</summary>
    private const int MaxVainAttempts = 3;

    public async Task RunAsync(Entry file, string target, CancellationToken cancellationToken)
    {
        tally.Expect(file.Length);
        if (!force && IsSame(file, target))
        {
            tally.Skipped(file.Length);
            return;
        }
        try
        {
            await FetchAsync(file, target, cancellationToken).ConfigureAwait(false);
        }
        catch (CommandFailedException e) when (e.Error == "precondition-failed")
        {
            // It changed since it was listed: once more with what it is now; a file that changes all the time is an error.
            Entry now = (await node.StatAsync(file.Path, cancellationToken).ConfigureAwait(false)).Value;
            await FetchAsync(now, target, cancellationToken).ConfigureAwait(false);
        }
        tally.Copied();
    }

    private static bool IsSame(Entry file, string target)
    {
        var there = new FileInfo(target);
        return there.Exists && there.Length == file.Length && there.LastWriteTimeUtc == file.LastModified.UtcDateTime;
    }

    private async Task FetchAsync(Entry file, string target, CancellationToken cancellationToken)
    {
        PartialFile? partial = null, unfinished = null;
        try
        {
            partial = PartialFile.Of(target, node.Address, file);
            FileStream stream = partial.Open();
            unfinished = partial; // Not before: what another process has open is its own.
            await using (stream.ConfigureAwait(false))
            {
                if (stream.Position > file.Length)
                    stream.SetLength(0);
                tally.Resumed(stream.Position);
                await FillAsync(file, stream, cancellationToken).ConfigureAwait(false);
            }
            partial.Complete(file.LastModified);
            unfinished = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(target, partial, e);
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.Unreachable && partial is { Length: > 0 })
        {
            throw new CommandFailedException(e.ExitCode, $"{e.Message} {Kept(partial)}", e);
        }
        finally
        {
            unfinished?.GiveUp();
        }
    }

    /// <summary>Reads the rest of the file, as often as the node breaks off and comes back.</summary>
    private async Task FillAsync(Entry file, FileStream stream, CancellationToken cancellationToken)
    {
        long start = stream.Position;
        int vain = 0;
        while (stream.Position < file.Length)
        {
            long before = stream.Position;
            try
            {
                await AppendAsync(file, stream, cancellationToken).ConfigureAwait(false);
            }
            catch (CommandFailedException e) when (e.ExitCode == ExitCode.Unreachable && stream.Position > start)
            {
                vain = stream.Position > before ? 0 : vain + 1;
                if (vain == MaxVainAttempts)
                    throw;
                await Task.Delay(TimeSpan.FromSeconds(vain), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task AppendAsync(Entry file, FileStream stream, CancellationToken cancellationToken)
    {
        RangeHeaderValue? range = stream.Position == 0 ? null : new RangeHeaderValue(stream.Position, null);
        using HttpResponseMessage response = await node.GetFileAsync(file.Path, cancellationToken, range, file.Version).ConfigureAwait(false);
        if (range is not null && response.StatusCode != HttpStatusCode.PartialContent)
            stream.SetLength(0); // Somebody between us and the node does not know ranges.
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
            await new BodyCopy(node, tally.Transferred).CopyAsync(body, stream, BufferBytes, cancellationToken).ConfigureAwait(false);
        if (stream.Position != file.Length)
            throw node.BrokeOff(new EndOfStreamException());
    }

    private static CommandFailedException Unwritable(string target, PartialFile? partial, Exception e)
    {
        CommandFailedException failure = CommandFailedException.Local(target, "written", e);
        return partial is null or { Length: 0 } ? failure : new CommandFailedException(ExitCode.Local, $"{failure.Message} {Kept(partial)}", e);
    }

    private static string Kept(PartialFile partial) => partial.Length == 0 ? "" : $"{Text.Size(partial.Length)} are kept in '{partial.Path}'; the same command goes on there.";
}
