using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Sources;

/// <summary><c>mem://</c>: every change is one step and gets a token of its own. Its calls complete synchronously.</summary>
internal sealed class MemorySource(TimeProvider time) : IChangingSource
{
    public IUnderStorage Storage { get; } = new MemoryUnderStorage("model", time);

    public void AwaitDistinctToken(params ReadOnlySpan<string> keys)
    {
        // A counter.
    }

    public void NoteChange(params ReadOnlySpan<string> keys)
    {
        // A counter.
    }

    public void Put(string key, byte[] content, PutHow how)
    {
        using var stream = new MemoryStream(content);
        Completed(Storage.CreateAsync(key, stream, CancellationToken.None));
    }

    public void Delete(string key) => Completed(Storage.DeleteAsync(key, CancellationToken.None));

    public void Move(string from, string to) => Completed(Storage.RenameAsync(from, to, CancellationToken.None));

    /// <summary>A new version with the old bytes: this storage has no times to set.</summary>
    public void Touch(string key, byte[] content, int secondsAgo) => Put(key, content, PutHow.Replace);

    public string TokenOf(string key) =>
        Storage.GetStatusAsync(key, CancellationToken.None).AsTask().GetAwaiter().GetResult()!.Version.Token;

    public ValueTask DisposeAsync() => Storage.DisposeAsync();

    private static void Completed(Task change)
    {
        Assert.True(change.IsCompleted);
        change.GetAwaiter().GetResult();
    }
}
