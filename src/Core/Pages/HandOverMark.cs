namespace Orleans.Cache.Pages;

/// <summary>
/// Says beyond this process that files of a store directory were handed to the kernel. Who has one open or mapped reads on when the process is gone, and the
/// next must not punch what it finds either.
/// </summary>
internal sealed class HandOverMark(string directory)
{
    public const string Name = "HANDED";

    private readonly string _path = Path.Combine(directory, Name);
    private volatile bool _isThere = File.Exists(Path.Combine(directory, Name));

    public bool IsThere => _isThere;

    /// <summary>Sets it, durably. False where the directory takes no file: then nothing may be handed over.</summary>
    public bool TrySet()
    {
        if (_isThere)
            return true;
        try
        {
            File.Create(_path).Dispose();
            LinuxFiles.SyncDirectory(directory);
            return _isThere = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
