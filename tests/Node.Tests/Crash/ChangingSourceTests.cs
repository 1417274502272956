using System.Net;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>A real node over real files that change while they are sent: what came is the old version's, and is never taken for all of it.</summary>
public sealed class ChangingSourceTests : IDisposable
{
    private const int Length = 6 * CacheLimits.MiB;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);
    private readonly TemporaryDirectory _store = new(onTmpfs: true);

    public void Dispose()
    {
        _source.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task An_answer_that_the_source_overtakes_is_cut_and_the_next_one_is_the_new_file()
    {
        // 6 MiB at 4 MiB/s: the answer is under way for more than a second after its first bytes are here.
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/=file://{_source.Path},mode=strict,bandwidth=4MiB", "--store", $"{_store.Path}=256MiB");
        await Task.WhenAll(new[] { "shrink", "grow", "overwrite", "replace", "vanish", "touch" }.Select(how => OvertakeAsync(node, how)));
    }

    /// <summary>What is cached is one version too: pages of the old one never fill up the new one.</summary>
    [Fact]
    public async Task A_half_cached_file_that_is_replaced_is_served_new_as_a_whole()
    {
        byte[] old = Content(1), now = Content(2);
        _source.Write("f", old);
        await using NodeProcess node = await NodeProcess.StartAsync(
            "--mount", $"/=file://{_source.Path},mode=strict", "--store", $"{_store.Path}=256MiB", "--page-size", "64KiB");
        await node.ReadUntilCachedAsync("/f");
        _source.Write("new", now);
        File.Move(_source["new"], _source["f"], overwrite: true);
        Assert.Equal(now, await node.GetFileAsync("/f"));
        await node.ReadUntilCachedAsync("/f");
        Assert.Equal(now, await node.GetFileAsync("/f"));
        File.Delete(_source["f"]);
        using HttpResponseMessage gone = await node.Http.GetAsync("api/v1/files/f");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task OvertakeAsync(NodeProcess node, string how)
    {
        byte[] old = Content(1);
        _source.Write(how, old);
        using HttpResponseMessage response = await node.Http.GetAsync("api/v1/files/" + how, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Length, response.Content.Headers.ContentLength);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        using var got = new MemoryStream();
        byte[] chunk = new byte[1000];
        got.Write(chunk, 0, await body.ReadAsync(chunk));

        byte[]? now = Change(how, old);

        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(got));
        Assert.InRange(got.Length, 1, Length - 1);
        Assert.True(old.AsSpan().StartsWith(got.ToArray()), $"{how}: bytes came that were never in the version asked for.");
        if (now is not null)
        {
            Assert.Equal(now, await node.GetFileAsync("/" + how));
            return;
        }
        using HttpResponseMessage gone = await node.Http.GetAsync("api/v1/files/" + how);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    /// <summary>Changes the file and gives what it holds now; null: nothing.</summary>
    private byte[]? Change(string how, byte[] old)
    {
        string path = _source[how];
        switch (how)
        {
            case "shrink":
                using (FileStream file = File.OpenWrite(path))
                    file.SetLength(100_000);
                return old[..100_000];
            case "grow":
                File.AppendAllText(path, "more");
                return [.. old, .. "more"u8];
            case "overwrite":
                byte[] overwritten = Content(3);
                using (FileStream file = File.OpenWrite(path))
                    file.Write(overwritten);
                // As rsync does: the old time again. ctime tells all the same.
                File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                return overwritten;
            case "replace":
                byte[] replaced = Content(4);
                File.WriteAllBytes(path + ".new", replaced);
                File.Move(path + ".new", path, overwrite: true);
                return replaced;
            case "touch":
                File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                return old;
            default:
                File.Delete(path);
                return null;
        }
    }

    private static byte[] Content(int seed)
    {
        byte[] content = new byte[Length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
