using System.Text;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Listing;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Listings against a model: all keys, sorted, cut at the delimiter. Names are made of what sorts around the slash.</summary>
public sealed class KeyOrderTests
{
    private static readonly string[] Parts = ["a", "a-", "a.b", "a!", "ab", "a0", "b", "b c", "-", "0", "z", "a-b", "ä", "aa", "", ".", ".."];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Pages_of_any_size_prefix_delimiter_and_beginning_are_the_models(int seed)
    {
        await using S3Host host = await S3Host.StartAsync();
        var random = new Random(seed);
        List<string> keys = await FillAsync(host.Storage, random, 60);
        var bucket = new BucketRoot(S3Host.Bucket, CachePath.Parse("/" + S3Host.Bucket));
        var records = new RecordStore(host.Files);
        for (int round = 0; round < 150; round++)
        {
            string prefix = random.Next(3) == 0 ? "" : Cut(keys[random.Next(keys.Count)], random);
            string delimiter = random.Next(4) switch { 0 => "", 1 => "-", _ => "/" };
            string? after = random.Next(3) == 0 ? Cut(keys[random.Next(keys.Count)], random) + (random.Next(2) == 0 ? "!" : "") : null;
            int max = 1 + random.Next(12);
            List<string> expected = Model(keys, prefix, delimiter, after);
            var found = new List<string>();
            for (string? next = after; ;)
            {
                ListingPage page = await ListingPage.ReadAsync(host.Files, records, bucket, new PageRequest(prefix, delimiter, next, max), default);
                List<string> both = [.. page.Objects.Select(o => o.Key.Key), .. page.CommonPrefixes];
                both.Sort(string.CompareOrdinal);
                Assert.True(both.Count <= max);
                found.AddRange(both);
                next = page.Next;
                if (next is null)
                    break;
                Assert.Equal(max, both.Count);
            }
            Assert.True(expected.SequenceEqual(found),
                $"seed {seed}, prefix '{prefix}', delimiter '{delimiter}', after '{after}', {max} a page\nexpected {string.Join(' ', expected)}\nfound    {string.Join(' ', found)}\nof       {string.Join(' ', keys)}");
        }
    }

    private static List<string> Model(List<string> keys, string prefix, string delimiter, string? after)
    {
        var found = new List<string>();
        foreach (string key in keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(k, after) > 0))
        {
            int at = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            string one = at < 0 ? key : key[..(at + delimiter.Length)];
            // What is behind it begins with a key of the common prefix: the page before gave it.
            if (at >= 0 && string.CompareOrdinal(one, after) <= 0)
                continue;
            if (found.Count == 0 || found[^1] != one)
                found.Add(one);
        }
        return found;
    }

    private static string Cut(string key, Random random) => key[..random.Next(key.Length + 1)];

    /// <summary>A key is no other's directory: the storage could not hold both.</summary>
    private static async Task<List<string>> FillAsync(IUnderStorage storage, Random random, int count)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (keys.Count < count)
        {
            string key = string.Join('/', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Parts[random.Next(Parts.Length)] + (random.Next(3) == 0 ? Parts[random.Next(Parts.Length)] : "")));
            if (key.EndsWith('/') || key.Length == 0 || keys.Any(k => k.StartsWith(key + "/", StringComparison.Ordinal) || key.StartsWith(k + "/", StringComparison.Ordinal)) || !keys.Add(key))
                continue;
            await storage.CreateAsync(PartName.ToPaths(key), new MemoryStream(Encoding.UTF8.GetBytes(key)), default);
        }
        return [.. keys.Order(StringComparer.Ordinal)];
    }
}
