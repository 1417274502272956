using System.Text;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// The names of the files in a store directory, on disk only: an append-only log, streamed through when a key is freed.
/// All files <c>names-*</c> together are the log; a rewrite carries the live records over to a new one and deletes the older.
/// </summary>
/// <remarks>
/// <see cref="Append"/> may run at any time; the other members one at a time (the store directory's maintenance turn).
/// A name is appended before the file's first page is journalled, and written before it, so that a page in the journal has its
/// name in the log whenever the process dies. If the machine dies and a name is lost, the sweep drops the file. Names that cannot
/// be written (a full disk) are told to the store directory, which drops their files: no free would find them.
/// </remarks>
internal sealed class NameLog : IDisposable
{
    /// <summary>Rewrite once the log is twice what lived at the last one, and this on top: so each record is copied twice on average.</summary>
    private const long RewriteSlack = 16 * CacheLimits.MiB;

    /// <summary>Bytes appended by a rewrite before it waits for them to be written.</summary>
    private const long FlushEvery = CacheLimits.MiB;

    private readonly StoreFiles _files;
    private readonly PageIndex _index;
    private readonly Action<IReadOnlyList<(FileId File, long Incarnation)>>? _onLost;
    private readonly NamedKeys _keys;
    private long _olderBytes;
    private long _liveBytes;

    public NameLog(
        StoreFiles files, PageIndex index, long sequence, Action<int> onError, Action<IReadOnlyList<(FileId File, long Incarnation)>>? onLost = null)
    {
        _files = files;
        _index = index;
        _onLost = onLost;
        foreach (long older in files.Sequences(StoreFileKind.Names))
            _olderBytes += new FileInfo(files.PathOf(StoreFileKind.Names, older)).Length;
        _keys = new NamedKeys(isComplete: _olderBytes == 0);
        Log = new AppendLog(files.Create(StoreFileKind.Names, sequence), StoreHeader.Size, onError, onLost: OnLost);
    }

    public AppendLog Log { get; }

    /// <summary>Whether most of the log is about files that left.</summary>
    public bool NeedsRewrite => _olderBytes + Log.Length > 2 * _liveBytes + RewriteSlack;

    public void Append(FileRef file, long incarnation)
    {
        // Before the page can be found: who is told "no" and sees its page in the index all the same only asks in vain.
        _keys.Add(file);
        Log.Append(NameRecord.ToBytes(file, incarnation));
    }

    /// <summary>Whether files of this key, of whatever version, may be here.</summary>
    public bool MayHold(UfsIdentity identity, string key) => _keys.MayHold(identity, key);

