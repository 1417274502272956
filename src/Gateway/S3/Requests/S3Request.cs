using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Buckets;

namespace Orleans.Cache.Gateway.S3.Requests;

/// <summary>One request from its decoding to its answer.</summary>
internal sealed class S3Request(HttpContext context, in S3Target target, S3Query query, string id)
{
    public HttpContext Context { get; } = context;

    public S3Target Target { get; } = target;

    public S3Query Query { get; } = query;

    /// <summary>Told to the client and written to the log with failures.</summary>
    public string Id { get; } = id;

    public string Bucket => Target.Bucket;

    public string Key => Target.Key;

    public IHeaderDictionary Headers => Context.Request.Headers;

    public HttpResponse Response => Context.Response;

    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Who asks; set once the signature is verified.</summary>
    public Caller Caller { get; set; } = Caller.Nobody;

    /// <summary>How the body is to be verified.</summary>
    public PayloadSignature Payload { get; set; } = PayloadSignature.None;

    /// <summary>Where the bucket lies; set before the operation begins, for all that name one.</summary>
    public BucketRoot Root { get; set; } = null!;

    /// <summary>Whether the operation changes something: then a file in a directory's place is the request's fault.</summary>
    public bool IsWrite { get; set; }

    /// <summary>A header's value; null where it is not there.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues value) && value.Count > 0 ? value.ToString() : null;
}
