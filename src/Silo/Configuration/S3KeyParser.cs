using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads <c>ID,secret=REFERENCE[,read=PREFIX...][,write=PREFIX...]</c>. What was given is not repeated in complaints, but for the id: it may hold a secret.</summary>
internal sealed class S3KeyParser(ICollection<string> problems)
{
    private const string Example = "write for example TRAINER,secret=env:TRAINER_SECRET,read=imagenet,write=scratch/trainer";

    public AccessKey? Parse(GivenValue given)
    {
        string[] parts = given.Text.Split(',', StringSplitOptions.TrimEntries);
        string id = parts[0];
        if (id.Length is 0 or > 128 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            return Refuse($"{given.Origin}: a key begins with its id, of letters, digits, '.', '_' and '-'; {Example}.");
        string? reference = null;
        List<string> reads = [], writes = [];
        foreach (string part in parts[1..])
        {
            string[] option = part.Split('=', 2);
            string value = option.Length == 2 ? option[1] : "";
            switch (option[0])
            {
                case "secret" when value.Length > 0: reference = value; break;
                case "read" when IsPrefix(value): reads.Add(Bare(value)); break;
                case "write" when IsPrefix(value): writes.Add(Bare(value)); break;
                default: return Refuse($"{given.Origin}: key {id} has an option that is not secret=, read=BUCKET[/PREFIX] or write=BUCKET[/PREFIX]; {Example}.");
            }
        }
        if (Secret(given.Origin, id, reference) is not { } secret)
            return null;
        bool everything = reads.Count + writes.Count == 0;
        // Whoever may write somewhere may read there what was written.
        return new AccessKey(id, secret, everything ? [""] : [.. reads, .. writes], everything ? [""] : writes);
    }

    private static bool IsPrefix(string value) => value == "*" || S3Options.IsBucketName(value.Split('/')[0]);

    private static string Bare(string value) => value == "*" ? "" : value;

    private string? Secret(string origin, string id, string? reference)
    {
        switch (reference?.Split(':', 2))
        {
            case ["env", { Length: > 0 } variable]:
                if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value)
                    return value;
                problems.Add($"{origin}: the environment variable '{variable}', where the secret of key {id} is to be, is not set.");
                return null;
            case ["file", { Length: > 0 } path]:
                return FirstLine(origin, id, path);
            default:
                problems.Add($"{origin}: key {id} does not say where its secret is; write secret=env:VARIABLE or secret=file:/path, never the secret itself.");
                return null;
        }
    }

    private string? FirstLine(string origin, string id, string path)
    {
        try
        {
            using var file = new StreamReader(path);
            if (file.ReadLine()?.Trim() is { Length: > 0 } secret)
                return secret;
            problems.Add($"{origin}: the first line of '{path}', where the secret of key {id} is to be, is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add($"{origin}: '{path}', where the secret of key {id} is to be, cannot be read ({e.GetType().Name}).");
        }
        return null;
    }

    private AccessKey? Refuse(string problem)
    {
        problems.Add(problem);
        return null;
    }
}
