using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.SendFile;

/// <summary>Kestrel on a free port with the connection middleware in front of one file; says how it sent each response.</summary>
internal sealed class SendFileServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new(onTmpfs: true);
    private readonly SafeFileHandle _file;
    private readonly WebApplication _app;

    private SendFileServer(byte[] content, Action<WebApplication>? middleware, TimeSpan stallTimeout)
    {
        Content = content;
        _file = File.OpenHandle(_directory.Write("content", content));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseSendFile(stallTimeout)));
        _app = builder.Build();
        middleware?.Invoke(_app);
        _app.Run(AnswerAsync);
    }

    public byte[] Content { get; }

    public Uri Address => new(_app.Urls.First());

    /// <summary>Responses that went by sendfile.</summary>
    public int Sent { get; private set; }

    /// <summary>Responses whose body did not lead straight to the socket.</summary>
    public int Declined { get; private set; }

    public TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<SendFileServer> StartAsync(byte[] content, Action<WebApplication>? middleware = null, TimeSpan? stallTimeout = null)
    {
        var server = new SendFileServer(content, middleware, stallTimeout ?? TimeSpan.FromMinutes(1));
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _file.Dispose();
        _directory.Dispose();
    }

    /// <summary>GET /offset/length</summary>
    private async Task AnswerAsync(HttpContext context)
    {
        string[] range = context.Request.Path.Value!.Split('/');
        int offset = int.Parse(range[1]), length = int.Parse(range[2]);
        context.RequestAborted.Register(() => Aborted.TrySetResult());
        context.Response.ContentLength = length;
        await context.Response.StartAsync();
        if (context.Features.Get<ISendFileFeature>()?.TryAppend(context.Response.BodyWriter, _file, offset, length) == true)
        {
            Sent++;
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        else
        {
            Declined++;
            await context.Response.BodyWriter.WriteAsync(Content.AsMemory(offset, length));
        }
    }
}
