using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Sources;

/// <summary>An under storage together with the program that changes what is in it, behind the cache's back.</summary>
internal interface IChangingSource : IAsyncDisposable
{
    IUnderStorage Storage { get; }

    /// <summary>
    /// Waits until a change of these keys is sure to get a token that none of them had before: local files changed twice within one
    /// tick of the file system's clock are the exception that docs/SEMANTICS.md states.
    /// </summary>
    void AwaitDistinctToken(params ReadOnlySpan<string> keys);

    /// <summary>These keys were changed by somebody else, through the storage.</summary>
    void NoteChange(params ReadOnlySpan<string> keys);

    /// <summary>Gives a file its new content, all of which is told; parents are made.</summary>
    void Put(string key, byte[] content, PutHow how);

    /// <summary>Deletes a file or an empty directory.</summary>
    void Delete(string key);

    /// <summary>Moves a file, over another one perhaps; parents are made.</summary>
    void Move(string from, string to);

    /// <summary>Sets the time of a file so many seconds into the past; the content, which is told, stays.</summary>
    void Touch(string key, byte[] content, int secondsAgo);

    /// <summary>The version token of a file that is there.</summary>
    string TokenOf(string key);
}
