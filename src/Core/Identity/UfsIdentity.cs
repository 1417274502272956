namespace Orleans.Cache.Identity;

/// <summary>
/// Which under storage: scheme, endpoint, bucket or root in one canonical URI without a trailing slash, for example
/// <c>file:///data/imagenet</c>. Credentials are not part of it: two mounts of one bucket share its pages.
/// </summary>
public readonly record struct UfsIdentity(string Uri)
{
    public override string ToString() => Uri;
}
