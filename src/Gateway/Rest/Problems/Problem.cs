using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Orleans.Cache.Gateway.Rest.Targets;

namespace Orleans.Cache.Gateway.Rest.Problems;

/// <summary>An error answer as RFC 9457 writes it. <see cref="Error"/> is the stable code that programs compare.</summary>
internal sealed record Problem(int Status, string Error, string Detail)
{
    public const string ContentType = "application/problem+json";

    public string Type => "urn:ocache:error:" + Error;

    public string Title => ReasonPhrases.GetReasonPhrase(Status);

    public string? Instance { get; init; }

    /// <summary>Several causes at once, where there are (readiness).</summary>
    public IReadOnlyList<string>? Reasons { get; init; }

    /// <summary>Seconds after which trying again makes sense; sent as the Retry-After header too.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Writes the problem as the whole answer; headers that were set for this status stay.</summary>
    public Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(this with { Instance = RequestTarget.InstanceOf(context) }, RestJson.Options);
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = body.Length;
        if (RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // As the server compares: to "HEAd" it wants a body.
        return context.Request.Method == HttpMethods.Head ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
