using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.Tests.ObjectStores;

/// <summary>How many parts of an upload are under way, and that none reads memory which the next is written into.</summary>
public sealed class PartsUnderWayTests : IAsyncLifetime
{
    private const int Part = 1000;
    private const int AtOnce = 3;

    private readonly List<(ReadOnlyMemory<byte> Content, TaskCompletionSource<string> Sent)> _requests = [];
    private readonly PartsUnderWay _parts;
    private bool _mayBeginMore = true;
    private CancellationToken _token;

    public PartsUnderWayTests() => _parts = new PartsUnderWay(
        (number, content, underWay, token) =>
        {
            Assert.Equal(_requests.Count + 1, number);
            Assert.Equal(_requests.Where(r => !r.Sent.Task.IsCompleted).Sum(r => r.Content.Length) + content.Length, underWay);
            _token = token;
            var sent = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _requests.Add((content, sent));
            return sent.Task;
        },
        AtOnce * Part,
        () => _mayBeginMore,
        CancellationToken.None);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach ((_, TaskCompletionSource<string> sent) in _requests)
            sent.TrySetResult("");
        await _parts.DisposeAsync();
    }

    [Fact]
    public async Task As_many_are_under_way_as_their_bytes_allow_and_the_next_waits_for_the_oldest()
    {
        for (int i = 0; i < AtOnce; i++)
            await BeginAsync((byte)i);
        ValueTask<Memory<byte>> next = _parts.NextAsync(Part);
        _requests[1].Sent.SetResult("b");
        Assert.False(next.IsCompleted);
        _requests[0].Sent.SetResult("a");
        (await next).Span.Fill(9);
        Assert.Equal(-1, _requests[2].Content.Span.IndexOfAnyExcept((byte)2));
        await _parts.BeginAsync(Part / 2);
        Assert.Equal(Part / 2, _requests[AtOnce].Content.Length);

        _requests[2].Sent.SetResult("c");
        _requests[3].Sent.SetResult("d");
        Assert.Equal(["a", "b", "c", "d"], await _parts.EndAsync());
    }

    [Fact]
    public async Task One_that_is_larger_than_all_that_may_be_under_way_goes_alone()
    {
        await BeginAsync(1);
        Assert.Equal(2 * AtOnce * Part, (await _parts.NextAsync(2 * AtOnce * Part)).Length);
        ValueTask second = _parts.BeginAsync(2 * AtOnce * Part);
        Assert.False(second.IsCompleted);
        _requests[0].Sent.SetResult("a");
        await second;
    }

    [Fact]
    public async Task Where_the_store_is_busy_one_is_sent_while_the_next_is_read()
    {
        _mayBeginMore = false;
        await BeginAsync(1);
        (await _parts.NextAsync(Part)).Span.Fill(2);
        ValueTask second = _parts.BeginAsync(Part);
        Assert.False(second.IsCompleted);
        Assert.Single(_requests);
        _requests[0].Sent.SetResult("a");
        await second;
        Assert.Equal(-1, _requests[1].Content.Span.IndexOfAnyExcept((byte)2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_a_part_failed_with_is_thrown_before_the_next_is_read(int failed)
    {
        await BeginAsync(1);
        await BeginAsync(2);
        _requests[failed].Sent.SetException(new IOException("lost"));
        await Assert.ThrowsAsync<IOException>(async () => await _parts.NextAsync(Part));
    }

    [Fact]
    public async Task Giving_up_ends_what_is_being_sent_and_waits_for_it()
    {
        await BeginAsync(1);
        await BeginAsync(2);
        _requests[0].Sent.SetException(new IOException("lost"));
        ValueTask ending = _parts.DisposeAsync();
        Assert.True(_token.IsCancellationRequested);
        Assert.False(ending.IsCompleted);
        Assert.Equal(-1, _requests[1].Content.Span.IndexOfAnyExcept((byte)2));
        _requests[1].Sent.SetResult("b");
        await ending;
    }

    private async Task BeginAsync(byte content)
    {
        (await _parts.NextAsync(Part)).Span.Fill(content);
        await _parts.BeginAsync(Part);
    }
}
