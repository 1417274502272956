namespace Orleans.Cache.Grains.Silos;

/// <summary>
/// Told when this silo is dead to the others, or cannot go on: it stood still for longer than they wait. The runtime would abort the process; ours
/// ends in order, with a line that says why.
/// </summary>
internal sealed class SiloDeath : IFatalErrorHandler
{
    private readonly TaskCompletionSource<string> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<string> Reason => _reason.Task;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) =>
        _reason.TrySetResult(exception?.GetBaseException().Message ?? FirstSentence(context ?? "The silo failed."));

    /// <summary>What follows are the membership's rows.</summary>
    private static string FirstSentence(string text)
    {
        int end = text.IndexOfAny(['!', '.', '\n']);
        return end < 0 ? text : text[..end] + ".";
    }
}
