namespace Orleans.Cache.Model.Tests.Oracle;

internal enum Kind : byte
{
    Absent,
    Directory,
    File,
}

/// <summary>
/// What a path held for a while. Moments count the model's steps: From is the last moment before the change that made it began,
/// Until the first after the change that ended it was over. So it was current at no moment outside of them.
/// </summary>
internal sealed class Version(Kind kind, byte[] content, long from, Version? previous)
{
    public Kind Kind { get; } = kind;

    public byte[] Content { get; } = content;

    public long From { get; } = from;

    public Version? Previous { get; } = previous;

    /// <summary>What the source calls it; null for what is no file.</summary>
    public string? Token { get; set; }

    /// <summary>The last moment before the change that ended it began: from then on a reader may find it gone.</summary>
    public long LeavesFrom { get; set; } = long.MaxValue;

    public long Until { get; private set; } = long.MaxValue;

    /// <summary>The engine's clock then, in its ticks.</summary>
    public long UntilTime { get; private set; } = long.MaxValue;

    public void End(long moment, long time)
    {
        Until = moment;
        UntilTime = time;
    }

    public override string ToString() =>
        $"{Kind}{(Kind == Kind.File ? $" of {Content.Length} bytes ({Token})" : "")} in [{From}, {(Until == long.MaxValue ? "now" : Until)}]";
}
