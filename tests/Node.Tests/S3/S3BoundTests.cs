using System.Xml.Linq;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What one request may cost of the under storage and of memory.</summary>
public sealed class S3BoundTests
{
    [Fact]
    public async Task Reading_an_object_where_nothing_has_a_record_asks_for_the_object_and_for_nothing_else()
    {
        await using var storage = new CountingStorage();
        await using S3Host host = await S3Host.StartAsync(storage, keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        for (int i = 0; i < 20; i++)
            await storage.CreateAsync($"d/{i}", new MemoryStream([1]), default);
        // The first one learns that there are no records.
        await http.GetByteArrayAsync("data/d/0");
        storage.Statuses = 0;
        for (int i = 1; i < 20; i++)
            await http.GetByteArrayAsync($"data/d/{i}");
        Assert.Equal(19, storage.Statuses);
    }

    [Fact]
    public async Task Records_of_one_directory_cost_those_of_another_nothing()
    {
        await using var storage = new CountingStorage();
        await using S3Host host = await S3Host.StartAsync(storage, keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        using var put = new HttpRequestMessage(HttpMethod.Put, "data/with/a") { Content = new StringContent("x"), Headers = { { "x-amz-meta-n", "1" } } };
        (await http.SendAsync(put)).EnsureSuccessStatusCode();
        Assert.Equal("1", Assert.Single((await http.GetAsync("data/with/a")).Headers.GetValues("x-amz-meta-n")));
        for (int i = 0; i < 10; i++)
            await storage.CreateAsync($"without/{i}", new MemoryStream([1]), default);
        await http.GetByteArrayAsync("data/without/0");
        storage.Statuses = 0;
        for (int i = 1; i < 10; i++)
            await http.GetByteArrayAsync($"data/without/{i}");
        Assert.Equal(9, storage.Statuses);
    }

    [Fact]
    public async Task A_listing_that_begins_behind_hundreds_of_dashes_finds_what_is_there_with_few_questions()
    {
        await using var storage = new CountingStorage();
        await using S3Host host = await S3Host.StartAsync(storage, keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        // In the order of keys: a directory of dashes stands behind all that are longer.
        string[] expected = [new string('-', 150) + "/x", new string('-', 40) + "/x", new string('-', 3) + "/x", "a"];
        foreach (string key in (string[])[.. expected, new string('-', 200) + "/x"])
            await storage.CreateAsync(key, new MemoryStream([1]), default);
        storage.Statuses = 0;
        XElement listed = XDocument.Parse(await http.GetStringAsync("data?list-type=2&start-after=" + new string('-', 200) + "/x")).Root!;
        Assert.Equal(expected, listed.Descendants().Where(e => e.Name.LocalName == "Key").Select(e => e.Value));
        Assert.InRange(storage.Statuses, 1, S3Limits.MaxProbes + 4);
    }

    [Fact]
    public async Task Uploads_by_the_thousand_are_listed_once_each_in_pages_that_read_a_thousand_records()
    {
        await using var storage = new CountingStorage();
        await using S3Host host = await S3Host.StartAsync(storage, keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        await Parallel.ForAsync(0, S3Limits.MaxListedUploads + 300, async (i, token) => (await http.PostAsync($"data/{(i % 2 == 0 ? "even" : "odd")}/{i:d4}?uploads", null, token)).EnsureSuccessStatusCode());
        List<string> all = await AllUploadsAsync(http, "max-uploads=400");
        Assert.Equal(S3Limits.MaxListedUploads + 300, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal((S3Limits.MaxListedUploads + 300) / 2, (await AllUploadsAsync(http, "prefix=odd/")).Distinct().Count());
        Assert.Equal(["even/", "odd/"], (await AllUploadsAsync(http, "delimiter=/")).Distinct().Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("&prefix=b/")]
    public async Task A_listing_of_uploads_goes_on_where_it_was_while_their_number_passes_the_bound_up_and_down(string prefix)
    {
        const int Most = S3Limits.MaxListedUploads;
        await using var storage = new CountingStorage();
        await using S3Host host = await S3Host.StartAsync(storage, keys: []);
        using var http = new HttpClient { BaseAddress = host.Url };
        await Parallel.ForAsync(0, Most, async (i, token) => (await http.PostAsync($"data/b/{i % 500:d4}?uploads", null, token)).EnsureSuccessStatusCode());
        string query = "max-uploads=301" + prefix;

        // By key, up to the middle of what one key has.
        (List<(string Key, string Id)> seen, string markers) = await UploadsAsync(http, query);
        await Parallel.ForAsync(0, 10, async (i, token) => (await http.PostAsync($"data/a/{i}?uploads", null, token)).EnsureSuccessStatusCode());
        (List<(string Key, string Id)> more, markers) = await UploadsAsync(http, query + markers);
        seen.AddRange(more);
        foreach ((string key, string id) in seen.Take(20))
            (await http.DeleteAsync($"data/{key}?uploadId={id}")).EnsureSuccessStatusCode();
        while (markers.Length > 0)
        {
            (more, markers) = await UploadsAsync(http, query + markers);
            seen.AddRange(more);
        }
        Assert.Equal(Most, seen.Count);
        Assert.Equal(Most, seen.Distinct().Count());
        Assert.All(seen, one => Assert.StartsWith("b/", one.Key, StringComparison.Ordinal));
    }

    [Fact]
    public void Records_are_remembered_by_the_bytes_that_they_take()
    {
        var remembered = new RememberedRecords();
        FileRef small = Record("small", 300), first = Record("first", S3Limits.MaxRecordBytes);
        remembered.Keep(first, ObjectRecord.Empty);
        for (int i = 0; i < 1000; i++)
            remembered.Keep(Record($"s{i}", 300), ObjectRecord.Empty);
        Assert.NotNull(remembered.Find(first));
        int large = 2 * (int)(S3Limits.MaxRememberedBytes / S3Limits.MaxRecordBytes);
        for (int i = 0; i < large; i++)
            remembered.Keep(Record($"l{i}", S3Limits.MaxRecordBytes), ObjectRecord.Empty);
        Assert.Null(remembered.Find(Record("s0", 300)));
        remembered.Keep(small, ObjectRecord.Empty);
        Assert.NotNull(remembered.Find(small));

        static FileRef Record(string key, long length) => new(new UfsIdentity("mem://records"), key, new FileVersion("v"), length, 1 << 20);
    }

    [Fact]
    public void Names_of_records_are_numbers_and_nothing_else_is()
    {
        Assert.True(RecordNames.TryNumber("00000000000000ff-fedcba9876543210", out UInt128 number));
        Assert.Equal(new UInt128(255, 0xfedcba9876543210), number);
        Assert.False(RecordNames.TryNumber("00000000000000ff_fedcba9876543210", out _));
        Assert.False(RecordNames.TryNumber("00000000000000fg-fedcba9876543210", out _));
        Assert.False(RecordNames.TryNumber(".tmp", out _));
    }

    private static async Task<List<string>> AllUploadsAsync(HttpClient http, string query)
    {
        var ids = new List<string>();
        for (string markers = ""; ;)
        {
            (List<(string Key, string Id)> page, markers) = await UploadsAsync(http, query + markers);
            ids.AddRange(page.Select(one => one.Id));
            if (markers.Length == 0)
                return ids;
        }
    }

    /// <summary>A page, of common prefixes as they are, and what to ask for the next one with; "": there is none.</summary>
    private static async Task<(List<(string Key, string Id)> Uploads, string Markers)> UploadsAsync(HttpClient http, string query)
    {
        XElement page = XDocument.Parse(await http.GetStringAsync($"data?uploads&{query}")).Root!;
        List<(string Key, string Id)> uploads =
        [
            .. page.Elements().Where(e => e.Name.LocalName == "Upload").Select(e => (Text(e, "Key"), Text(e, "UploadId"))),
            .. page.Elements().Where(e => e.Name.LocalName == "CommonPrefixes").Select(e => (Text(e, "Prefix"), Text(e, "Prefix"))),
        ];
        return (uploads, Text(page, "IsTruncated") == "false" ? "" : $"&key-marker={Uri.EscapeDataString(Text(page, "NextKeyMarker"))}&upload-id-marker={Text(page, "NextUploadIdMarker")}");
    }

    private static string Text(XElement parent, string name) => parent.Elements().Single(e => e.Name.LocalName == name).Value;

    /// <summary>Memory that counts how often it is asked what is there.</summary>
    private sealed class CountingStorage() : DelegatingUnderStorage(UnderStorageFactory.Create("mem://counted", TimeProvider.System))
    {
        private int _statuses;

        public int Statuses
        {
            get => Volatile.Read(ref _statuses);
            set => Volatile.Write(ref _statuses, value);
        }

        public override ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _statuses);
            return base.GetStatusAsync(key, cancellationToken);
        }
    }
}
