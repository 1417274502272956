using Orleans.Cache.Node.Tests.Rest;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>Sources that hang, lie and fail, seen by a client on a socket: the whole answer, a refusal, or a connection that is cut.</summary>
public sealed class FaultySourceTests
{
    private const int Length = 4 * FaultyHost.PageSize + 1000;

    [Theory]
    [InlineData(UfsRequest.Status)]
    [InlineData(UfsRequest.Open)]
    [InlineData(UfsRequest.Read)]
    public async Task A_source_that_hangs_is_503_with_Retry_After(UfsRequest request)
    {
        await using FaultyHost host = await FaultyHost.StartAsync();
        byte[] content = await host.PutAsync("f", Length);
        UfsHold hold = host.Source.Hold(request);
        Task<RawHttp> asked = RawHttp.GetAsync(host.Port, "/api/v1/files/f");
        await hold.ArrivedAsync();

        RawHttp refused = await host.OutwaitAsync(asked);

        Assert.Equal(503, refused.Status);
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        Assert.True(refused.IsComplete);
        hold.Release();
        await IsServedAsync(host, content);
    }

    [Fact]
    public async Task A_source_that_hangs_in_the_middle_cuts_the_answer()
    {
        await using FaultyHost host = await FaultyHost.StartAsync();
        byte[] content = await host.PutAsync("f", Length);
        // One page and a bit come; the read after that hangs.
        host.Source.MaxPiece = FaultyHost.PageSize / 2;
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        UfsHold? hold = null;
        host.Source.BeforeRead = count =>
        {
            if (count != 4)
                return;
            hold = host.Source.Hold(UfsRequest.Read);
            third.TrySetResult();
        };
        Task<RawHttp> asked = RawHttp.GetAsync(host.Port, "/api/v1/files/f");
        await third.Task;

        RawHttp cut = await host.OutwaitAsync(asked);

        IsCut(cut, content);
        Assert.Equal(200, cut.Status);
        host.Source.BeforeRead = null;
        hold!.Release();
        await IsServedAsync(host, content);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(2 * FaultyHost.PageSize)]
    [InlineData(Length)]
    public async Task A_source_that_ends_early_never_makes_a_short_success(int missing)
    {
        await using FaultyHost host = await FaultyHost.StartAsync();
        byte[] content = await host.PutAsync("f", Length);
        host.Source.MissingBytes = missing;

        IsRefusedOrCut(await RawHttp.GetAsync(host.Port, "/api/v1/files/f"), content);

        host.Source.MissingBytes = 0;
        await IsServedAsync(host, content);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5 * FaultyHost.PageSize)]
    public async Task A_length_told_too_large_never_makes_a_success(int tooMuch)
    {
        await using FaultyHost host = await FaultyHost.StartAsync();
        byte[] content = await host.PutAsync("f", Length);
        host.Source.LengthError = tooMuch;

        IsRefusedOrCut(await RawHttp.GetAsync(host.Port, "/api/v1/files/f"), content);

        host.Source.LengthError = 0;
        await IsServedAsync(host, content);
    }

    [Theory]
    [InlineData(CacheError.Unavailable)]
    [InlineData(CacheError.Changed)]
    [InlineData(CacheError.NotFound)]
    [InlineData(CacheError.AccessDenied)]
    public async Task A_source_that_fails_in_the_middle_cuts_the_answer(CacheError error)
    {
        await using FaultyHost host = await FaultyHost.StartAsync();
        byte[] content = await host.PutAsync("f", Length);
        host.Source.MaxPiece = FaultyHost.PageSize / 2;
        host.Source.BeforeRead = count =>
        {
            if (count >= 4)
                throw new CacheException(error, "The test made this read fail.");
        };

        IsRefusedOrCut(await RawHttp.GetAsync(host.Port, "/api/v1/files/f"), content);

        host.Source.BeforeRead = null;
        await IsServedAsync(host, content);
    }

    private static async Task IsServedAsync(FaultyHost host, byte[] content)
    {
        RawHttp whole = await RawHttp.GetAsync(host.Port, "/api/v1/files/f");
        Assert.Equal(200, whole.Status);
        Assert.Equal(content, whole.Body);
    }

    private static void IsRefusedOrCut(RawHttp answer, byte[] content)
    {
        if (answer.Status >= 400)
            Assert.True(answer.IsComplete);
        else
            IsCut(answer, content);
    }

    private static void IsCut(RawHttp answer, byte[] content)
    {
        Assert.False(answer.IsComplete);
        Assert.True(content.AsSpan().StartsWith(answer.Body), "Bytes were sent that are not the file's.");
    }
}
