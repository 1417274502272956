using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Client;
using Orleans.Cache.Gateway.Fuse;

namespace Orleans.Cache.Cli.Commands.Mounts;

/// <summary>
/// ocache mount URL DIRECTORY: the cluster as local files. In the foreground it serves until it is unmounted or told to end; otherwise a process of its
/// own does, in a session of its own, and this one returns when the files are there.
/// </summary>
internal static class LocalMount
{
    /// <summary>What the process in the background says when it serves.</summary>
    private const string Ready = "Mounted ";

    /// <summary>In this process, until SIGTERM, SIGINT or umount.</summary>
    public static async Task<int> ServeAsync(Uri node, MountArguments how, CancellationToken cancellationToken)
    {
        CacheClient client = await ConnectAsync(node, cancellationToken).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            MountedCache mounted = await MountAsync(client, how).ConfigureAwait(false);
            await using (mounted.ConfigureAwait(false))
            {
                await Console.Out.WriteLineAsync($"{Ready}{node} at {mounted.Path}.".AsMemory(), CancellationToken.None).ConfigureAwait(false);
                await mounted.Ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        return ExitCode.Ok;
    }

    /// <summary>In another process, which outlives this one.</summary>
    public static async Task<int> StartAsync(string[] arguments, CancellationToken cancellationToken)
    {
        string program = Environment.ProcessPath ?? "ocache";
        // Run by the dotnet program, the command line's own file comes first.
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Path.Combine(AppContext.BaseDirectory, "ocache.dll")] : [program];
        var info = new ProcessStartInfo("setsid", [.. self, .. arguments, "--foreground"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process server = Process.Start(info)!;
        server.StandardInput.Close();
        if (await server.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line && line.StartsWith(Ready, StringComparison.Ordinal))
        {
            await Console.Out.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        }
        await Console.Error.WriteAsync((await server.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false)).AsMemory(), cancellationToken).ConfigureAwait(false);
        await server.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return server.ExitCode == 0 ? ExitCode.Refused : server.ExitCode;
    }

    private static async Task<CacheClient> ConnectAsync(Uri node, CancellationToken cancellationToken)
    {
        try
        {
            return await CacheClient.ConnectAsync(node, options: null, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e)
        {
            throw new CommandFailedException(ExitCode.Unreachable, e.Message, e);
        }
    }

    private static async Task<MountedCache> MountAsync(CacheClient client, MountArguments how)
    {
        try
        {
            return await MountedCache.MountAsync(how.MountPoint, client.Files, store: null, how.View, how.Options, TimeProvider.System, NullLogger.Instance).ConfigureAwait(false);
        }
        catch (CacheException e)
        {
            throw new CommandFailedException(ExitCode.Local, e.Message, e);
        }
    }
}
