using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.ObjectStores;

public sealed class NameOrderTests
{
    /// <summary>Characters on both sides of '/', and those that UTF-8 and UTF-16 sort differently.</summary>
    private static readonly string[] Letters = ["a", "b", "-", ".", "0", "z", "\uff5e", "\U0001F600", "!", "/"];

    [Fact]
    public void Any_keys_come_out_as_names_in_ordinal_order_each_once()
    {
        Gen<string> key = Gen.Elements(Letters).ArrayOf().Where(a => a.Length is > 0 and < 8).Select(string.Concat);
        Gen<string?> start = Gen.OneOf(Gen.Constant<string?>(null), key.Where(k => !k.Contains('/')).Select(k => (string?)k));
        Arbitrary<(string[], int, string?)> cases =
            (from keys in key.ArrayOf() from held in Gen.Choose(1, 5) from after in start select (keys, held, after)).ToArbitrary();
        Prop.ForAll(cases, x => Assert.Equal(Expected(x.Item1, x.Item3), Ordered(x.Item1, x.Item2, x.Item3, out _)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Flat_names_with_a_common_prefix_are_neither_held_nor_asked_for_one_by_one()
    {
        string[] keys = [.. Enumerable.Range(0, 100_000).Select(i => $"img-{i:d6}.jpg")];
        Assert.Equal(keys, Ordered(keys, 64, null, out int questions));
        Assert.Equal(1, questions);
    }

    private static List<string> Ordered(string[] keys, int maxHeld, string? startAfter, out int questions)
    {
        var order = new NameOrder(startAfter is null ? null : PartName.ToPath(startAfter));
        var names = new List<string>();
        string[] listed = [.. Roll(keys)];
        var directories = listed.Where(e => e.EndsWith('/')).Select(e => e[..^1]).ToHashSet();
        questions = 0;
        foreach (string entry in listed)
        {
            string name = NameOf(entry);
            order.Add(name, Status(name, entry.EndsWith('/')));
            Take();
            if (order.Held > maxHeld && order.MissingDirectory() is { } missing)
            {
                questions++;
                order.Settle(missing, directories.Contains(missing) ? Status(missing, isDirectory: true) : null);
                Take();
            }
        }
        order.Complete();
        Take();
        return names;

        void Take()
        {
            while (order.TryTake(out UfsStatus status))
                names.Add(status.Key);
        }
    }

    /// <summary>What a store lists with a delimiter, in the order of bytes.</summary>
    private static IEnumerable<string> Roll(string[] keys) => keys
        .Select(k => k.IndexOf('/') is var slash && slash < 0 ? k : k[..(slash + 1)])
        .Distinct(StringComparer.Ordinal)
        .Order(Comparer<string>.Create(Utf8Order.Compare));

    private static string[] Expected(string[] keys, string? startAfter) =>
    [
        .. Roll(keys).Select(NameOf).Select(PartName.ToPath).Distinct(StringComparer.Ordinal)
            .Where(n => startAfter is null || string.CompareOrdinal(n, PartName.ToPath(startAfter)) > 0).Order(StringComparer.Ordinal),
    ];

    private static string NameOf(string entry) => entry.EndsWith('/') ? entry[..^1] : entry;

    private static UfsStatus Status(string name, bool isDirectory) => new(PartName.ToPath(name), isDirectory, 0, default, default);
}
