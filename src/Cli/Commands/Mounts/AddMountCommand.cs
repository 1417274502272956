using System.CommandLine;
using System.Text;
using System.Text.Json;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>What to mount, as the node takes it.</summary>
internal sealed record MountRequest(string Uri, IReadOnlyList<string> Options);

/// <summary>ocache mount add: a mount for a node that runs, written as for its <c>--mount</c>.</summary>
internal sealed class AddMountCommand
{
    private readonly Argument<string> _mount = new("mount")
    {
        HelpName = "PATH=URI[,OPTION=VALUE...]",
        Description = "Where and what, as --mount of the node takes it. Secrets are given as references: env:VARIABLE and file:/path are read by the node.",
    };

    private readonly Option<bool> _replace = new("--replace") { Description = "Take the place of a mount that was added at the path before, in one step." };

    public Command Create(CommandContext context)
    {
        var command = new Command("add", "Mounts an under storage at a node that runs. It is asked first; the mount outlives restarts. The same again changes nothing. Exits with 1 where other nodes of its cluster have other mounts.") { _mount, _replace };
        context.Describe(
            command, """the mount, as mount ls prints it: {"path","ufs","uri","freshness","writable","origin":"added","state","trouble","saved","cachedBytes","quotaBytes"}""",
            "ocache mount add /imagenet=s3://datasets/imagenet,region=eu-central-1,mode=immutable",
            "ocache mount add /models=s3://models,endpoint=https://ceph.example.com,access-key=env:CEPH_KEY,secret-key=file:/run/secrets/ceph,rw",
            "ocache mount add --replace /scratch=/mnt/scratch,mode=strict,rw");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string[] parts = (call.Get(_mount) ?? "").Split(',');
        int equals = parts[0].IndexOf('=');
        if (!parts[0].StartsWith('/') || equals < 1 || equals == parts[0].Length - 1)
            throw new CommandFailedException(ExitCode.Usage, $"'{parts[0]}' is not PATH=URI; write for example /data=s3://bucket/prefix.");
        string uri = parts[0][(equals + 1)..];
        // A plain path is one of the node's machine; one that starts from here is made absolute here.
        var wanted = new MountRequest(uri.Contains("://", StringComparison.Ordinal) ? uri : Path.GetFullPath(uri), parts[1..]);
        var body = new StringContent(JsonSerializer.Serialize(wanted, AnswerJson.Default.MountRequest), Encoding.UTF8, "application/json");
        var request = new HttpRequestMessage(HttpMethod.Put, call.Node.Address.Of(MountCommand.Route, parts[0][..equals], call.Get(_replace) ? "?replace=true" : "")) { Content = body };
        Answer<MountEntry> added = await call.Node.AskAsync(request, AnswerJson.Default.MountEntry, cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(added.Json, MountCommand.Lines([added.Value]), cancellationToken).ConfigureAwait(false);
        await ClusterMounts.RequireAgreementAsync(call.Node, cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
