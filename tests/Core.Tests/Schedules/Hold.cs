using Orleans.Cache.Core.Tests.Pages;

namespace Orleans.Cache.Core.Tests.Schedules;

/// <summary>Stops the first operation of a name on backing files until released.</summary>
internal sealed class Hold(string operation, bool after = false) : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();
    private int _taken;

    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Apply(HeldBackingFiles files)
    {
        if (after)
            files.After = Stop;
        else
            files.Before = Stop;
    }

    public void Release() => _released.Set();

    public void Dispose() => _released.Dispose();

    private void Stop(string now)
    {
        if (now != operation || Interlocked.Exchange(ref _taken, 1) != 0)
            return;
        _reached.SetResult();
        Assert.True(_released.Wait(TimeSpan.FromSeconds(30)));
    }
}
