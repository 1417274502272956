using Orleans.Cache.Files;
using Orleans.Cache.Fuse;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>
/// An open directory. It reads its listing once, in order, as the kernel asks; who goes elsewhere (rewinddir, seekdir) makes it begin again at the nearest place before
/// that it remembers. Offsets count entries: 1 after ".", 2 after "..", then one for each name. A listing that fails goes on, at the next try, behind the last name that it gave.
/// </summary>
/// <remarks>
/// The kernel asks one READDIR after the other for an open directory; one that its deadline has overtaken makes the next wait. Who is interrupted leaves the entry that is
/// under way to the next who asks.
/// </remarks>
internal sealed class DirectoryCursor(Inode directory, CacheFileSystem files, Func<FileStatus, DirectoryWriter, long, bool> add, Action<DirectoryWriter, Inode> addDots)
    : IAsyncDisposable
{
    private const long Dots = 2;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Where answers began, in order of positions: names behind which a listing goes on there. One for some hundred entries.</summary>
    private readonly List<(long Position, string? LastName)> _places = [(Dots, null)];
    private CancellationTokenSource _reading = new();
    private IAsyncEnumerator<FileStatus>? _entries;
    private Task<bool>? _moving;
    private FileStatus? _held;
    private string? _lastName;
    private long _position = Dots;
    private bool _isAtEnd;

    public async ValueTask ReadAsync(long offset, DirectoryWriter writer, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (offset < Dots)
                addDots(writer, directory);
            if (Math.Max(offset, Dots) != _position)
                await SeekAsync(offset, cancellationToken).ConfigureAwait(false);
            if (_position > _places[^1].Position)
                _places.Add((_position, _lastName));
            while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } entry)
            {
                if (!add(entry, writer, _position + 1))
                    break;
                Take(entry);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reading.CancelAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
        _reading.Dispose();
        _turn.Dispose();
    }

    /// <summary>From the last place that is not behind it, past the entries in between.</summary>
    private async ValueTask SeekAsync(long offset, CancellationToken cancellationToken)
    {
        await EndAsync().ConfigureAwait(false);
        int place = _places.FindLastIndex(p => p.Position <= Math.Max(offset, Dots));
        (_position, _lastName) = _places[place];
        _isAtEnd = false;
        while (_position < offset && await NextAsync(cancellationToken).ConfigureAwait(false) is { } passed)
            Take(passed);
    }

    private void Take(FileStatus entry)
    {
        _lastName = entry.Path.Name;
        _held = null;
        _position++;
    }

    /// <summary>The entry that comes next, until it has been taken; null at the end.</summary>
    private async ValueTask<FileStatus?> NextAsync(CancellationToken cancellationToken)
    {
        if (_held is not null || _isAtEnd)
            return _held;
        _entries ??= files.ListAsync(directory.Path, recursive: false, _lastName, _reading.Token).GetAsyncEnumerator(_reading.Token);
        try
        {
            if (await MoveAsync(_entries, cancellationToken).ConfigureAwait(false))
                return _held = _entries.Current;
        }
        catch (OperationCanceledException) when (_moving is not null)
        {
            throw;
        }
        catch
        {
            await EndAsync().ConfigureAwait(false);
            throw;
        }
        _isAtEnd = true;
        await EndAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>As <see cref="IAsyncEnumerator{T}.MoveNextAsync"/>; who gives up leaves the step to the next.</summary>
    private async ValueTask<bool> MoveAsync(IAsyncEnumerator<FileStatus> entries, CancellationToken cancellationToken)
    {
        if (_moving is null)
        {
            ValueTask<bool> step = entries.MoveNextAsync();
            if (step.IsCompleted)
                return await step.ConfigureAwait(false);
            _moving = step.AsTask();
        }
        // Only our own giving up leaves it there: a step that ends takes itself away, however it ends.
        await ((Task)_moving).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_moving.IsCompleted)
            cancellationToken.ThrowIfCancellationRequested();
        Task<bool> ended = _moving;
        _moving = null;
        return await ended.ConfigureAwait(false);
    }

    private async ValueTask EndAsync()
    {
        _held = null;
        if (_entries is not { } ended)
            return;
        _entries = null;
        if (_moving is { } moving)
        {
            // An enumerator may not be disposed of in the middle of a step.
            _moving = null;
            await _reading.CancelAsync().ConfigureAwait(false);
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _reading.Dispose();
            _reading = new CancellationTokenSource();
        }
        await ended.DisposeAsync().ConfigureAwait(false);
    }
}
