using System.IO.Pipelines;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Node.Tests.Process;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>Changes through the client: what it wrote is what everybody reads, and what it could not write is not there.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class WritingTests(SdkNodes nodes) : IClassFixture<SdkNodes>, IAsyncLifetime
{
    private CacheClient _client = null!;

    public async Task InitializeAsync() => _client = await nodes.ConnectAsync();

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9 * CacheLimits.MiB + 3)]
    public async Task What_is_created_is_read_at_once_through_every_node(int length)
    {
        byte[] content = nodes.Medium[..length];
        string path = $"/rw/new/dir/of{length}";
        FileStatus written = await _client.CreateAsync(path, new MemoryStream(content));

        Assert.Equal((path, (long)length), (written.Path.Value, written.Length));
        // Owner and mode are not told to the writer.
        FileStatus status = await _client.GetStatusAsync(path);
        Assert.Equal(written with { Posix = status.Posix }, status);
        foreach (NodeProcess node in nodes.Cluster.Running)
            Assert.Equal(content, await node.GetFileAsync(path));
        byte[] read = new byte[length];
        Assert.Equal(length, await _client.ReadAsync(written, 0, read));
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task Names_that_have_broken_HTTP_services_before_are_written_moved_and_deleted()
    {
        foreach (string name in ServedDirectory.OddNames)
        {
            string path = "/rw/odd/" + name, there = Path.Combine(nodes.Source, "rw/odd", name);
            await _client.CreateAsync(path, new MemoryStream(SdkNodes.ContentOf(name)));
            Assert.Equal(SdkNodes.ContentOf(name), await File.ReadAllBytesAsync(there));
            await _client.MoveAsync(path, "/rw/moved/" + name);
            Assert.False(File.Exists(there));
            Assert.Equal(SdkNodes.ContentOf(name), await File.ReadAllBytesAsync(Path.Combine(nodes.Source, "rw/moved", name)));
            await _client.DeleteAsync("/rw/moved/" + name);
            Assert.False(await _client.ExistsAsync("/rw/moved/" + name));
        }
    }

    [Fact]
    public async Task A_content_that_has_grown_beyond_its_announced_length_is_not_written()
    {
        await _client.CreateAsync("/rw/grown", new MemoryStream([1]));
        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => _client.CreateAsync("/rw/grown", new GrowingStream(300_000)));
        Assert.Contains("300000 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1], await nodes.Cluster[0].GetFileAsync("/rw/grown"));
        Assert.Equal(["grown"], Directory.GetFiles(Path.Combine(nodes.Source, "rw"), "*gr*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Conditions_are_held()
    {
        FileStatus first = await _client.CreateAsync("/rw/condition", new MemoryStream([1]), WriteCondition.IfAbsent);
        await ExpectAsync(CacheError.ConditionFailed, () => _client.CreateAsync("/rw/condition", new MemoryStream([2]), WriteCondition.IfAbsent));
        FileStatus second = await _client.CreateAsync("/rw/condition", new MemoryStream([2, 2]), WriteCondition.IfVersion(first.RequireFile().Version));
        await ExpectAsync(CacheError.ConditionFailed, () => _client.CreateAsync(
            "/rw/condition", new MemoryStream([3]), WriteCondition.IfVersion(first.RequireFile().Version)));
        Assert.NotEqual(first.File, second.File);
        await ExpectAsync(CacheError.ConditionFailed, () => _client.CreateAsync("/rw/absent", new MemoryStream([1]), WriteCondition.IfPresent));
        await _client.CreateAsync("/rw/condition", new MemoryStream([3, 3, 3]), WriteCondition.IfPresent);
        await using CacheReadStream stream = await _client.OpenReadAsync("/rw/condition");
        byte[] content = new byte[3];
        await stream.ReadExactlyAsync(content);
        Assert.Equal([3, 3, 3], content);
    }

    [Fact]
    public async Task A_write_that_is_refused_does_not_read_its_content()
    {
        var content = new MemoryStream(nodes.Medium);
        await ExpectAsync(CacheError.ReadOnly, () => _client.CreateAsync("/data/x", content));
        Assert.Equal(0, content.Position);
        await ExpectAsync(CacheError.ReadOnly, () => _client.CreateDirectoryAsync("/data/dir"));
        await ExpectAsync(CacheError.ReadOnly, () => _client.DeleteAsync("/data/medium"));
        await ExpectAsync(CacheError.ReadOnly, () => _client.MoveAsync("/data/medium", "/data/other"));
        await ExpectAsync(CacheError.NotFound, () => _client.CreateAsync("/not-mounted/x", content));
        Assert.Equal(nodes.Medium.Length, (await _client.GetStatusAsync("/data/medium")).Length);
    }

    [Fact]
    public async Task Directories_are_made_moved_and_deleted()
    {
        await _client.CreateDirectoryAsync("/rw/a/b/c");
        await _client.CreateDirectoryAsync("/rw/a/b/c");
        await _client.CreateAsync("/rw/a/b/file", new MemoryStream([1]));
        await ExpectAsync(CacheError.NotADirectory, () => _client.CreateDirectoryAsync("/rw/a/b/file/d"));
        await ExpectAsync(CacheError.NotEmpty, () => _client.DeleteAsync("/rw/a"));
        await _client.MoveAsync("/rw/a", "/rw/z");
        Assert.False(await _client.ExistsAsync("/rw/a"));
        Assert.True(await _client.ExistsAsync("/rw/z/b/file"));
        await ExpectAsync(CacheError.NotSupported, () => _client.MoveAsync("/rw/z", "/strict/z"));
        await _client.DeleteAsync("/rw/z", recursive: true);
        Assert.False(await _client.ExistsAsync("/rw/z"));
        await ExpectAsync(CacheError.NotFound, () => _client.DeleteAsync("/rw/z", recursive: true));
        await ExpectAsync(CacheError.NotFound, () => _client.MoveAsync("/rw/z", "/rw/y"));
    }

    [Fact]
    public async Task Content_without_a_length_is_sent_as_it_comes_and_is_not_disposed_of()
    {
        var pipe = new Pipe();
        Task<FileStatus> writing = _client.CreateAsync("/rw/piped", pipe.Reader.AsStream(leaveOpen: true));
        for (int at = 0; at < nodes.Medium.Length; at += 70_000)
            await pipe.Writer.WriteAsync(nodes.Medium.AsMemory(at, Math.Min(70_000, nodes.Medium.Length - at)));
        await pipe.Writer.CompleteAsync();
        FileStatus written = await writing;
        Assert.Equal(nodes.Medium.Length, written.Length);
        Assert.Equal(nodes.Medium, await File.ReadAllBytesAsync(Path.Combine(nodes.Source, "rw/piped")));

        using var kept = new MemoryStream([1, 2, 3, 4]) { Position = 2 };
        await _client.CreateAsync("/rw/rest", kept);
        Assert.Equal([3, 4], await File.ReadAllBytesAsync(Path.Combine(nodes.Source, "rw/rest")));
        Assert.Equal(4, kept.Position);
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(HttpRequestException))]
    public async Task Content_that_throws_gives_its_own_exception_and_leaves_the_old_file(Type type)
    {
        await _client.CreateAsync("/rw/kept", new MemoryStream([7]));
        foreach (int after in (int[])[0, 3 * CacheLimits.MiB])
        {
            var failure = (Exception)Activator.CreateInstance(type, "the disk is on fire")!;
            Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => _client.CreateAsync("/rw/kept", new FailingContent(nodes.Medium, after, failure)));
            Assert.Same(failure, thrown);
        }
        Assert.Equal([7], await File.ReadAllBytesAsync(Path.Combine(nodes.Source, "rw/kept")));
        Assert.Equal([7], await nodes.Cluster[0].GetFileAsync("/rw/kept"));
    }

    /// <summary>A lost connection of its own must not look like one to the node: the rest of the content is not the content.</summary>
    [Fact]
    public async Task Content_that_loses_its_own_connection_is_not_sent_a_second_time()
    {
        var lost = new CacheException(
            CacheError.NodeUnreachable, "elsewhere", new HttpRequestException(HttpRequestError.ConnectionError, "connection refused"));
        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => _client.CreateAsync("/rw/half", new FailingContent(nodes.Medium, CacheLimits.MiB, lost)));
        Assert.Same(lost, thrown);
        Assert.False(await _client.ExistsAsync("/rw/half"));
    }

    [Fact]
    public async Task A_write_that_is_given_up_writes_nothing()
    {
        using var given = new CancellationTokenSource();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        Task<FileStatus> writing = _client.CreateAsync("/rw/given-up", pipe.Reader.AsStream(), cancellationToken: given.Token);
        await pipe.Writer.WriteAsync(nodes.Medium.AsMemory(0, CacheLimits.MiB));
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await pipe.Writer.CompleteAsync();
        Assert.False(await _client.ExistsAsync("/rw/given-up"));
    }

    /// <summary>The connection was in use before: HttpClient takes one that ends then for idle, and sends what has no body again.</summary>
    [Fact]
    public async Task A_change_whose_answer_is_lost_is_not_sent_again()
    {
        using var node = new ScriptedNode(target => target.Contains("mkdir", StringComparison.Ordinal) ? "{}" : null);
        await using CacheClient client = await CacheClient.ConnectAsync(node.Address);
        foreach (Func<Task> change in (Func<Task>[])[() => client.DeleteAsync("/f"), () => client.MoveAsync("/f", "/g")])
        {
            await client.CreateDirectoryAsync("/d");
            CacheException lost = await Assert.ThrowsAsync<CacheException>(change);
            Assert.Equal(CacheError.NodeUnreachable, lost.Error);
            Assert.Contains("not known", lost.Message, StringComparison.Ordinal);
        }
        Assert.Equal(
            ["POST /api/v1/mkdir?path=%2Fd", "DELETE /api/v1/files/f", "POST /api/v1/mkdir?path=%2Fd", "POST /api/v1/move?from=%2Ff&to=%2Fg"],
            node.Requests.Select(r => r[..^" HTTP/1.1".Length]));
    }

    /// <summary>The connection is given up, not refused, as to a machine that has lost its power: that the change was not carried out is certain all the same.</summary>
    [Fact]
    public async Task A_node_that_takes_no_connection_is_passed_over()
    {
        using var deaf = new DeafListener();
        using var node = new ScriptedNode(target => target.Contains("mkdir", StringComparison.Ordinal) ? "{}" : null, owner: deaf.Address);
        await using CacheClient client = await CacheClient.ConnectAsync(node.Address);
        await client.CreateDirectoryAsync("/d");
        Assert.Equal("POST /api/v1/mkdir?path=%2Fd HTTP/1.1", Assert.Single(node.Requests));
    }

    [Fact]
    public async Task A_file_of_the_cache_is_copied_within_it()
    {
        await using CacheReadStream from = await _client.OpenReadAsync("/data/medium");
        FileStatus copy = await _client.CreateAsync("/strict/copy", from);
        Assert.Equal(nodes.Medium.Length, copy.Length);
        Assert.Equal(nodes.Medium, await File.ReadAllBytesAsync(Path.Combine(nodes.Source, "strict/copy")));
    }

    private static async Task ExpectAsync(CacheError error, Func<Task> change) => Assert.Equal(error, (await Assert.ThrowsAsync<CacheException>(change)).Error);

    /// <summary>Throws after some of its bytes.</summary>
    private sealed class FailingContent(byte[] bytes, int after, Exception failure) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default) =>
            Position >= after ? throw failure : base.ReadAsync(destination, cancellationToken);

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>A file to which somebody appends while it is read.</summary>
    private sealed class GrowingStream : MemoryStream
    {
        private readonly int _length;

        public GrowingStream(int length) => SetLength(_length = length);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            SetLength(_length + 1);
            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
