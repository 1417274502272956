using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.ObjectStores;

[Collection(MeasuredAlone.Name)]
public sealed class LongListingTests
{
    /// <summary>A million of them held would take a hundred MiB and more.</summary>
    private const long Bound = 32 * CacheLimits.MiB;

    [Theory]
    [InlineData("{0:d7}")]
    [InlineData("img-{0:d7}.jpg")]
    [InlineData("a.b-c d!{0:d7}")]
    public async Task A_million_names_come_in_bounded_memory(string format)
    {
        const int Count = 1_000_000;
        var limits = new RequestLimits();
        var store = new GeneratedNames(Count, format);
        using var policy = new RequestPolicy(store.Uri, limits, TimeProvider.System, NullLogger.Instance);
        var listing = new ObjectListing(store, policy, new ObjectNames("", store.CanName));
        long start = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        int seen = 0;
        await foreach (UfsStatus entry in listing.ReadAsync("", null, CancellationToken.None))
        {
            Assert.Equal(store.NameOf(seen), entry.Key);
            if (++seen % 100_000 == 50_000)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - start);
        }
        Assert.Equal(Count, seen);
        Assert.True(most < Bound, $"The listing held {most} bytes.");
        Assert.InRange(store.Requests, Count / limits.ListPage, (Count / limits.ListPage) + 10);
    }

    /// <summary>A bucket of as many objects as one likes, which are made when they are listed.</summary>
    private sealed class GeneratedNames(int count, string format) : IObjectStore
    {
        public string Uri => "test://generated";

        public StoreConditions Conditions => StoreConditions.None;

        public bool VersionsNameContent => true;

        public bool KeepsAttributes => false;

        public bool ChecksContent => true;

        public bool Holds(WriteCondition condition, bool inParts) => condition.IsNone;

        public int Requests { get; private set; }

        public string NameOf(int index) => string.Format(CultureInfo.InvariantCulture, format, index);

        public bool CanName(string name) => true;

        public Task<ObjectPage> ListAsync(ListRequest request, CancellationToken cancellationToken)
        {
            Requests++;
            // The question whether a directory is there: none is.
            if (request.Flat)
                return Task.FromResult(new ObjectPage([], null));
            int first = request.Token is { } token ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
            int next = Math.Min(first + request.MaxEntries, count);
            ObjectEntry[] entries = [.. Enumerable.Range(first, next - first).Select(i => new ObjectEntry(NameOf(i), new ObjectStatus(NameOf(i), i, default, new FileVersion("v"))))];
            return Task.FromResult(new ObjectPage(entries, next < count ? next.ToString(CultureInfo.InvariantCulture) : null));
        }

        public Task<ObjectStatus?> GetStatusAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ObjectBody> OpenAsync(string name, FileVersion? version, long offset, long length, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ObjectBody> OpenFirstAsync(string name, int length, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<FileVersion> PutAsync(
        string name, ReadOnlyMemory<byte> content, WriteCondition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> BeginUploadAsync(string name, UfsAttributes? attributes, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<FileVersion> CommitUploadAsync(string name, string upload, IReadOnlyList<string> parts, WriteCondition condition, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task AbortUploadAsync(string name, string upload, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task CopyAsync(ObjectStatus from, string to, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteAsync(string name, WriteCondition condition, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ProbeConditionsAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
