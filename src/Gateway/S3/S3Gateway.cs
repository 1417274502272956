using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Buckets;
using Orleans.Cache.Gateway.S3.Cors;
using Orleans.Cache.Gateway.S3.Listing;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.Gateway.S3.Multipart;
using Orleans.Cache.Gateway.S3.Objects;
using Orleans.Cache.Gateway.S3.Tagging;

namespace Orleans.Cache.Gateway.S3;

/// <summary>
/// The S3 front-end: docs/S3.md. Shares server, limits and services with REST, which must be added too; of the server's ports it takes the requests of one.
/// </summary>
public static class S3Gateway
{
    public static IServiceCollection AddS3Gateway(this IServiceCollection services, S3Options options) => services
        .AddSingleton(options)
        .AddSingleton<Authenticator>()
        .AddSingleton<BucketTable>()
        .AddSingleton<BucketOperations>()
        .AddSingleton<CorsRules>()
        .AddSingleton<RecordStore>()
        .AddSingleton<ObjectWriter>()
        .AddSingleton<ObjectDeletion>()
        .AddSingleton<CopySource>()
        .AddSingleton<ReadObject>()
        .AddSingleton<PutObject>()
        .AddSingleton<CopyObject>()
        .AddSingleton<DeleteObjects>()
        .AddSingleton<DescribeObject>()
        .AddSingleton<ListObjects>()
        .AddSingleton<TaggingOperations>()
        .AddSingleton<UploadStore>()
        .AddSingleton<UploadOperations>()
        .AddSingleton<UploadPart>()
        .AddSingleton<CompleteUpload>()
        .AddSingleton<S3Operations>()
        .AddSingleton<S3Endpoint>();

    /// <summary>Requests that came to this port are S3's; to be called before REST is mapped.</summary>
    public static WebApplication UseS3Gateway(this WebApplication app, int port)
    {
        S3Endpoint endpoint = app.Services.GetRequiredService<S3Endpoint>();
        app.Use((context, next) => context.Connection.LocalPort == port ? endpoint.InvokeAsync(context) : next(context));
        return app;
    }
}
