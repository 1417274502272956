using System.Xml.Linq;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Tagging;

/// <summary>Tags as headers and documents carry them, within AWS's limits. Pure.</summary>
internal static class TagSet
{
    private const int MaxNameLength = 128;
    private const int MaxValueLength = 256;

    /// <summary>Of x-amz-tagging: a query.</summary>
    /// <exception cref="S3Exception">InvalidTag, BadRequest.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>>? OfHeader(string header) => Checked([.. S3Query.Parse(header).Values]);

    /// <summary>Of a Tagging document.</summary>
    /// <exception cref="S3Exception">MalformedXML, InvalidTag.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>>? OfDocument(XElement document)
    {
        XElement set = document.All("TagSet").FirstOrDefault() ?? throw S3Error.MalformedXml("There is no TagSet.").Thrown();
        return Checked([.. set.All("Tag").Select(tag => KeyValuePair.Create(
            tag.Text("Key") ?? throw S3Error.MalformedXml("A Tag has no Key.").Thrown(),
            tag.Text("Value") ?? throw S3Error.MalformedXml("A Tag has no Value.").Thrown()))]);
    }

    public static void Write(XmlAnswer xml, IReadOnlyList<KeyValuePair<string, string>>? tags) => xml.Element("TagSet", set =>
    {
        foreach ((string name, string value) in tags ?? [])
        {
            set.Element("Tag", tag =>
            {
                tag.Text("Key", name);
                tag.Text("Value", value);
            });
        }
    });

    private static List<KeyValuePair<string, string>>? Checked(List<KeyValuePair<string, string>> tags)
    {
        if (tags.Count > S3Limits.MaxTags)
            throw new S3Error(400, "BadRequest", $"Object tags cannot be greater than {S3Limits.MaxTags}").Thrown();
        if (tags.Exists(t => t.Key.Length is 0 or > MaxNameLength || t.Value.Length > MaxValueLength))
            throw new S3Error(400, "InvalidTag", $"A tag's key has 1 to {MaxNameLength} characters, its value {MaxValueLength} at most.").Thrown();
        if (tags.DistinctBy(t => t.Key).Count() < tags.Count)
            throw new S3Error(400, "InvalidTag", "Cannot provide multiple Tags with the same key").Thrown();
        return tags.Count == 0 ? null : tags;
    }
}
