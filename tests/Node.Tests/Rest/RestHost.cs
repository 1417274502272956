using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Metrics;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>The REST front-end on a real Kestrel and a free port, over <see cref="MemoryNode"/> with mounts /data and /deep/er.</summary>
internal sealed class RestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CacheCounters _counters = new();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RestHost(RestLimits? limits)
    {
        var table = new MountTable(7,
        [
            new Mount(CachePath.Parse("/data"), Data, Freshness.Default),
            new Mount(CachePath.Parse("/deep/er"), Deep, Freshness.Strict),
        ]);
        Health = new NodeHealth("memory", Time);
        Node = new MemoryNode(() => table, Store, _counters);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddProvider(Log);
        builder.Services.AddSingleton(new CacheFileSystem(Node, () => table)).AddSingleton(_counters).AddSingleton<IPageStore>(Store)
            .AddSingleton<TimeProvider>(Time).AddSingleton(Health)
            .AddNodeTelemetry("memory").AddRestGateway(limits);
        builder.Services.Configure<KestrelServerOptions>(o => o.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Use(WatchAsync);
        _app.MapRestGateway();
    }

    public MemoryUnderStorage Data { get; } = new("data");

    public MemoryUnderStorage Deep { get; } = new("deep");

    public MemoryPageStore Store { get; } = new();

    public MemoryNode Node { get; }

    public ManualTimeProvider Time { get; } = new();

    public NodeHealth Health { get; }

    public CapturedLog Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public int Port => Client.BaseAddress!.Port;

    /// <summary>Ends when the server notices that a client left.</summary>
    public Task Aborted => _aborted.Task;

    /// <summary>Ends when the first request was handled to its end.</summary>
    public Task Finished => _finished.Task;

    public static async Task<RestHost> StartAsync(RestLimits? limits = null)
    {
        var host = new RestHost(limits);
        await host._app.StartAsync();
        host.Health.MarkReady();
        host.Client = new HttpClient { BaseAddress = new Uri(host._app.Urls.Single()) };
        return host;
    }

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
        _counters.Dispose();
    }

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        using CancellationTokenRegistration watch = context.RequestAborted.Register(() => _aborted.TrySetResult());
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
