using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Files;

namespace Orleans.Cache.Gateway.Rest.OpenApi;

/// <summary>One parameter as the document names it.</summary>
internal sealed record ParameterNote(string Name, ParameterLocation In, JsonSchemaType Type, string Description);

/// <summary>What the OpenAPI document and GET / say of the routes.</summary>
internal static class RestDescription
{
    private static readonly ParameterNote PathNote = new(
        "path", ParameterLocation.Path, JsonSchemaType.String, "Path in the cache namespace, percent-encoded; its slashes are written as they are.");

    public static IReadOnlyList<ParameterNote> Path { get; } = [PathNote];

    public static IReadOnlyList<ParameterNote> File { get; } =
    [
        PathNote,
        new("Range", ParameterLocation.Header, JsonSchemaType.String, "bytes=first-last, bytes=first-, bytes=-count, or several of them."),
        new("If-Match", ParameterLocation.Header, JsonSchemaType.String, "Answer 412 unless the version is one of these."),
        new("If-None-Match", ParameterLocation.Header, JsonSchemaType.String, "Answer 304 where the version is one of these."),
        new("If-Range", ParameterLocation.Header, JsonSchemaType.String, "Heed Range only where the version is this."),
    ];

    public static IReadOnlyList<ParameterNote> OwnedFile { get; } =
    [
        .. File,
        new(OwnerRedirect.Header, ParameterLocation.Header, JsonSchemaType.String, "1: in a cluster, answer 307 with the address of the node that owns the bytes."),
    ];

    public static IReadOnlyList<ParameterNote> Listing { get; } =
    [
        PathNote,
        new("limit", ParameterLocation.Query, JsonSchemaType.Integer, "Most entries of this page."),
        new("startAfter", ParameterLocation.Query, JsonSchemaType.String, "Path of an entry relative to the directory; the page starts after it."),
        new("token", ParameterLocation.Query, JsonSchemaType.String, "nextToken of the page before."),
        new("recursive", ParameterLocation.Query, JsonSchemaType.Boolean, "Descend, depth first, each directory before what it holds."),
    ];

    public static IReadOnlyList<ParameterNote> Free { get; } =
    [
        new("path", ParameterLocation.Query, JsonSchemaType.String, "What to free; may come as JSON instead: { path, recursive }."),
        new("recursive", ParameterLocation.Query, JsonSchemaType.Boolean, "Free everything below a directory."),
        new("dryRun", ParameterLocation.Query, JsonSchemaType.Boolean, "Only count what would be freed."),
    ];

    public static IReadOnlyList<ParameterNote> Put { get; } =
    [
        PathNote,
        new("If-None-Match", ParameterLocation.Header, JsonSchemaType.String, "*: answer 412 where anything is there."),
        new("If-Match", ParameterLocation.Header, JsonSchemaType.String, "*, or one ETag: answer 412 unless a file, or this version of it, is there."),
    ];

    public static IReadOnlyList<ParameterNote> Delete { get; } =
    [
        PathNote,
        new("recursive", ParameterLocation.Query, JsonSchemaType.Boolean, "Delete a directory with all it holds."),
    ];

    public static IReadOnlyList<ParameterNote> AddMount { get; } =
    [
        PathNote,
        new("replace", ParameterLocation.Query, JsonSchemaType.Boolean, "A mount that was added there before makes way, in one step."),
    ];

    public static IReadOnlyList<ParameterNote> RemoveMount { get; } =
    [
        PathNote,
        new("free", ParameterLocation.Query, JsonSchemaType.Boolean, "Drop what is cached of it too."),
    ];

    public static IReadOnlyList<ParameterNote> MakeDirectory { get; } =
        [new("path", ParameterLocation.Query, JsonSchemaType.String, "The directory.")];

    public static IReadOnlyList<ParameterNote> FromTo { get; } =
    [
        new("from", ParameterLocation.Query, JsonSchemaType.String, "What is there."),
        new("to", ParameterLocation.Query, JsonSchemaType.String, "Its new path itself, not a directory to put it into."),
    ];

    public static IReadOnlyList<ParameterNote> Copy { get; } =
        [.. FromTo, new("recursive", ParameterLocation.Query, JsonSchemaType.Boolean, "Copy a directory with all it holds.")];

