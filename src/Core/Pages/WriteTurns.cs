using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>
/// One write at a time per backing file. The kernel serialises the writers of a file anyway, by spinning: parallel fills of one
/// file then burn cores that its readers need (a tenth of the time of a cold read here). Files share turns by hash.
/// </summary>
internal sealed class WriteTurns
{
    /// <summary>Far more than writes under way at one time, so that different files seldom wait for each other.</summary>
    private const int Turns = 256;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1))];

    public SemaphoreSlim Of(FileId file) => _turns[(int)((ulong)file.Value % Turns)];

    /// <summary>Completes once nobody has a turn that was taken before the call.</summary>
    public async ValueTask AwaitAllAsync()
    {
        foreach (SemaphoreSlim turn in _turns)
        {
            await turn.WaitAsync().ConfigureAwait(false);
            turn.Release();
        }
    }
}
