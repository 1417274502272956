using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Turns a store's order of names into ours (ordinal, of UTF-16 names), holding back only entries whose place is in doubt.
/// Pure: no requests; the owner asks the store where too much is held.
/// </summary>
/// <remarks>
/// A store sorts keys by their bytes, and a directory by its name with the slash: "a-", "a.txt", then "a/", though "a" comes first. So an
/// entry is in doubt of each prefix X of its name that a character below '/' follows: the directory X may come yet. The doubt is over
/// when the store's order has passed "X/", or X is known to be there or not to be there. Stores also disagree on characters from
/// U+D800 on (UTF-8 sorts surrogate pairs behind U+FFFF, UTF-16 before U+E000): names that have one wait until all that share
/// what stands before it have come.
/// Names are the store's here: "" is one too, of the directory "a//" below "a/", and every name that begins with a character below '/' is in doubt of it. What comes out is in
/// the order of names, and of the path components that stand for them, which is the same (<see cref="PartName"/>).
/// Invariants: what was taken is smaller than what is held and all that comes; a name is taken once, also where an object and a
/// directory share it (the object is shown).
/// </remarks>
internal sealed class NameOrder(string? startAfter)
{
    private readonly PriorityQueue<UfsStatus, string> _held = new(StringComparer.Ordinal);
    private readonly string? _startAfter = startAfter is null ? null : PartName.OfPath(startAfter);

    /// <summary>Names that are prefixes of what came last and are settled: taken or held already, or known not to be directories.</summary>
    private readonly List<string> _settled = [];

    private string _last = "";
    private bool _complete;

    /// <summary>Entries held back.</summary>
    public int Held => _held.Count;

    /// <summary>The next entry in the store's order.</summary>
    /// <param name="name">Its name below the listed directory.</param>
    /// <param name="entry">Null: one that no key can name; it only tells how far the store's order has come.</param>
    public void Add(string name, UfsStatus? entry)
    {
        _last = entry is { IsDirectory: true } ? name + '/' : name;
        for (int i = _settled.Count - 1; i >= 0; i--)
        {
            if (!_last.StartsWith(_settled[i], StringComparison.Ordinal))
                _settled.RemoveAt(i);
        }
        if (entry is null || (_startAfter is not null && string.CompareOrdinal(name, _startAfter) <= 0) || _settled.Contains(name))
            return;
        _settled.Add(name);
        _held.Enqueue(entry, name);
    }

    /// <summary>The smallest entry, if nothing that comes can be smaller.</summary>
    public bool TryTake(out UfsStatus entry)
    {
        if (_held.TryPeek(out UfsStatus? first, out string? name) && (_complete || DoubtOf(name) is null))
        {
            entry = _held.Dequeue();
            return true;
        }
        entry = null!;
        return false;
    }

    /// <summary>The directory that the smallest entry waits for; null where none is, or where only its successors can tell.</summary>
    public string? MissingDirectory() =>
        _held.TryPeek(out _, out string? name) && DoubtOf(name) is { } doubt && doubt.Length < name.Length && name[doubt.Length] < '/' ? doubt : null;

    /// <summary>The store said whether the directory is there.</summary>
    public void Settle(string directory, UfsStatus? found)
    {
        _settled.Add(directory);
        if (found is not null)
            _held.Enqueue(found, directory);
    }

    /// <summary>Nothing comes any more.</summary>
    public void Complete() => _complete = true;

    /// <summary>The shortest prefix of a held name that is in doubt; null: its place is certain.</summary>
    private string? DoubtOf(string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            ReadOnlySpan<char> prefix = name.AsSpan(0, i);
            if (name[i] >= 0xD800)
            {
                if (_last.AsSpan().StartsWith(prefix, StringComparison.Ordinal))
                    return prefix.ToString();
            }
            else if (name[i] < '/' && IsAwaited(prefix))
            {
                return prefix.ToString();
            }
        }
        return null;
    }

    private bool IsAwaited(ReadOnlySpan<char> directory)
    {
        if (!_last.AsSpan().StartsWith(directory, StringComparison.Ordinal) || (_last.Length > directory.Length && _last[directory.Length] >= '/'))
            return false;
        if (_startAfter is not null && directory.CompareTo(_startAfter, StringComparison.Ordinal) <= 0)
            return false;
        foreach (string settled in _settled)
        {
            if (directory.SequenceEqual(settled))
                return false;
        }
        return true;
    }
}
