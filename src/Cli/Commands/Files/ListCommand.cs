using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

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
        context.Describe(command, "one object a line and entry: {\"path\",\"type\",\"length\",\"lastModified\",\"version\"}; of a directory no version", "ocache ls /", "ocache ls -lh /imagenet/train", "ocache ls -R --json / > all.jsonl");
        _path.DefaultValueFactory = _ => "/";
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string path = call.PathOf(_path);
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            bool recursive = call.Get(_recursive);
            await foreach (Entry entry in EntriesAsync(call.Node, path, recursive, cancellationToken).ConfigureAwait(false))
            {
                string line = call.IsJson ? JsonSerializer.Serialize(entry, AnswerJson.Default.Entry) : Line(call, entry, Shown(entry, path, recursive));
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
                file = (await node.StatAsync(path, cancellationToken).ConfigureAwait(false)).Value;
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
        return entry.Path.StartsWith(path, StringComparison.Ordinal) ? entry.Path[path.Length..].TrimStart('/') : entry.Path;
    }

    private string Line(Invocation call, Entry entry, string name)
    {
        string shown = Text.Name(name) + (entry.IsDirectory ? "/" : "");
        if (!call.Get(_long))
            return shown;
        string size = entry.IsDirectory ? "-" : call.Get(_human) ? Text.Size(entry.Length) : entry.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // 15 digits hold a petabyte.
        return $"{size,15}  {Text.Time(entry.LastModified)}  {shown}";
    }
}
