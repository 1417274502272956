using Amazon.Runtime;
using Amazon.Runtime.Identity;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>
/// Who asks: credentials as the SDK finds and refreshes them, asked of it for every request, and the key that is derived from them, which is made once a day and for each new
/// credentials.
/// </summary>
/// <param name="given">Those of the mount's options; null: wherever the SDK looks for them.</param>
/// <param name="config">Of the SDK's client.</param>
/// <param name="region">That requests are signed for.</param>
internal sealed class S3Credentials(AWSCredentials? given, IClientConfig config, string region)
{
    private const string Service = "s3";

    private volatile S3SigningKey? _last;

    /// <summary>What signs on that day; null: requests are not signed.</summary>
    /// <param name="day">yyyyMMdd.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AmazonClientException">There are no credentials, or they cannot be had now.</exception>
    public async ValueTask<S3SigningKey?> KeyAsync(string day, CancellationToken cancellationToken)
    {
        AWSCredentials credentials = given ?? await FindAsync(cancellationToken).ConfigureAwait(false);
        // A copy each time, of the same strings. It takes no token, and may ask a service.
        if (await credentials.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false) is not { } current)
            return null;
        if (_last is { } last && last.Day == day && last.AccessKey == current.AccessKey && last.Secret == current.SecretKey && last.Token == TokenOf(current))
            return last;
        return _last = new S3SigningKey(
            current.AccessKey, current.SecretKey, TokenOf(current), day, S3Signer.ScopeOf(day, region, Service), S3Signer.KeyOf(current.SecretKey, day, region, Service));
    }

    /// <summary>Not kept: the SDK keeps them itself, until its files or variables change.</summary>
    private async Task<AWSCredentials> FindAsync(CancellationToken cancellationToken)
    {
        IIdentityResolver resolver = config.IdentityResolverConfiguration.GetIdentityResolver<AWSCredentials>();
        return (AWSCredentials)await resolver.ResolveIdentityAsync(config, cancellationToken).ConfigureAwait(false);
    }

    private static string? TokenOf(ImmutableCredentials credentials) => credentials.UseToken ? credentials.Token : null;
}

/// <summary>What signs requests of one day. A class and no record: nothing prints it.</summary>
internal sealed class S3SigningKey(string accessKey, string secret, string? token, string day, string scope, byte[] bytes)
{
    public string AccessKey => accessKey;

    /// <summary>That <see cref="Bytes"/> are derived from.</summary>
    public string Secret => secret;

    /// <summary>Of a session; null: there is none.</summary>
    public string? Token => token;

    public string Day => day;

    /// <summary>See <see cref="S3Signer.ScopeOf"/>.</summary>
    public string Scope => scope;

    public byte[] Bytes => bytes;
}
