using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

/// <summary>ocache ls: entries as they come, so that a listing of millions starts at once.</summary>
internal sealed class ListCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The directory (or file) to list.");
    private readonly Option<bool> _long = new("-l", "--long") { Description = "Size, time of modification and name." };
    private readonly Option<bool> _recursive = new("-R", "--recursive") { Description = "Everything below the directory." };
    private readonly Option<bool> _human = new("-h", "--human-readable") { Description = "With -l: sizes as 1.5 GiB." };

    public Command Create(CommandContext context)
    {
        var command = new Command("ls", "Lists a directory.")
        {
            _path, _long, _recursive, _human,
        };
        context.AddExamples(command, "ocache ls /", "ocache ls -lh /imagenet/train", "ocache ls -R --json / > all.jsonl");
        _path.DefaultValueFactory = _ => "/";
        context.SetAction(command, (arguments, node, cancellationToken) => RunAsync(arguments, context.IsJson(arguments), node, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, bool json, NodeClient node, CancellationToken cancellationToken)
    {
        string path = arguments.GetRequiredValue(_path);
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            bool recursive = arguments.GetValue(_recursive);
            await foreach (Entry entry in EntriesAsync(node, path, recursive, cancellationToken).ConfigureAwait(false))
            {
                string line = json ? JsonSerializer.Serialize(entry, AnswerJson.Default.Entry) : Line(arguments, entry, Shown(entry, path, recursive));
                await output.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
            }
        }
        return ExitCode.Ok;
    }

    /// <summary>A file is listed as itself.</summary>
    private static async IAsyncEnumerable<Entry> EntriesAsync(
        NodeClient node, string path, bool recursive, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<Entry> entries = node.ListAsync(path, recursive, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (entries.ConfigureAwait(false))
        {
            Entry? file = null;
            try
            {
                if (!await entries.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (CommandFailedException e) when (e.Error == "not-a-directory")
            {
                string json = await node.GetTextAsync(node.Address.Of("api/v1/status", path), cancellationToken).ConfigureAwait(false);
                file = node.Read(json, AnswerJson.Default.Entry);
            }
            if (file is not null)
            {
                yield return file;
                yield break;
            }
            do
                yield return entries.Current;
            while (await entries.MoveNextAsync().ConfigureAwait(false));
        }
    }

    /// <summary>The name, or with -R the path below the directory that was asked for.</summary>
    private static string Shown(Entry entry, string path, bool recursive)
    {
        if (!recursive)
            return entry.Name;
        string root = "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return entry.Path.StartsWith(root, StringComparison.Ordinal) ? entry.Path[root.Length..].TrimStart('/') : entry.Path;
    }

    private string Line(ParseResult arguments, Entry entry, string name)
    {
        string shown = Text.Name(name) + (entry.IsDirectory ? "/" : "");
        if (!arguments.GetValue(_long))
            return shown;
        string size = entry.IsDirectory ? "-" : arguments.GetValue(_human) ? Text.Size(entry.Length) : entry.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // 15 digits hold a petabyte.
        return $"{size,15}  {Text.Time(entry.LastModified)}  {shown}";
    }
}
