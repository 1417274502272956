namespace Orleans.Cache.Identity;

/// <summary>
/// The under storage's token for "this content" (ETag, generation, or device, inode, size, mtime and ctime for local files).
/// Opaque; equal tokens mean equal bytes, as strongly as the connector's documentation states. Holds only characters that an
/// HTTP entity tag may hold (0x21, 0x23-0x7E), so that front-ends can hand it out as it is.
/// </summary>
public readonly record struct FileVersion(string Token)
{
    public override string ToString() => Token;
}
