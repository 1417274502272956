namespace Orleans.Cache.Cli.Output;

/// <summary>
/// One line on the terminal that is rewritten while something goes on, and gone when it is disposed. Nothing at all where
/// standard error is no terminal.
/// </summary>
internal sealed class ProgressLine : IAsyncDisposable
{
    /// <summary>Fast enough to look alive, slow enough to cost nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;

    public ProgressLine(Func<string> text) => _writing = Terminal.ShowsProgress ? WriteAsync(text) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WriteAsync(Func<string> text)
    {
        using var timer = new PeriodicTimer(Interval);
        bool shown = false;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                string line = text();
                int width = Console.WindowWidth > 1 ? Console.WindowWidth - 1 : 79;
                await Console.Error.WriteAsync($"\r\e[K{(line.Length > width ? line[..width] : line)}").ConfigureAwait(false);
                shown = true;
            }
        }
        catch (OperationCanceledException)
        {
            if (shown)
                await Console.Error.WriteAsync("\r\e[K").ConfigureAwait(false);
        }
    }
}
