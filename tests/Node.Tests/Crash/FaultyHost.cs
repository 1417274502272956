using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Node.Tests.Rest;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>The whole node in this process, engine, store on tmpfs and REST with sendfile, over a source that misbehaves when told and a clock that the test owns.</summary>
internal sealed class FaultyHost : IAsyncDisposable
{
    public const int PageSize = HostedEngine.PageSize;

    private HostedEngine _engine = null!;
    private WebApplication _app = null!;

    private FaultyHost() => Source = new FaultyUnderStorage(new MemoryUnderStorage("faulty", Time));

    public ManualTimeProvider Time { get; } = new();

    public FaultyUnderStorage Source { get; }

    public CacheLimits Limits { get; } = new();

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<FaultyHost> StartAsync()
    {
        var host = new FaultyHost();
        await host.BuildAsync();
        return host;
    }

    /// <summary>Puts a file of random bytes into the source.</summary>
    public async Task<byte[]> PutAsync(string key, int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        await Source.CreateAsync(key, new MemoryStream(content), default);
        return content;
    }

    /// <summary>Lets time pass, one patience at a time, until the task has ended.</summary>
    public async Task<T> OutwaitAsync<T>(Task<T> task)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!task.IsCompleted)
        {
            Time.Advance(Limits.FillProgressTimeout);
            await pause.WaitForNextTickAsync();
        }
        return await task;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
        await Source.DisposeAsync();
    }

    private async Task BuildAsync()
    {
        _engine = await HostedEngine.StartAsync("faulty", Time, _ => new MountTable(1, [new Mount(CachePath.Root, Source, Freshness.Strict)]), Limits);
        var rest = new RestLimits();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _engine.AddTo(builder.Services).AddRestGateway(rest);
        builder.WebHost.UseInlineScheduling(new RestLimits().Backlog);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, 0, listen => listen.UseSendFile(rest.StallTimeout)));
        _app = builder.Build();
        _app.MapRestGateway();
        await _app.StartAsync();
        _engine.Health.MarkReady();
    }
}