    public static IReadOnlyList<ParameterNote> Top { get; } =
    [
        new("seconds", ParameterLocation.Query, JsonSchemaType.Integer, "How long to watch the operations; 1 unless given."),
        new("limit", ParameterLocation.Query, JsonSchemaType.Integer, "Most files."),
    ];

    public static IReadOnlyList<ParameterNote> Log { get; } =
        [new("lines", ParameterLocation.Query, JsonSchemaType.Integer, "Most lines.")];

    public static IReadOnlyList<ParameterNote> Load { get; } =
        [new("path", ParameterLocation.Query, JsonSchemaType.String, "What to load: a file, or a directory with everything below it.")];

    public static IServiceCollection AddRestDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Orleans.Cache node";
            document.Info.Description = "Errors are application/problem+json (RFC 9457) with a stable 'error' code.";
            document.Servers = [];
            return Task.CompletedTask;
        }));

    /// <summary>Names an endpoint and its parameters. Endpoints read the raw request, so the framework cannot see them itself.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string summary, IReadOnlyList<ParameterNote>? parameters = null) =>
        endpoint.WithName(name).WithSummary(summary).AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters = [.. (parameters ?? []).Select(Parameter)];
            return Task.CompletedTask;
        });

    /// <summary>The answers of a read, which writes its bytes itself.</summary>
    public static RouteHandlerBuilder GivesBytes(this RouteHandlerBuilder endpoint) => endpoint
        .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
        .Produces<Stream>(StatusCodes.Status206PartialContent, "application/octet-stream", "multipart/byteranges")
        .Produces(StatusCodes.Status304NotModified)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed)
        .ProducesProblem(StatusCodes.Status416RangeNotSatisfiable);

    /// <summary>The answers of an upload, whose body it reads itself.</summary>
    public static RouteHandlerBuilder TakesBytes(this RouteHandlerBuilder endpoint) => endpoint
        .Accepts<Stream>("application/octet-stream", "*/*")
        .Produces<StatusBody>(StatusCodes.Status200OK)
        .Produces<StatusBody>(StatusCodes.Status201Created)
        .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status409Conflict, StatusCodes.Status412PreconditionFailed, StatusCodes.Status507InsufficientStorage);

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses)
            endpoint.ProducesProblem(status);
        return endpoint;
    }

    public static Task WriteRoutes(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("""
            Orleans.Cache node

            GET, HEAD /api/v1/files/{path}     bytes of a file; Range, ETag and conditions as in RFC 9110
            PUT       /api/v1/files/{path}     creates or replaces a file; If-None-Match: *, If-Match
            DELETE    /api/v1/files/{path}     deletes a file, a directory with ?recursive=true
            POST      /api/v1/mkdir            ?path=/dir makes a directory
            POST      /api/v1/move, copy       ?from=/a&to=/b
            GET       /api/v1/status/{path}    status of a path, and how much of it is cached
            GET       /api/v1/list/{path}      entries of a directory; limit, token, startAfter, recursive
            GET       /api/v1/mounts           the mount table
            PUT       /api/v1/mounts/{path}    {"uri":"s3://bucket","options":["rw"]} mounts it; ?replace=true
            DELETE    /api/v1/mounts/{path}    removes a mount that was added; ?free=true drops its pages
            GET       /api/v1/cluster          the nodes of the cluster: share, state
            GET       /api/v1/cache            figures of this node and its store directories
            POST      /api/v1/free             ?path=/dir&recursive=true drops what is cached
            POST      /api/v1/load             ?path=/dir begins to load it; GET says how far it is, DELETE stops it
            ...       /v1/...                  the REST dialect of Alluxio's workers, see docs/ALLUXIO.md
            GET       /api/v1/explain/{path}   why a read of it would be answered from where it would be
            GET       /api/v1/source/{path}    its bytes from the under storage, past the cache
            GET       /api/v1/top              hot files and what the node does; seconds, limit
            GET       /api/v1/config, /log     configuration with its origins; the end of the log
            GET       /metrics                 Prometheus
            GET       /health/live, /health/ready
            GET       /openapi/v1.json         this, for programs

            """, context.RequestAborted);
    }

    private static IOpenApiParameter Parameter(ParameterNote note) => new OpenApiParameter
    {
        Name = note.Name,
        In = note.In,
        Required = note.In == ParameterLocation.Path,
        Description = note.Description,
        Schema = new OpenApiSchema { Type = note.Type },
    };
}
