using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http;

namespace Orleans.Cache.Gateway.S3.Xml;

/// <summary>Elements of an answer in the order they are written. Characters that XML cannot hold are written as references, as S3 does.</summary>
internal sealed class XmlAnswer : IDisposable
{
    private const string Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    private const string ContentType = "application/xml";

    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        CheckCharacters = false,
        CloseOutput = false,
    };

    private readonly XmlWriter _writer;

    private XmlAnswer(Stream target, bool declared)
    {
        XmlWriterSettings settings = Settings.Clone();
        settings.OmitXmlDeclaration = !declared;
        _writer = XmlWriter.Create(target, settings);
    }

    /// <summary>Answers with one document. It is gathered first: pages of listings are bounded, and a failure half-way is still a clean error.</summary>
    /// <param name="context">The request.</param>
    /// <param name="root">Name of the root element.</param>
    /// <param name="plain">Without S3's namespace, as errors are.</param>
    /// <param name="content">Writes what is in it.</param>
    public static async Task WriteAsync(HttpContext context, string root, bool plain, Action<XmlAnswer> content)
    {
        using MemoryStream document = Document(root, plain, content);
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = document.Length;
        await context.Response.Body.WriteAsync(document.GetBuffer().AsMemory(0, (int)document.Length), context.RequestAborted).ConfigureAwait(false);
    }

    /// <inheritdoc cref="WriteAsync(HttpContext, string, bool, Action{XmlAnswer})"/>
    public static Task WriteAsync(HttpContext context, string root, Action<XmlAnswer> content) => WriteAsync(context, root, plain: false, content);

    /// <summary>The document as bytes; for answers that have begun already, without the declaration that they begin with.</summary>
    public static MemoryStream Document(string root, bool plain, Action<XmlAnswer> content, bool declared = true)
    {
        var document = new MemoryStream();
        using var xml = new XmlAnswer(document, declared);
        xml._writer.WriteStartDocument();
        xml._writer.WriteStartElement(root, plain ? "" : Namespace);
        content(xml);
        xml._writer.WriteEndElement();
        xml._writer.WriteEndDocument();
        xml._writer.Flush();
        return document;
    }

    public void Text(string name, string? value)
    {
        if (value is null)
            return;
        _writer.WriteStartElement(name);
        _writer.WriteString(value);
        _writer.WriteEndElement();
    }

    /// <summary>Text of the element itself.</summary>
    public void Value(string value) => _writer.WriteString(value);

    public void Number(string name, long value) => Text(name, value.ToString(CultureInfo.InvariantCulture));

    public void Flag(string name, bool value) => Text(name, value ? "true" : "false");

    /// <summary>ISO 8601 with milliseconds, as S3 writes times.</summary>
    public void Time(string name, DateTimeOffset value)
    {
        // The round-trip form, of which the first 23 characters are what is wanted, is ten times as fast as a format of one's own; a page has a thousand times.
        Span<char> text = stackalloc char["yyyy-MM-ddTHH:mm:ss.fffffffZ".Length];
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[23] = 'Z';
        Text(name, text[..24].ToString());
    }

    public void Element(string name, Action<XmlAnswer> content)
    {
        _writer.WriteStartElement(name);
        content(this);
        _writer.WriteEndElement();
    }

    /// <summary>An owner or grantee that is one of ours.</summary>
    public void Owner(string name = "Owner") => Element(name, xml =>
    {
        xml.Text("ID", Requests.S3Headers.OwnerId);
        xml.Text("DisplayName", Requests.S3Headers.OwnerId);
    });

    /// <summary>A grantee, whose kind stands in an attribute.</summary>
    public void Grantee()
    {
        _writer.WriteStartElement("Grantee");
        _writer.WriteAttributeString("xmlns", "xsi", null, "http://www.w3.org/2001/XMLSchema-instance");
        _writer.WriteAttributeString("xsi", "type", "http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser");
        Text("ID", Requests.S3Headers.OwnerId);
        Text("DisplayName", Requests.S3Headers.OwnerId);
        _writer.WriteEndElement();
    }

    public void Dispose() => _writer.Dispose();
}
