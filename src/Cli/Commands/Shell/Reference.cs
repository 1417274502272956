using System.CommandLine;
using System.CommandLine.Help;

namespace Orleans.Cache.Cli.Commands.Shell;

/// <summary>The command line as a document.</summary>
internal sealed class Reference(CommandContext context, RootCommand root, IReadOnlyList<CommandGroup> groups)
{
    private const string Introduction = """
        # The command line

        Written by `./ocache reference > docs/CLI.md` from the commands themselves; a test fails where they differ.

        `./ocache COMMAND` asks a running node over its REST API ([REST.md](REST.md)). `ocache --help` lists the commands in groups,
        `ocache COMMAND --help` shows one with examples.

            export OCACHE_URL=http://gpu-07:28080     # or --url; default http://127.0.0.1:28080
            source <(ocache completion bash)          # completes commands, options, and paths of the cache

        ## What all commands have in common

        - **Paths** are those of the cache, from its root: `/train` and `train` are the same. A path that begins with `-` is written `/-name`, or
          after `--`. In `cp`, where either side may be local, the node's side is marked `oc:/train`; other commands take the mark, too.
        - **Output** is for people and may change; colours and progress appear on a terminal only, and no colours where `NO_COLOR` is set.
          Sizes are binary: 1 KiB is 1024 bytes.
        - **`--json`** is for programs: one object, or one a line where that is said. Fields are added, not renamed or removed; a field
          without a value is left out. Errors stay one line on standard error.
        - **Errors** are one line that begins with `ocache: `, and an exit code:

        """;

    private const string Copying = """

        Where a copy lands is decided as `cp` decides it: in the target if that is a directory, else as the target.

        - **Downloads** bring one version of each file, whole or not at all: bytes gather in `.ocache-*.part` beside the target, which takes their place in
          the end with the source's time of modification. A download that ended early (Ctrl-C, a full disk, a node that went away) leaves that file if the
          source has 1 MiB or more, and the same command goes on there, by version (`If-Match`, `Range`); where the source has changed since, it begins anew.
          A file of the same length and time of modification is skipped; `--force` fetches it all the same.
        - **Uploads** replace what is there. With `--update`, a file as long as the one there and not newer than it is skipped.
        - With `-r`, files that fail are counted and the others go on (exit code 1); a full disk or a node that is gone ends it.
          Links to directories are not followed. Times and modes are not carried to the under storage.

        """;

    public IEnumerable<string> Lines()
    {
        foreach (string line in Introduction.Split('\n'))
            yield return line;
        yield return "| Code | Meaning |";
        yield return "|---|---|";
        foreach ((int code, string meaning) in ExitCode.All)
            yield return $"| {code} | {meaning} |";
        yield return "";
        yield return "Every command takes these as well:";
        yield return "";
        foreach (string line in Options(root.Options))
            yield return line;
        foreach (CommandGroup group in groups)
        {
            yield return "";
            yield return "## " + group.Title;
            foreach (string line in group.Commands.SelectMany(c => Section(c, "ocache")))
                yield return line;
        }
    }

    private IEnumerable<string> Section(Command command, string parent)
    {
        string name = $"{parent} {command.Name}";
        IEnumerable<string> below = command.Subcommands.SelectMany(c => Section(c, name));
        // One that only holds others has nothing to say of itself.
        if (command.Subcommands.Count > 0 && command.Arguments.Count == 0)
            return below;
        IEnumerable<string> lines = ["", $"### {name}", "", command.Description!, "", $"    {Usage(command, name)}", ""];
        if (command.Arguments.Count + command.Options.Count > 0)
            lines = [.. lines, .. command.Arguments.Select(a => $"- `{a.HelpName}`: {a.Description}"), .. Options(command.Options), ""];
        if (command.Name == "cp")
            lines = [.. lines, .. Copying.Trim('\n').Split('\n'), ""];
        return context.NotesOf(command) is { } notes ? [.. lines, .. notes.Examples.Select(e => "    " + e), "", $"`--json`: {Code(notes.Json)}", .. below] : lines.Concat(below);
    }

    private static string Usage(Command command, string name) =>
        string.Join(' ', command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.HelpName}]" : a.HelpName!)
            .Prepend(command.Options.Count > 0 ? name + " [OPTIONS]" : name));

    private static IEnumerable<string> Options(IEnumerable<Option> options) => options.Select(option =>
    {
        string names = string.Join(", ", option.Aliases.Prepend(option.Name).Distinct().OrderBy(n => n.Length).Select(n => $"`{n}{Value(option)}`"));
        return $"- {names}: {option.Description}{Default(option)}";
    });

    private static string Value(Option option) => option is HelpOption or VersionOption || option.HelpName is null ? "" : " " + option.HelpName;

    private static string Default(Option option) => option.HasDefaultValue && option.GetDefaultValue() is { } value and not false
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" Default: {value}.") : "";

    /// <summary>JSON in it is set as code; "{path}" in a route is none.</summary>
    private static string Code(string text)
    {
        int start = text.IndexOf("{\"", StringComparison.Ordinal), end = text.LastIndexOf('}') + 1;
        return start < 0 ? text : $"{text[..start]}`{text[start..end]}`{text[end..]}";
    }
}
