namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>An access key of the configuration and what it may do.</summary>
/// <param name="Id">What requests name.</param>
/// <param name="Secret">What they are signed with.</param>
/// <param name="Read">What it may read and list: "bucket" or "bucket/prefix"; "" is everything.</param>
/// <param name="Write">What it may write and delete.</param>
public sealed record AccessKey(string Id, string Secret, IReadOnlyList<string> Read, IReadOnlyList<string> Write)
{
    /// <summary>Holds no secret: records print all they have.</summary>
    public override string ToString() => Id;
}
