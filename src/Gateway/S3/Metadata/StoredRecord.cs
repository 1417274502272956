using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Gateway.S3.Metadata;

/// <summary>
/// A record as an object store keeps it with the object: content headers and user metadata as the store's own, so that other programs see them too, and what
/// has no header there (tags, checksums, parts, values that no header can carry) as JSON in one more of user metadata. Pure.
/// </summary>
internal static class StoredRecord
{
    /// <summary>Name of the user metadata that holds the rest; base 64 of JSON in UTF-8.</summary>
    public const string RestName = "ocache-s3";

    /// <summary>What a store is to keep with an object. What does not fit is left out: <see cref="IsAllOf"/> tells.</summary>
    public static UfsAttributes AttributesOf(ObjectRecord record)
    {
        Dictionary<string, string> headers = Plain(record.ContentHeaders, IsPlainHeader, out var oddHeaders), user = Plain(record.User, IsPlainUser, out var oddUser);
        bool isPlainType = record.ContentType is null || IsPlainType(record.ContentType);
        var rest = new ObjectRecord
        {
            ContentType = isPlainType ? null : record.ContentType,
            ContentHeaders = oddHeaders,
            User = oddUser,
            Tags = record.Tags,
            Checksum = record.Checksum,
            Parts = record.Parts,
            PartSums = record.PartSums,
        };
        int room = S3Limits.MaxUserMetadataBytes - RestName.Length - user.Sum(pair => pair.Key.Length + pair.Value.Length);
        if (!rest.IsEmpty && Pack(rest) is { } packed && packed.Length <= room)
            user[RestName] = packed;
        return headers.Count == 0 && user.Count == 0 && (record.ContentType is null || !isPlainType)
            ? UfsAttributes.None
            : new UfsAttributes { ContentType = isPlainType ? record.ContentType : null, Headers = headers, User = user };
    }

    /// <summary>What a storage says of an object, as a record; attributes null: it was not asked.</summary>
    public static ObjectRecord Of(UfsAttributes? attributes)
    {
        if (attributes is null || attributes == UfsAttributes.None)
            return ObjectRecord.Empty;
        ObjectRecord rest = attributes.User.TryGetValue(RestName, out string? packed) ? Unpack(packed) : ObjectRecord.Empty;
        return rest with
        {
            ContentType = rest.ContentType ?? attributes.ContentType,
            ContentHeaders = Merged(attributes.Headers, rest.ContentHeaders),
            User = Merged(attributes.User, rest.User),
        };
    }

    /// <summary>Whether a storage that says these attributes of an object says all that the record does, and nothing else.</summary>
    public static bool IsAllOf(ObjectRecord record, UfsAttributes? attributes)
    {
        if (record.ETag is not null)
            return false;
        ObjectRecord said = Of(attributes);
        return HeadersOf(said) == HeadersOf(record) && said.Checksum == record.Checksum
            && (said.Tags ?? []).SequenceEqual(record.Tags ?? []) && (said.Parts ?? []).SequenceEqual(record.Parts ?? [])
            && (said.PartSums ?? []).SequenceEqual(record.PartSums ?? []);
    }

    private static string Pack(ObjectRecord rest) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(rest, RecordJson.Default.ObjectRecord));

    /// <summary>What another program wrote under our name says nothing.</summary>
    private static ObjectRecord Unpack(string packed)
    {
        try
        {
            return JsonSerializer.Deserialize(Convert.FromBase64String(packed), RecordJson.Default.ObjectRecord) is { } rest
                ? rest with { ETag = null, ContentHeaders = Known(rest.ContentHeaders) }
                : ObjectRecord.Empty;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return ObjectRecord.Empty;
        }
    }

    /// <summary>Whoever can write to the store can write there what they like.</summary>
    private static Dictionary<string, string>? Known(IReadOnlyDictionary<string, string>? headers) =>
        headers?.Where(pair => UfsAttributes.HeaderNames.Contains(pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value);

    /// <summary>What headers carry as it is; the others, null where there are none.</summary>
    private static Dictionary<string, string> Plain(
        IReadOnlyDictionary<string, string>? texts, Func<string, string, bool> isPlain, out Dictionary<string, string>? odd)
    {
        Dictionary<string, string> plain = [];
        odd = null;
        foreach ((string name, string value) in texts ?? new Dictionary<string, string>())
        {
            if (IsPlain(value) && isPlain(name, value))
                plain[name] = value;
            else
                (odd ??= [])[name] = value;
        }
        return plain;
    }

    /// <summary>Not what signatures or stores change: spaces at the ends or side by side, nothing at all, other than ASCII.</summary>
    private static bool IsPlain(string value) =>
        value.Length > 0 && Ascii.IsValid(value) && !value.AsSpan().ContainsAnyInRange('\0', '\x1F') && !value.Contains('\x7F') && value[0] != ' ' && value[^1] != ' ' && !value.Contains("  ");

    /// <summary>The store's library sends types as it writes them, and signs them as they are.</summary>
    private static bool IsPlainType(string type) => IsPlain(type) && MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed) && parsed.ToString() == type;

    /// <summary>The same of times; and a language it does not send at all.</summary>
    private static bool IsPlainHeader(string name, string value) => name switch
    {
        "Content-Language" => false,
        "Expires" => DateTime.TryParseExact(value, "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => true,
    };

    /// <summary>It adds the prefix where there is none, so that two such names would be one.</summary>
    private static bool IsPlainUser(string name, string value) => name != RestName && !name.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, string>? Merged(IReadOnlyDictionary<string, string> stored, IReadOnlyDictionary<string, string>? rest)
    {
        Dictionary<string, string>? merged = null;
        foreach ((string name, string value) in stored)
        {
            if (name != RestName)
                (merged ??= [])[name] = value;
        }
        foreach ((string name, string value) in rest ?? new Dictionary<string, string>())
            (merged ??= [])[name] = value;
        return merged;
    }

    private static UfsAttributes HeadersOf(ObjectRecord record) => new()
    {
        ContentType = record.ContentType,
        Headers = record.ContentHeaders ?? UfsAttributes.None.Headers,
        User = record.User ?? UfsAttributes.None.User,
    };
}
