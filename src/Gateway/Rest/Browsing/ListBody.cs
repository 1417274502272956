namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>
/// A page of a listing as clients see it. <see cref="ListEndpoint"/> writes it entry by entry and never builds one; the OpenAPI
/// document takes its schema from here.
/// </summary>
/// <param name="Path">The directory.</param>
/// <param name="Entries">In ordinal order of names.</param>
/// <param name="NextToken">Continues the listing; not there on its last page.</param>
internal sealed record ListBody(string Path, IReadOnlyList<EntryBody> Entries, string? NextToken = null);

/// <summary>One entry.</summary>
/// <param name="Path">In the cache namespace.</param>
/// <param name="Type">"file" or "directory".</param>
/// <param name="LastModified">As the under storage tells it.</param>
/// <param name="Length">Bytes; files only.</param>
/// <param name="Version">The version token; files only.</param>
internal sealed record EntryBody(string Path, string Type, DateTimeOffset LastModified, long? Length = null, string? Version = null);
