using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Cors;

/// <summary>Which pages may ask from a browser: those of the configured origins, everything that their keys allow.</summary>
internal sealed class CorsRules(S3Options options)
{
    private const string Methods = "GET, HEAD, PUT, POST, DELETE";

    /// <summary>The star is all headers to browsers, since no answer allows credentials; a star within a name is none to them. The rest is for those that do not know it.</summary>
    private const string Exposed = "ETag, Content-Length, Content-Range, Last-Modified, x-amz-request-id, *";

    private const int MaxAgeSeconds = 3600;

    public static bool IsPreflight(HttpRequest request) => HttpMethods.IsOptions(request.Method);

    /// <summary>Whether no page asks, or one of a configured origin.</summary>
    public bool IsOwnOrAllowed(HttpRequest request) => request.Headers.Origin.Count == 0 || Allowed(request) is not null;

    /// <summary>Tells the browser that the page may see the answer.</summary>
    public void Allow(HttpContext context)
    {
        if (options.CorsOrigins.Count == 0 || Allowed(context.Request) is not { } origin)
            return;
        context.Response.Headers.AccessControlAllowOrigin = origin;
        context.Response.Headers.AccessControlExposeHeaders = Exposed;
        context.Response.Headers.Vary = "Origin";
    }

    /// <summary>Answers the question that browsers ask first.</summary>
    /// <exception cref="S3Exception">AccessForbidden.</exception>
    public void Preflight(HttpContext context)
    {
        if (Allowed(context.Request) is not { } origin)
            throw new S3Error(StatusCodes.Status403Forbidden, "AccessForbidden", "CORSResponse: This CORS request is not allowed. --s3-cors names the origins that are.").Thrown();
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = context.Request.Headers.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = MaxAgeSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers.Vary = "Origin";
    }

    /// <exception cref="S3Exception">NoSuchCORSConfiguration.</exception>
    public Task DescribeAsync(S3Request request) => options.CorsOrigins.Count == 0
        ? throw new S3Error(StatusCodes.Status404NotFound, "NoSuchCORSConfiguration", "The CORS configuration does not exist") { Details = [new("BucketName", request.Bucket)] }.Thrown()
        : XmlAnswer.WriteAsync(request.Context, "CORSConfiguration", xml => xml.Element("CORSRule", rule =>
        {
            foreach (string origin in options.CorsOrigins)
                rule.Text("AllowedOrigin", origin);
            foreach (string method in Methods.Split(", "))
                rule.Text("AllowedMethod", method);
            rule.Text("AllowedHeader", "*");
            foreach (string header in Exposed.Split(", "))
                rule.Text("ExposeHeader", header);
            rule.Number("MaxAgeSeconds", MaxAgeSeconds);
        }));

    private string? Allowed(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return null;
        return options.CorsOrigins.Contains("*") ? "*" : options.CorsOrigins.Contains(origin) ? origin : null;
    }
}
