using System.Xml;
using System.Xml.Linq;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Xml;

/// <summary>Documents that clients send. Names are compared without their namespace, which clients write or leave out.</summary>
internal static class XmlBody
{
    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, Async = true };

    /// <summary>The root of a body.</summary>
    /// <exception cref="S3Exception">MalformedXML; MaxMessageLengthExceeded.</exception>
    public static async Task<XElement> ReadAsync(Stream body, int maxBytes, string root, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = await GatherAsync(body, maxBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            using XmlReader reader = XmlReader.Create(bytes, Settings);
            XDocument document = await XDocument.LoadAsync(reader, LoadOptions.PreserveWhitespace, cancellationToken).ConfigureAwait(false);
            if (document.Root is { } found && found.Name.LocalName == root)
                return found;
        }
        catch (XmlException e)
        {
            throw S3Error.MalformedXml($"The body is not well-formed XML: {e.Message}").Thrown();
        }
        throw S3Error.MalformedXml($"The body's root element is not '{root}'.").Thrown();
    }

    public static IEnumerable<XElement> All(this XElement parent, string name) => parent.Elements().Where(e => e.Name.LocalName == name);

    /// <summary>Text of a child; null where it is not there.</summary>
    public static string? Text(this XElement parent, string name) => parent.All(name).FirstOrDefault()?.Value;

    private static async Task<MemoryStream> GatherAsync(Stream body, int maxBytes, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        byte[] piece = new byte[16 * CacheLimits.KiB];
        int read;
        while ((read = await body.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (bytes.Length + read > maxBytes)
                throw new S3Error(400, "MaxMessageLengthExceeded", $"The body is longer than {maxBytes} bytes, the most for this request.").Thrown();
            bytes.Write(piece, 0, read);
        }
        bytes.Position = 0;
        return bytes;
    }
}
