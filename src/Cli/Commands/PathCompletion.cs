using System.CommandLine.Completions;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands;

/// <summary>Completes paths of the cache at the prompt: the entries of the directory that has been typed so far.</summary>
internal static class PathCompletion
{
    /// <summary>Whoever presses Tab waits no longer than this for a node that hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>More would scroll the prompt away.</summary>
    private const int MaxEntries = 500;

    public static IEnumerable<CompletionItem> Suggest(CompletionContext completion) =>
        Complete(completion, completion.WordToComplete).Select(path => new CompletionItem(path));

    /// <summary>For arguments that name local files as well: only what begins as a path of the cache.</summary>
    public static IEnumerable<CompletionItem> SuggestMarked(CompletionContext completion)
    {
        string word = completion.WordToComplete;
        return word.StartsWith(Place.Prefix, StringComparison.Ordinal)
            ? Complete(completion, word[Place.Prefix.Length..]).Select(path => new CompletionItem(Place.Prefix + path))
            : [];
    }

    private static IReadOnlyList<string> Complete(CompletionContext completion, string word)
    {
        string directory = word[..(word.LastIndexOf('/') + 1)];
        try
        {
            using var node = new NodeClient(CommandContext.AddressOf(completion.ParseResult));
            using var patience = new CancellationTokenSource(Patience);
            // Completion is synchronous, and so is nothing else here: one request, then the program ends.
            Listing listing = Task.Run(() => node.ListPageAsync(directory, MaxEntries, patience.Token), patience.Token).GetAwaiter().GetResult();
            string root = directory.Length == 0 ? "/" : directory;
            return [.. listing.Entries.Select(e => root + e.Name + (e.IsDirectory ? "/" : "")).Where(p => p.StartsWith(word, StringComparison.Ordinal))];
        }
        catch (Exception e) when (e is CommandFailedException or OperationCanceledException)
        {
            return []; // A prompt is no place for complaints.
        }
    }
}
