using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// Open backing files, at most a given number, by incarnation (unique in a store directory). Striped, each stripe with its own
/// lock held for a look-up only, and a clock that closes what was not used since its hand last passed.
/// </summary>
/// <remarks>
/// A file may be unlinked between a reader's opening it and its coming in here, after <see cref="Forget"/>: whoever finds
/// after using a file that its page or file has left calls Forget as well, so that no dead file stays open.
/// </remarks>
internal sealed class BackingFileCache : IDisposable
{
    /// <summary>More stripes than cores that read at once; fewer where the limit is so small that stripes would be uneven.</summary>
    private const int MaxStripes = 32;

    private const int FilesPerStripe = 16;

    /// <summary>
    /// Of small files that come to a full stripe one in so many is kept. An epoch over more small files than descriptors would
    /// push each of them out before it is read again; files that are read often still come in, a few openings later.
    /// </summary>
    private const int SmallFilesPerKept = 8;

    /// <summary>Small: opening costs about as much as reading. Not to be counted while it is open after its unlink is harmless, too.</summary>
    private const long SmallFile = 64 * CacheLimits.KiB;

    private readonly IBackingFiles _files;
    private readonly SpaceLedger _ledger;
    private readonly Stripe[] _stripes;

    public BackingFileCache(IBackingFiles files, SpaceLedger ledger, int limit)
    {
        _files = files;
        _ledger = ledger;
        Windows = new MappedWindows(files);
        int stripes = Math.Clamp(limit / FilesPerStripe, 1, MaxStripes);
        _stripes = [.. Enumerable.Range(0, stripes).Select(_ => new Stripe(Math.Max(1, limit / stripes)))];
    }

    /// <summary>Files held open by the cache.</summary>
    public int Count => _stripes.Sum(s => s.Count);

    /// <summary>What is mapped of backing files. They leave with the files.</summary>
    public MappedWindows Windows { get; }

    /// <summary>Gives an open file, which the caller releases; null with the errno where it cannot be opened.</summary>
    /// <param name="id">The content.</param>
    /// <param name="incarnation">Which life of it.</param>
    /// <param name="how">How to open it.</param>
    /// <param name="error">errno, or 0.</param>
    /// <param name="length">Bytes of the file where they are known: small ones need not be kept open.</param>
    public BackingFile? Rent(FileId id, long incarnation, BackingOpen how, out int error, long length = long.MaxValue)
    {
        Stripe stripe = _stripes[(int)((ulong)incarnation % (uint)_stripes.Length)];
        error = 0;
        return stripe.TryRent(incarnation) ?? Open(stripe, id, incarnation, how, length <= SmallFile, out error);
    }

    /// <summary>
    /// Closes a file that left, as soon as its last user is done; then <paramref name="bytes"/> go back to the ledger.
    /// </summary>
    public void Forget(long incarnation, long bytes = 0)
    {
        Windows.Forget(incarnation);
        BackingFile? file = _stripes[(int)((ulong)incarnation % (uint)_stripes.Length)].Take(incarnation);
        if (file is null)
        {
            _ledger.Release(bytes);
            return;
        }
        file.ReleaseOnClose(bytes);
        file.Release();
    }

    public void Dispose()
    {
        Windows.Dispose();
        foreach (Stripe stripe in _stripes)
            stripe.Clear();
    }

    private BackingFile? Open(Stripe stripe, FileId id, long incarnation, BackingOpen how, bool isSmall, out int error)
    {
        int descriptor = _files.Open(id, incarnation, how);
        if (descriptor is -LinuxFiles.TooManyOpenFiles or -LinuxFiles.FileTableOverflow)
        {
            // The process is short of descriptors: give some back and try once more.
            foreach (Stripe other in _stripes)
                other.CloseUnused();
            descriptor = _files.Open(id, incarnation, how);
        }
        error = descriptor < 0 ? -descriptor : 0;
        return descriptor < 0 ? null : stripe.Add(new BackingFile(_files, _ledger, descriptor, incarnation), isSmall);
    }

    private sealed class Stripe(int limit)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<long, BackingFile> _byIncarnation = [];
        private readonly Queue<BackingFile> _clock = new();
        private bool _closed;
        private uint _passed;

        public int Count
        {
            get
            {
                lock (_gate)
                    return _byIncarnation.Count;
            }
        }

        public BackingFile? TryRent(long incarnation)
        {
            lock (_gate)
            {
                if (!_byIncarnation.TryGetValue(incarnation, out BackingFile? file))
                    return null;
                file.Retain();
                file.WasUsed = true;
                return file;
            }
        }

        /// <summary>Keeps a file just opened, or gives the one that another opened first. Retained for the caller, who alone has it where it is not kept.</summary>
        public BackingFile Add(BackingFile opened, bool isSmall)
        {
            BackingFile? surplus = null;
            lock (_gate)
            {
                if (_closed || (isSmall && _byIncarnation.Count >= limit && ++_passed % SmallFilesPerKept != 0))
                    return opened;
                if (_byIncarnation.TryGetValue(opened.Incarnation, out BackingFile? first))
                {
                    surplus = opened;
                    opened = first;
                }
                else
                {
                    if (_byIncarnation.Count >= limit)
                        surplus = TakeOldest();
                    _byIncarnation.Add(opened.Incarnation, opened);
                    _clock.Enqueue(opened);
                    if (_clock.Count > 2 * limit)
                        DropStale();
                }
                opened.Retain();
            }
            surplus?.Release();
            return opened;
        }

        public BackingFile? Take(long incarnation)
        {
            lock (_gate)
                return _byIncarnation.Remove(incarnation, out BackingFile? file) ? file : null;
        }

        public void CloseUnused()
        {
            for (int i = limit / 2; i >= 0; i--)
            {
                BackingFile? oldest;
                lock (_gate)
                    oldest = _byIncarnation.Count > 0 ? TakeOldest() : null;
                oldest?.Release();
            }
        }

        public void Clear()
        {
            lock (_gate)
            {
                _closed = true;
                foreach (BackingFile file in _byIncarnation.Values)
                    file.Release();
                _byIncarnation.Clear();
                _clock.Clear();
            }
        }

        /// <summary>The first file of the clock that was not used since the hand passed. Files taken out stay in the clock until the hand comes by.</summary>
        private BackingFile? TakeOldest()
        {
            while (_clock.TryDequeue(out BackingFile? file))
            {
                if (IsStale(file))
                    continue;
                if (!file.WasUsed)
                {
                    _byIncarnation.Remove(file.Incarnation);
                    return file;
                }
                file.WasUsed = false;
                _clock.Enqueue(file);
            }
            return null;
        }

        /// <summary>Where files come and go without the stripe ever being full, the hand never moves.</summary>
        private void DropStale()
        {
            for (int i = _clock.Count; i > 0; i--)
            {
                BackingFile file = _clock.Dequeue();
                if (!IsStale(file))
                    _clock.Enqueue(file);
            }
        }

        private bool IsStale(BackingFile file) =>
            !_byIncarnation.TryGetValue(file.Incarnation, out BackingFile? current) || !ReferenceEquals(current, file);
    }
}
