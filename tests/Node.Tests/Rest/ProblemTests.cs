using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class ProblemTests
{
    [Theory]
    [InlineData(CacheError.InvalidPath, 400, "invalid-path", null)]
    [InlineData(CacheError.InvalidArgument, 400, "invalid-argument", null)]
    [InlineData(CacheError.IsDirectory, 409, "is-directory", null)]
    [InlineData(CacheError.AccessDenied, 403, "access-denied", null)]
    [InlineData(CacheError.AlreadyExists, 409, "already-exists", null)]
    [InlineData(CacheError.NotEmpty, 409, "not-empty", null)]
    [InlineData(CacheError.ReadOnly, 403, "read-only", null)]
    [InlineData(CacheError.ConditionFailed, 412, "precondition-failed", null)]
    [InlineData(CacheError.NoSpace, 507, "no-space", null)]
    [InlineData(CacheError.NotSupported, 501, "not-supported", null)]
    [InlineData(CacheError.Overloaded, 503, "overloaded", 1)]
    [InlineData(CacheError.Unavailable, 503, "unavailable", 5)]
    public async Task Every_error_of_the_engine_has_its_status(CacheError error, int status, string code, int? retryAfter)
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.FailNext(UfsRequest.Status, 1, new CacheException(error, "What went wrong; the remedy."));
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f");
        Assert.Equal("What went wrong; the remedy.", await RestHost.ProblemAsync(response, status, code));
        Assert.Equal(retryAfter, (int?)response.Headers.RetryAfter?.Delta?.TotalSeconds);
        Assert.Empty(host.Log.Lines);
    }

    [Fact]
    public async Task The_unforeseen_is_500_without_details_and_logged_once()
    {
        await using RestHost host = await RestHost.StartAsync();
        using HttpResponseMessage response = await host.GetAsync(RestHost.BrokenRoute);
        Assert.DoesNotContain("secret", await RestHost.ProblemAsync(response, 500, "internal"), StringComparison.Ordinal);
        Assert.Equal(LogLevel.Error, Assert.Single(host.Log.Lines).Level);
    }

    [Fact]
    public async Task A_client_that_leaves_is_no_error()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", new byte[10]);
        UfsHold hold = host.Data.Hold(UfsRequest.Read);
        using var leave = new CancellationTokenSource();
        Task<HttpResponseMessage> request = host.Client.GetAsync("/api/v1/files/data/f", leave.Token);
        await hold.ArrivedAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        // The source still hangs: only the client's leaving can have ended the request.
        await host.Finished.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(host.Log.Lines);
    }

    [Fact]
    public async Task Get_of_the_root_names_the_routes()
    {
        await using RestHost host = await RestHost.StartAsync();
        using HttpResponseMessage response = await host.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string text = await response.Content.ReadAsStringAsync();
        foreach (string route in new[] { "files", "status", "list", "mounts", "cache", "free", "/metrics", "/health/ready", "/openapi/v1.json" })
            Assert.Contains(route, text, StringComparison.Ordinal);
    }
}
