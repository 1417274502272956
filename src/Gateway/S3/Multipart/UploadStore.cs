using System.Globalization;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Multipart;

/// <summary>
/// Uploads that are neither completed nor aborted: a directory each, aside in the bucket, so that every node of a cluster can take every part and a
/// restart loses none. It holds the record of the upload, one of each part, and the parts' bytes.
/// </summary>
internal sealed class UploadStore(CacheFileSystem files, RecordStore records)
{
    private const string UploadName = "upload";
    private const string PartPrefix = "part-";

    /// <summary>A GUID without dashes: nothing else is an id, so an id never leads anywhere else.</summary>
    private const int IdLength = 32;

    public async Task<string> BeginAsync(ObjectKey key, UploadRecord upload, CancellationToken cancellationToken)
    {
        ObjectWriter.RequireOneMount(files.Mounts, key);
        BucketRoot bucket = key.Bucket;
        string id = Guid.NewGuid().ToString("N");
        await records.WriteAsync(bucket.Uploads.Combine($"{id}/{UploadName}"), upload, RecordJson.Default.UploadRecord, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <exception cref="S3Exception">NoSuchUpload.</exception>
    public async ValueTask<UploadRecord> FindAsync(BucketRoot bucket, string id, string key, CancellationToken cancellationToken)
    {
        UploadRecord? found = IsId(id) ? await TryReadAsync(bucket, id, cancellationToken).ConfigureAwait(false) : null;
        return found is not null && found.Key == key ? found : throw S3Error.NoSuchUpload(id).Thrown();
    }

    /// <summary>Writes a part's bytes under a new name, then its record; then the bytes that it replaces go.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="id">The upload.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="describe">What is known of them once they are written: all but the file's name.</param>
    /// <param name="number">Of the part.</param>
    /// <param name="cancellationToken">Gives the part up.</param>
    public async Task<PartRecord> WritePartAsync(
        BucketRoot bucket, string id, int number, Stream content, Func<PartRecord> describe, CancellationToken cancellationToken)
    {
        CachePath directory = DirectoryOf(bucket, id), place = directory.Combine(NameOf(number));
        string file = string.Create(CultureInfo.InvariantCulture, $"{number}-{Guid.NewGuid():N}");
        var write = new ObjectWrite(WriteCondition.None, _ => UfsAttributes.None);
        FileStatus written = await files.CreateObjectAsync(directory.Combine(file), content, write, cancellationToken).ConfigureAwait(false);
        PartRecord? replaced = await records.ReadAsync(place, RecordJson.Default.PartRecord, cancellationToken).ConfigureAwait(false);
        PartRecord part = describe() with { Number = number, File = file, Version = written.RequireFile().Version.Token };
        await records.WriteAsync(place, part, RecordJson.Default.PartRecord, cancellationToken).ConfigureAwait(false);
        if (await TryReadAsync(bucket, id, CancellationToken.None).ConfigureAwait(false) is null)
        {
            // Aborted or completed meanwhile: what this part has made again would be nobody's.
            await RemoveAsync(bucket, id).ConfigureAwait(false);
            throw S3Error.NoSuchUpload(id).Thrown();
        }
        if (replaced is not null)
            await TryDeleteAsync(directory.Combine(replaced.File), recursive: false).ConfigureAwait(false);
        return part;
    }

    /// <summary>A part; null: it was not uploaded.</summary>
    public ValueTask<PartRecord?> FindPartAsync(BucketRoot bucket, string id, int number, CancellationToken cancellationToken) =>
        records.ReadAsync(DirectoryOf(bucket, id).Combine(NameOf(number)), RecordJson.Default.PartRecord, cancellationToken);

    /// <summary>Opens the bytes of a part.</summary>
    /// <exception cref="CacheException">NotFound; Changed: others are there.</exception>
    public async ValueTask<CacheFile> OpenAsync(BucketRoot bucket, string id, PartRecord part, CancellationToken cancellationToken)
    {
        CacheFile file = await files.OpenAsync(DirectoryOf(bucket, id).Combine(part.File), cancellationToken).ConfigureAwait(false);
        // Versions of files change with their owner and mode too.
        bool isSame = file.Ref.Length == part.Length && (part.Version.Length == 0 || part.Version == file.Ref.Version.Token || !ETags.AreOfStorage(files, file.Status));
        return isSame ? file : throw CacheException.Changed(file.Status.Path.Value);
    }

    /// <summary>The parts as files of which another one is made; null: of one it is not known which version is meant.</summary>
    public static List<FilePart>? FilesOf(BucketRoot bucket, string id, IReadOnlyList<PartRecord> parts)
    {
        var found = new List<FilePart>(parts.Count);
        foreach (PartRecord part in parts)
        {
            if (part.Version.Length == 0)
                return null;
            found.Add(new FilePart(DirectoryOf(bucket, id).Combine(part.File), new FileVersion(part.Version), part.Length, part.Md5));
        }
        return found;
    }

    /// <summary>Parts behind a number, in order; one more than wanted where there are more.</summary>
    public async Task<List<PartRecord>> ListPartsAsync(BucketRoot bucket, string id, int after, int max, CancellationToken cancellationToken)
    {
        CachePath directory = DirectoryOf(bucket, id);
        var places = new List<CachePath>();
        await foreach (FileStatus entry in files.ListAsync(directory, recursive: false, NameOf(after), cancellationToken).ConfigureAwait(false))
        {
            if (!entry.Path.Name.StartsWith(PartPrefix, StringComparison.Ordinal) || places.Count > max)
                break;
            places.Add(entry.Path);
        }
        var parts = new PartRecord?[places.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = S3Limits.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, places.Count, options, async (i, token) =>
        {
            parts[i] = await records.ReadAsync(places[i], RecordJson.Default.PartRecord, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return [.. parts.OfType<PartRecord>()];
    }

    /// <summary>Ids of uploads behind one, in order; at most so many.</summary>
    public async Task<List<string>> ListIdsAsync(BucketRoot bucket, string? after, int max, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        try
        {
            await foreach (FileStatus entry in files.ListAsync(bucket.Uploads, recursive: false, after, cancellationToken).ConfigureAwait(false))
            {
                if (IsId(entry.Path.Name))
                    found.Add(entry.Path.Name);
                if (found.Count == max)
                    break;
            }
        }
        catch (CacheException e) when (e.Error is CacheError.NotFound or CacheError.NotADirectory)
        {
            // None was ever begun.
        }
        return found;
    }

    /// <summary>
    /// Takes an upload and its parts away. What cannot be deleted now stays as rubbish that no reader sees. The upload's record is the last by name, and so the last to go: what fails
    /// half way can be aborted again.
    /// </summary>
    public Task<bool> RemoveAsync(BucketRoot bucket, string id) => TryDeleteAsync(DirectoryOf(bucket, id), recursive: true);

    /// <summary>Null: it was never begun, or is completed or aborted.</summary>
    public ValueTask<UploadRecord?> TryReadAsync(BucketRoot bucket, string id, CancellationToken cancellationToken) =>
        records.ReadAsync(DirectoryOf(bucket, id).Combine(UploadName), RecordJson.Default.UploadRecord, cancellationToken);

    private async Task<bool> TryDeleteAsync(CachePath path, bool recursive)
    {
        try
        {
            await files.DeleteAsync(path, recursive, CancellationToken.None, S3Limits.Parallelism).ConfigureAwait(false);
            return true;
        }
        catch (CacheException)
        {
            return false;
        }
    }

    private static CachePath DirectoryOf(BucketRoot bucket, string id) => bucket.Uploads.Combine(id);

    /// <summary>Sorts as the numbers do.</summary>
    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{PartPrefix}{number:d5}");

    private static bool IsId(string id) => id.Length == IdLength && id.All(char.IsAsciiHexDigitLower);
}
