using System.Text.Json;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.Rest.Health;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class HealthTests
{
    [Fact]
    public async Task A_serving_node_is_live_and_ready()
    {
        await using RestHost host = await RestHost.StartAsync();
        Assert.Equal("live", (await host.JsonAsync("/health/live")).GetProperty("status").GetString());
        Assert.Equal("ready", (await host.JsonAsync("/health/ready")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_draining_node_is_live_and_not_ready()
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Health.StartDraining();
        host.Health.MarkReady();
        Assert.Equal("live", (await host.JsonAsync("/health/live")).GetProperty("status").GetString());
        using HttpResponseMessage ready = await host.GetAsync("/health/ready");
        Assert.Contains("draining", await RestHost.ProblemAsync(ready, 503, "not-ready"), StringComparison.Ordinal);
        Assert.NotNull(ready.Headers.RetryAfter);
    }

    [Fact]
    public void A_node_starts_as_starting_and_counts_its_age()
    {
        var time = new ManualTimeProvider();
        var health = new NodeHealth("n", time);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((NodeState.Starting, TimeSpan.FromMinutes(2)), (health.State, health.Uptime));
    }

    [Fact]
    public async Task Every_mount_that_cannot_be_statted_is_named()
    {
        await using RestHost host = await RestHost.StartAsync();
        host.Data.FailNext(UfsRequest.Status, 2, new CacheException(CacheError.Unavailable, "The storage is down."));
        host.Deep.FailNext(UfsRequest.Status, 2, new CacheException(CacheError.AccessDenied, "The key is refused."));
        using HttpResponseMessage ready = await host.GetAsync("/health/ready");
        await RestHost.ProblemAsync(ready, 503, "not-ready");
        using HttpResponseMessage again = await host.GetAsync("/health/ready");
        JsonElement reasons = (await RestHost.ReadJsonAsync(again)).GetProperty("reasons");
        Assert.Equal(["Mount '/data': The storage is down.", "Mount '/deep/er': The key is refused."], reasons.EnumerateArray().Select(r => r.GetString()!));
    }

    [Fact]
    public async Task A_mount_that_hangs_is_named_after_the_timeout()
    {
        var limits = new RestLimits();
        await using RestHost host = await RestHost.StartAsync(limits);
        UfsHold hold = host.Data.Hold(UfsRequest.Status);
        Task<HttpResponseMessage> probe = host.GetAsync("/health/ready");
        await hold.ArrivedAsync();
        host.Time.Advance(limits.ReadinessTimeout);
        using HttpResponseMessage ready = await probe;
        Assert.Contains($"{host.Data.Identity} does not answer within 3 s", await RestHost.ProblemAsync(ready, 503, "not-ready"), StringComparison.Ordinal);
    }
}
