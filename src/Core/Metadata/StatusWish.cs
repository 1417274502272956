namespace Orleans.Cache.Metadata;

/// <summary>What whoever asks for a status wants beyond it.</summary>
[Flags]
public enum StatusWish
{
    Nothing = 0,

    /// <summary><see cref="FileStatus.Attributes"/>, which a status that was learnt from a listing lacks.</summary>
    Described = 1,

    /// <summary>
    /// The file's first page, next: where the under storage must be asked, status and page may come in one answer. The page is not part of the answer; it is on its
    /// way into the cache then.
    /// </summary>
    FirstPage = 2,
}
