using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Against a small store that ignores conditions of writes, as many do.</summary>
[NeedsServer(StorageServer.S3rver)]
[ServerCannot(nameof(A_range_gives_exactly_its_bytes), "s3rver answers a request for the first byte with the whole object; the connector refuses that.")]
[ServerCannot(nameof(Readers_see_the_old_or_the_new_content_whole), "s3rver replaces objects while it reads them; the connector refuses what it then answers.")]
[ServerCannot(nameof(Five_thousand_entries_come_each_once_and_can_be_taken_in_pages), "s3rver fails listings of many objects with status 500.")]
[ServerCannot(nameof(Renaming_moves_a_file_over_another_and_makes_parents), "s3rver answers NoSuchBucket while it removes directories that became empty.")]
public sealed class S3rverContractTests : UnderStorageContract
{
    /// <summary>It keeps objects as files with a suffix to their names, and ends where that is too long.</summary>
    protected override bool CanName(string name) => name.Length < 100;

    protected override bool OpensFirst => true;

    protected override Task<IUnderStorage> OpenAsync() => S3Fixture.OpenAsync(StorageServer.S3rver);

    protected override Task PutManyAsync(IEnumerable<string> keys) => S3Fixture.PutManyAsync(StorageServer.S3rver, Storage, keys);
}
