using System.Net;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What another node writes that shares the storage and nothing else: nobody here is told of it.</summary>
public sealed class S3OutsideWriterTests
{
    [Fact]
    public async Task Metadata_that_somebody_else_has_written_outlives_a_change_by_who_believes_that_there_is_none()
    {
        await using IUnderStorage storage = UnderStorageFactory.Create("mem://s3", TimeProvider.System);
        await using S3Host here = await S3Host.StartAsync(storage, keys: []), there = await S3Host.StartAsync(storage, keys: []);
        using HttpClient http = new() { BaseAddress = here.Url }, others = new() { BaseAddress = there.Url };
        foreach (string key in (string[])["d/tagged", "d/untagged", "d/copied"])
        {
            await storage.CreateAsync(key, new MemoryStream([1]), WriteCondition.None, default);
            Assert.Equal("", await UserOfAsync(http, key));
        }
        foreach (string key in (string[])["d/tagged", "d/untagged", "d/copied"])
            await SendAsync(others, HttpMethod.Put, key, ("x-amz-copy-source", "data/" + key), ("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-a", "b"));

        using var tags = new StringContent("<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>");
        (await http.PutAsync("data/d/tagged?tagging", tags)).EnsureSuccessStatusCode();
        Assert.Equal("b", await UserOfAsync(http, "d/tagged"));
        await SendAsync(http, HttpMethod.Delete, "d/untagged?tagging");
        Assert.Equal("b", await UserOfAsync(http, "d/untagged"));
        await SendAsync(http, HttpMethod.Put, "d/copy", ("x-amz-copy-source", "data/d/copied"));
        Assert.Equal("b", await UserOfAsync(http, "d/copy"));
    }

    [Fact]
    public async Task A_demanded_version_that_is_not_the_believed_one_is_asked_of_the_storage()
    {
        await using IUnderStorage storage = UnderStorageFactory.Create("mem://s3", TimeProvider.System);
        await using S3Host here = await S3Host.StartAsync(storage, keys: []), there = await S3Host.StartAsync(storage, keys: []);
        using HttpClient http = new() { BaseAddress = here.Url }, others = new() { BaseAddress = there.Url };
        (await others.PutAsync("data/d/key", new StringContent("old"))).EnsureSuccessStatusCode();
        Assert.Equal("old", await http.GetStringAsync("data/d/key"));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("data/d/later")).StatusCode);
        foreach (string key in (string[])["d/key", "d/later"])
        {
            using HttpResponseMessage written = await others.PutAsync("data/" + key, new StringContent("new and longer"));
            using var request = new HttpRequestMessage(HttpMethod.Get, "data/" + key) { Headers = { IfMatch = { written.Headers.ETag! } } };
            using HttpResponseMessage read = await http.SendAsync(request);
            Assert.Equal("new and longer", await read.Content.ReadAsStringAsync());
        }
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, "data/" + key);
        foreach ((string name, string value) in headers)
            request.Headers.Add(name, value);
        using HttpResponseMessage answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string> UserOfAsync(HttpClient http, string key)
    {
        using HttpResponseMessage answer = await http.GetAsync("data/" + key);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.TryGetValues("x-amz-meta-a", out IEnumerable<string>? values) ? Assert.Single(values) : "";
    }
}
