using System.Runtime.InteropServices;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Sources;

/// <summary>
/// <c>file://</c> over a real directory on tmpfs, changed by ordinary file operations. The connector runs on the model's clock; the
/// times of files are the kernel's, so a clock that is ahead of it sees old files, whose pages are kept.
/// </summary>
/// <remarks>
/// A change never carries the time of the one before it at the same name (AwaitDistinctToken), so equal tokens mean equal bytes as
/// they do for files that are really old. Writing in place is no single step for a concurrent reader; that is a stated
/// exception, so only sequences in which changes and reads take turns may do it.
/// </remarks>
internal sealed partial class LocalSource : IChangingSource
{
    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly Dictionary<string, Ticks> _changed = new(StringComparer.Ordinal);

    public LocalSource(TimeProvider time) => Storage = new LocalUnderStorage(_directory.Path, time);

    public IUnderStorage Storage { get; }

    public string Path => _directory.Path;

    public void AwaitDistinctToken(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            while (_changed.TryGetValue(key, out Ticks last) && Now() == last)
                Thread.Yield();
        }
    }

    public void NoteChange(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            _changed[key] = Now();
    }

    public void Put(string key, byte[] content, PutHow how)
    {
        string path = _directory[key];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        switch (how)
        {
            case PutHow.Replace:
                string other = _directory[".ocache-tmp-new"];
                File.WriteAllBytes(other, content);
                File.Move(other, path, overwrite: true);
                break;
            case PutHow.RewriteKeepingTime when File.Exists(path):
                DateTime modified = File.GetLastWriteTimeUtc(path);
                Overwrite(path, content, from: 0);
                File.SetLastWriteTimeUtc(path, modified);
                break;
            case PutHow.Append when File.Exists(path):
                Overwrite(path, content, (int)new FileInfo(path).Length);
                break;
            case PutHow.Truncate when File.Exists(path):
                Overwrite(path, content, content.Length);
                break;
            default:
                File.WriteAllBytes(path, content);
                break;
        }
        _changed[key] = Now();
    }

    public void Delete(string key)
    {
        if (Directory.Exists(_directory[key]))
            Directory.Delete(_directory[key]);
        else
            File.Delete(_directory[key]);
        _changed[key] = Now();
    }

    public void Move(string from, string to)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_directory[to])!);
        File.Move(_directory[from], _directory[to], overwrite: true);
        _changed[from] = _changed[to] = Now();
    }

    public void Touch(string key, byte[] content, int secondsAgo)
    {
        File.SetLastWriteTimeUtc(_directory[key], TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-secondsAgo));
        _changed[key] = Now();
    }

    public string TokenOf(string key) =>
        Storage.GetStatusAsync(key, CancellationToken.None).AsTask().GetAwaiter().GetResult()!.Version.Token;

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Writes the bytes from one position on, and makes the file end with them.</summary>
    private static void Overwrite(string path, byte[] content, int from)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        if (from < content.Length)
            RandomAccess.Write(handle, content.AsSpan(from), from);
        RandomAccess.SetLength(handle, content.Length);
    }

    /// <summary>The clock that the kernel stamps files with, tick by tick.</summary>
    private static Ticks Now()
    {
        const int RealTimeCoarse = 5;
        Assert.Equal(0, ClockGetTime(RealTimeCoarse, out Ticks now));
        return now;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Ticks now);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Ticks(long Seconds, long Nanoseconds);
}
