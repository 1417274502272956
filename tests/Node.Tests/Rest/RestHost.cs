using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>
/// The REST front-end on a real Kestrel and a free port, over a whole engine: mounts /data (bounded) and /deep/er (strict) of
/// memory that a test may make fail, and a page store on tmpfs.
/// </summary>
internal sealed class RestHost : IAsyncDisposable
{
    public const int PageSize = HostedEngine.PageSize;

    /// <summary>Throws what no front-end foresees.</summary>
    public const string BrokenRoute = "/broken";

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostedEngine _engine = null!;
    private WebApplication _app = null!;

    private RestHost()
    {
        Data = new FaultyUnderStorage(UnderStorageFactory.Create("mem://data", Time));
        Deep = new FaultyUnderStorage(UnderStorageFactory.Create("mem://deep", Time));
    }

    public FaultyUnderStorage Data { get; }

    public FaultyUnderStorage Deep { get; }

    /// <summary>Starts at a time with a fraction of a second, which HTTP dates do not have.</summary>
    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero));

    public NodeHealth Health => _engine.Health;

    public CapturedLog Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public int Port => Client.BaseAddress!.Port;

    /// <summary>Ends when the first request was handled to its end.</summary>
    public Task Finished => _finished.Task;

    /// <param name="limits">The front-end's limits; null are the defaults.</param>
    /// <param name="cacheLimits">The engine's, so low that a test can reach them; null are the defaults.</param>
    /// <param name="writable">Both mounts are rw.</param>
    /// <param name="alluxio">Of the Alluxio dialect; null are the defaults.</param>
    public static async Task<RestHost> StartAsync(
        RestLimits? limits = null, CacheLimits? cacheLimits = null, bool writable = false, AlluxioOptions? alluxio = null)
    {
        var host = new RestHost();
        await host.BuildAsync(limits, cacheLimits, writable, alluxio);
        host.Client = new HttpClient { BaseAddress = new Uri(host._app.Urls.Single()) };
        return host;
    }

    private async Task BuildAsync(RestLimits? limits, CacheLimits? cacheLimits, bool writable, AlluxioOptions? alluxio)
    {
        _engine = await HostedEngine.StartAsync("memory", Time, counters => new MountTable(7,
        [
            new Mount(CachePath.Parse("/data"), new MeteredUnderStorage(Data, counters), Freshness.Default) { IsWritable = writable },
            new Mount(CachePath.Parse("/deep/er"), new MeteredUnderStorage(Deep, counters), Freshness.Strict) { IsWritable = writable },
        ]), cacheLimits, Log);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddProvider(Log);
        _engine.AddTo(builder.Services).AddSingleton(alluxio ?? new AlluxioOptions()).AddRestGateway(limits);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Use(WatchAsync);
        _app.MapRestGateway();
        _app.MapGet(BrokenRoute, new Action(() => throw new InvalidOperationException("a secret"))).ExcludeFromDescription();
        await _app.StartAsync();
        Health.MarkReady();
    }

    /// <summary>Puts a file into an under storage (<see cref="Data"/> unless given); its versions are v1, v2 and so on.</summary>
    public Task PutAsync(string key, byte[] content, IUnderStorage? storage = null) =>
        (storage ?? Data).CreateAsync(key, new MemoryStream(content), default);

    /// <summary>Waits until what was read has come into the store.</summary>
    public Task SettledAsync() => _engine.Node.FillsEndedAsync();

    public Task<HttpResponseMessage> GetAsync(string target, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, target, headers);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string target, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, target);
        foreach ((string name, string value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<JsonElement> JsonAsync(string target)
    {
        using HttpResponseMessage response = await GetAsync(target);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadJsonAsync(response);
    }

    public static async Task<JsonElement> ReadJsonAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Asserts a problem with that status and code, and gives its detail.</summary>
    public static async Task<string> ProblemAsync(HttpResponseMessage response, int status, string error)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
        JsonElement problem = await ReadJsonAsync(response);
        Assert.Equal(error, problem.GetProperty("error").GetString());
        Assert.Equal("urn:ocache:error:" + error, problem.GetProperty("type").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.Equal(response.RequestMessage!.RequestUri!.AbsolutePath, problem.GetProperty("instance").GetString());
        return problem.GetProperty("detail").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        _finished.TrySetResult();
    }

    internal sealed class CapturedLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Lines.Enqueue((logLevel, formatter(state, exception)));
        }

        public void Dispose()
        {
        }
    }
}
