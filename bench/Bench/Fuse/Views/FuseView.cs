namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>The files of the benchmark as somebody serves them.</summary>
internal abstract class FuseView : IAsyncDisposable
{
    /// <summary>The directory.</summary>
    public abstract string Root { get; }

    /// <summary>Whoever serves: their processor time counts. Of servers behind them it does not.</summary>
    public abstract IReadOnlyList<int> ProcessIds { get; }

    public virtual bool TakesDirect => true;

    /// <summary>What it says of itself.</summary>
    public virtual string Report() => "";

    public abstract ValueTask DisposeAsync();
}

/// <summary>The files themselves, in tmpfs.</summary>
internal sealed class RawView(string root) : FuseView
{
    public override string Root => root;

    public override IReadOnlyList<int> ProcessIds => [];

    public override bool TakesDirect => false;

    /// <summary>They belong to the benchmark.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
