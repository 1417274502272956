using Orleans.Cache.Identity;
using Orleans.Cache.Pages.Backing;
using Orleans.Cache.Pages.Index;

namespace Orleans.Cache.Pages;

/// <summary>
/// Bytes of pages where they lie in memory. Until Dispose they are the content's: none of the file's pages is punched, and the mapping stays. To be
/// disposed once.
/// </summary>
/// <remarks>A value, so that a read that lends what it brings allocates nothing.</remarks>
public readonly struct MappedPages : IDisposable
{
    private readonly PageIndex _index;
    private readonly FileId _file;
    private readonly MappedWindow _window;
    private readonly int _start;
    private readonly int _length;

    internal MappedPages(PageIndex index, FileId file, MappedWindow window, long offset, int length)
    {
        _index = index;
        _file = file;
        _window = window;
        _start = (int)(offset - window.Offset);
        _length = length;
    }

    /// <summary>The bytes. For the kernel to copy: of a backing file that somebody truncates, touching them ends the process where the kernel fails with EFAULT.</summary>
    public ReadOnlySpan<byte> Span => _window.Slice(_start, _length);

    public void Dispose()
    {
        _index.EndLease(_file, _window.File.Incarnation);
        _window.Release();
    }
}
