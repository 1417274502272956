using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>The switches of ocache-node, made from <see cref="Settings"/>; says nothing about what values mean.</summary>
internal sealed class NodeCommandLine
{
    private readonly RootCommand _command = new(
        "Starts a node of Orleans.Cache: it serves under storages through a cache of pages.\n\n"
        + "Every switch is also an environment variable (--rest-port is OCACHE_REST_PORT; ';' separates repeated values) and a key of the "
        + "file that --config names. A switch counts before a variable, a variable before the file.\n\n"
        + "Exit codes: 0 stopped as asked, 1 could not start or run, 2 the configuration is refused.");

    private readonly Dictionary<Setting, Option> _options = [];

    public NodeCommandLine()
    {
        foreach (Setting setting in Settings.All)
        {
            Option option = setting.IsFlag ? new Option<bool>(setting.Switch) : new Option<string[]>(setting.Switch) { Arity = ArgumentArity.OneOrMore };
            option.Description = setting.Description;
            option.HelpName = setting.IsFlag ? null : setting.Value;
            option.AllowMultipleArgumentsPerToken = false;
            _options[setting] = option;
            _command.Options.Add(option);
        }
        _command.SetAction(_ => 0);
    }

    /// <summary>Reads the switches, or answers --help and --version itself.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="exitCode">Where an answer was given already: what to exit with.</param>
    /// <returns>What was given; null where the process is done.</returns>
    /// <exception cref="ConfigurationRefusedException">A switch is unknown or lacks its value.</exception>
    public IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>>? Read(string[] args, out int exitCode)
    {
        // '@' is an ordinary character of paths here, not the start of a file of arguments.
        ParseResult result = _command.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        exitCode = 0;
        if (result.Action is not null && result.Action != _command.Action && result.Action is not System.CommandLine.Invocation.ParseErrorAction)
        {
            exitCode = result.Invoke();
            return null;
        }
        // What follows an unknown switch is its value, not a second mistake.
        string[] unknown = [.. result.UnmatchedTokens.Where(token => token.StartsWith('-'))];
        List<string> problems = [.. (unknown.Length > 0 ? unknown : result.UnmatchedTokens).Select(Unknown)];
        if (problems.Count == 0)
            problems.AddRange(result.Errors.Select(e => e.Message));
        if (problems.Count > 0)
            throw new ConfigurationRefusedException(problems);
        return _options
            .Where(pair => result.GetResult(pair.Value) is { Implicit: false })
            .ToDictionary(pair => pair.Key, pair => Values(pair.Key, result.GetResult(pair.Value)!));
    }

    private static IReadOnlyList<GivenValue> Values(Setting setting, OptionResult result) =>
        setting.IsFlag
            ? [new GivenValue(result.GetValueOrDefault<bool>() ? "true" : "false", setting.Switch)]
            : [.. result.Tokens.Select(token => new GivenValue(token.Value, setting.Switch))];

    private static string Unknown(string token)
    {
        // Only the name: what follows '=' may be a secret.
        string name = token.Split('=')[0];
        return token.StartsWith('-')
            ? $"{name} is not a switch.{Suggestion.For(name, Settings.All.Select(s => s.Switch), "switches")}"
            : $"'{MountOptions.Redact(name)}' stands alone; every value follows its switch. Try --help.";
    }
}
