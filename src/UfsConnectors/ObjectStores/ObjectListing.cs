using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// The entries of one directory, page by page: memory for a page and for what <see cref="NameOrder"/> holds back. Left out are objects whose
/// names no key can express (a slash at the end, invalid Unicode) and files being written.
/// </summary>
internal sealed class ObjectListing(IObjectStore store, RequestPolicy policy, ObjectNames names)
{
    /// <summary>Ends without an entry where the directory has none (behind <paramref name="startAfter"/>), or does not exist.</summary>
    public async IAsyncEnumerable<UfsStatus> ReadAsync(string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = names.OfDirectory(key);
        var order = new NameOrder(startAfter);
        string? token = null;
        do
        {
            var request = new ListRequest(prefix, Flat: false, token is null ? StartOf(prefix, startAfter) : null, token, policy.Limits.ListPage);
            ObjectPage page = await policy.SendAsync(UfsOperation.List, t => store.ListAsync(request, t), cancellationToken).ConfigureAwait(false);
            foreach (ObjectEntry entry in page.Entries)
            {
                if (entry.Name.Length > prefix.Length)
                    Add(order, entry, key, prefix);
                while (order.TryTake(out UfsStatus status))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return status;
                }
                if (order.Held > policy.Limits.MaxHeldEntries && order.MissingDirectory() is { } missing)
                    order.Settle(missing, await FindDirectoryAsync(key, missing, cancellationToken).ConfigureAwait(false));
            }
            token = page.Next;
        }
        while (token is not null);
        order.Complete();
        while (order.TryTake(out UfsStatus status))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return status;
        }
    }

    private async Task<UfsStatus?> FindDirectoryAsync(string above, string name, CancellationToken cancellationToken)
    {
        string component = PartName.ToPath(name), key = UfsKey.Join(above, component);
        return UfsKey.IsName(component) && await IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false) ? ObjectNames.Directory(key) : null;
    }

    /// <summary>Whether anything lies below a key.</summary>
    public async Task<bool> IsDirectoryAsync(string key, CancellationToken cancellationToken) =>
        (await FirstBelowAsync(key, 1, cancellationToken).ConfigureAwait(false)).Count > 0;

    /// <summary>The first names below a key, a directory's marker included.</summary>
    public async Task<IReadOnlyList<ObjectEntry>> FirstBelowAsync(string key, int count, CancellationToken cancellationToken)
    {
        var request = new ListRequest(names.OfDirectory(key), Flat: true, StartAfter: null, Token: null, count);
        ObjectPage page = await policy.SendAsync(UfsOperation.List, t => store.ListAsync(request, t), cancellationToken).ConfigureAwait(false);
        return page.Entries;
    }

    /// <summary>All objects below a key, markers included, in the store's order.</summary>
    public async IAsyncEnumerable<ObjectStatus> AllBelowAsync(string key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var request = new ListRequest(names.OfDirectory(key), Flat: true, StartAfter: null, token, policy.Limits.ListPage);
            ObjectPage page = await policy.SendAsync(UfsOperation.List, t => store.ListAsync(request, t), cancellationToken).ConfigureAwait(false);
            foreach (ObjectEntry entry in page.Entries)
            {
                if (entry.Object is { } status)
                    yield return status;
            }
            token = page.Next;
        }
        while (token is not null);
    }

    private void Add(NameOrder order, ObjectEntry entry, string key, string prefix)
    {
        bool isDirectory = entry.Object is null;
        string name = isDirectory ? entry.Name[prefix.Length..^1] : entry.Name[prefix.Length..], component = PartName.ToPath(name);
        if (!UfsKey.IsName(component) || (component.Length != name.Length && !names.Fits(UfsKey.Join(key, component))))
            order.Add(name, null);
        else
            order.Add(name, isDirectory ? ObjectNames.Directory(UfsKey.Join(key, component)) : ObjectNames.File(UfsKey.Join(key, component), entry.Object!));
    }

    /// <summary>
    /// Where the store begins: right behind the name, or, where the name has characters that stores sort in different ways, before the first of those.
    /// </summary>
    private static string? StartOf(string prefix, string? startAfter)
    {
        if (startAfter is null)
            return null;
        startAfter = PartName.OfPath(startAfter);
        int agreed = startAfter.AsSpan().IndexOfAnyInRange('\uD800', '\uFFFF');
        return prefix + (agreed < 0 ? startAfter : startAfter[..agreed]) is var start && start.Length > prefix.Length ? start : null;
    }
}