    /// <summary>Finds the files of a key, and of the keys below it if <paramref name="recursive"/>.</summary>
    /// <param name="identity">The under storage.</param>
    /// <param name="key">The key; "" with recursive is everything.</param>
    /// <param name="recursive">Descend.</param>
    /// <param name="batchSize">Files handed on at a time.</param>
    /// <param name="found">Called with each batch, which it may keep until it returns.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task FindAsync(
        UfsIdentity identity, string key, bool recursive, int batchSize, Func<IReadOnlyList<(FileId, long)>, Task> found,
        CancellationToken cancellationToken)
    {
        await Log.FlushAsync().ConfigureAwait(false);
        byte[] wantedIdentity = Encoding.UTF8.GetBytes(identity.Uri);
        byte[] wantedKey = Encoding.UTF8.GetBytes(key);
        var batch = new List<(FileId, long)>(batchSize);
        foreach (long sequence in _files.Sequences(StoreFileKind.Names))
        {
            using SafeFileHandle? file = _files.TryOpen(StoreFileKind.Names, sequence);
            if (file is null)
                continue;
            var reader = new NameReader(file);
            bool more = true;
            while (more)
            {
                cancellationToken.ThrowIfCancellationRequested();
                more = Search(reader, wantedIdentity, wantedKey, recursive, batch, batchSize);
                if (batch.Count > 0)
                    await found(batch).ConfigureAwait(false);
                batch.Clear();
            }
        }
    }

    /// <summary>Marks each live file whose name is here, and says whose it is. Called once after a start.</summary>
    public void MarkNamed(PageShares shares)
    {
        long live = 0;
        foreach (long sequence in _files.Sequences(StoreFileKind.Names))
        {
            using SafeFileHandle? file = _files.TryOpen(StoreFileKind.Names, sequence);
            var reader = file is null ? null : new NameReader(file);
            while (reader is not null && reader.TryRead(out NameRecord record))
            {
                if (!_index.IsLive(record.File, record.Incarnation, FileFlags.Named))
                    continue;
                live += record.Bytes.Length;
                _keys.Add(record.Identity, record.Key);
                shares.Attribute(record.File, record.Incarnation, record.Identity);
            }
        }
        _liveBytes = live;
        _keys.Complete();
    }

    /// <summary>
    /// Carries the names of live files over to a new log and deletes the older ones. Names appended meanwhile go to the new log
    /// by themselves; a crash in between leaves both, and a name twice is a name.
    /// </summary>
    public async Task RewriteAsync(long sequence)
    {
        Log.Rotate(_files.Create(StoreFileKind.Names, sequence), StoreHeader.Size);
        ClearMarks();
        long live = 0;
        foreach (long older in _files.Sequences(StoreFileKind.Names).Where(s => s < sequence))
        {
            using SafeFileHandle? file = _files.TryOpen(StoreFileKind.Names, older);
            var reader = file is null ? null : new NameReader(file);
            for (int copied; reader is not null && (copied = CopyLive(reader)) > 0;)
            {
                live += copied;
                await Log.FlushAsync().ConfigureAwait(false);
            }
        }
        await Log.FlushAsync().ConfigureAwait(false);
        Log.Sync();
        _liveBytes = live;
        _olderBytes = 0;
        _files.DeleteBelow(StoreFileKind.Names, sequence);
    }

    public void Dispose() => Log.Dispose();

    private void OnLost(ReadOnlyMemory<byte> batch)
    {
        var lost = new List<(FileId, long)>();
        ReadOnlySpan<byte> rest = batch.Span;
        while (NameRecord.ClaimedLength(rest) is > 0 and int length && length <= rest.Length)
        {
            if (NameRecord.TryRead(rest[..length], out NameRecord record))
                lost.Add((record.File, record.Incarnation));
            rest = rest[length..];
        }
        _onLost?.Invoke(lost);
    }

    private static bool Search(NameReader reader, byte[] identity, byte[] key, bool recursive, List<(FileId, long)> batch, int batchSize)
    {
        while (batch.Count < batchSize)
        {
            if (!reader.TryRead(out NameRecord record))
                return false;
            if (record.Identity.SequenceEqual(identity) && Matches(record.Key, key, recursive))
                batch.Add((record.File, record.Incarnation));
        }
        return true;
    }

    private static bool Matches(ReadOnlySpan<byte> key, ReadOnlySpan<byte> wanted, bool recursive) =>
        recursive && wanted.IsEmpty
        || (key.StartsWith(wanted) && (key.Length == wanted.Length || (recursive && key[wanted.Length] == (byte)'/')));

    /// <summary>Appends some live records that were not yet. Gives their bytes; 0 at the end of the log.</summary>
    private int CopyLive(NameReader reader)
    {
        int copied = 0;
        while (copied < FlushEvery && reader.TryRead(out NameRecord record))
        {
            if (!_index.TryMarkOnce(record.File, record.Incarnation, FileFlags.NameCopied))
                continue;
            Log.Append(record.Bytes);
            copied += record.Bytes.Length;
        }
        return copied;
    }

    /// <summary>Takes back the marks of files whose names were come by once.</summary>
    public void ClearMarks()
    {
        foreach (IndexShard shard in _index.Table.Shards)
        {
            lock (shard.Gate)
            {
                for (int i = 0; i < shard.SlotCount; i++)
                    shard[i].Flags &= ~FileFlags.NameCopied;
            }
        }
    }
}
