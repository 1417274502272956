using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Gateway.Fuse;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// A node between its start and its end. What is disposed of may be half made: a start that fails ends here too. The grid is left first, while
/// requests are still served; the engine goes last.
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    public required ILoggerFactory Logs { get; init; }

    public IGrid? Grid { get; set; }

    public Engine? Engine { get; set; }

    public WebApplication? App { get; set; }

    /// <summary>Where S3 listens; null: nowhere.</summary>
    public S3Socket? S3 { get; set; }

    /// <summary>The cache as local files; null: it is not mounted.</summary>
    public MountedCache? Files { get; set; }

    /// <summary>Where it listens.</summary>
    public Uri Rest => new(App!.Urls.First());

    /// <summary>Until somebody asks the node to stop.</summary>
    /// <exception cref="CacheException">The cluster has given it up.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration signal = App!.Lifetime.ApplicationStopping.Register(asked.SetResult);
        using CancellationTokenRegistration token = cancellationToken.Register(App.Lifetime.StopApplication);
        Task ended = Grid is null ? asked.Task : await Task.WhenAny(asked.Task, Grid.GivenUp).ConfigureAwait(false);
        await ended.ConfigureAwait(false);
        if (ended != asked.Task)
            throw new CacheException(CacheError.Unavailable, $"The cluster has given this node up, so it ends; start it again. {await Grid!.GivenUp.ConfigureAwait(false)}");
    }

    public async ValueTask DisposeAsync()
    {
        // Programs that read local files end first: everything else is still there to answer them.
        if (Files is not null)
            await Files.DisposeAsync().ConfigureAwait(false);
        if (Grid is not null)
            await Grid.DisposeAsync().ConfigureAwait(false);
        if (App is not null)
        {
            await App.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await App.DisposeAsync().ConfigureAwait(false);
        }
        S3?.Dispose();
        if (Engine is not null)
            await Engine.DisposeAsync().ConfigureAwait(false);
        Logs.Dispose();
    }
}
