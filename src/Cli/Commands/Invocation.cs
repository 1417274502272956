using System.CommandLine;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

/// <summary>One call of a command: what was asked for and the node to ask.</summary>
internal sealed class Invocation(ParseResult arguments, NodeClient node, bool isJson)
{
    public NodeClient Node => node;

    public bool IsJson => isJson;

    public T? Get<T>(Option<T> option) => arguments.GetValue(option);

    public T? Get<T>(Argument<T> argument) => arguments.GetValue(argument);

    /// <summary>A path of the cache; the prefix that marks it in cp may stand before it everywhere.</summary>
    public string PathOf(Argument<string> argument) => Place.OnNode(arguments.GetRequiredValue(argument));

    /// <summary>What the node said as it came with --json, else lines for people. Whatever answers, it is read before it is printed.</summary>
    public async Task PrintAsync(string json, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            foreach (string line in isJson ? [json] : lines)
                await output.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }
}
