using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Ten thousand clients that connect, ask once and idle: others find room, and what the crowd held comes back when it has gone.</summary>
public sealed partial class IdleCrowdTests(HostileNode node, ITestOutputHelper output) : IClassFixture<HostileNode>
{
    private const int Crowd = 10_000;

    /// <summary>Connections left to others where the process may not have so many descriptors.</summary>
    private const int Others = 100;

    [Fact]
    public async Task Ten_thousand_idle_connections_leave_room_for_others_and_nothing_behind()
    {
        int crowd = Reduced().Match(node.Node.Banner) is { Success: true } reduced
            ? Math.Min(Crowd, int.Parse(reduced.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) - Others)
            : Crowd;
        long before = node.Node.ReadRssAnon();
        List<RawConnection> idle = [];
        for (int i = 0; i < crowd; i++)
            idle.Add(await node.ConnectAsync());
        await Parallel.ForEachAsync(idle, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (connection, _) =>
        {
            await connection.SendAsync("GET /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n");
            Assert.Equal("small", Assert.Single(await connection.ReadAnswersAsync(1)).Text);
        });

        Assert.True(node.Node.CountDescriptors("socket:") >= crowd, "The crowd is not there any more.");
        long during = node.Node.ReadRssAnon();
        using (RawConnection newcomer = await node.ConnectAsync())
        {
            await newcomer.SendAsync("GET /api/v1/files/data/dir/b HTTP/1.1\r\nHost: node\r\n\r\n");
            Assert.Equal("deep", Assert.Single(await newcomer.ReadAnswersAsync(1)).Text);
        }
        // The last of the crowd still are served too, and half of them go without a word.
        await idle[^1].SendAsync("GET /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n");
        Assert.Equal("small", Assert.Single(await idle[^1].ReadAnswersAsync(1)).Text);
        for (int i = 0; i < idle.Count; i++)
        {
            if (i % 2 == 0)
                idle[i].Reset();
            else
                idle[i].Dispose();
        }
        await node.AssertUnharmedAsync();
        output.WriteLine($"{crowd} connections; RssAnon {before >> 20} MiB before, {during >> 20} with them, {node.Node.ReadRssAnon() >> 20} after");
    }

    /// <summary>More clients than descriptors: those beyond the limit are turned away, and the process lives.</summary>
    [Fact]
    public async Task A_node_with_few_descriptors_turns_clients_away_and_lives()
    {
        using var files = new Testing.TemporaryDirectory();
        files.Write("files/a", "small"u8);
        System.Diagnostics.ProcessStartInfo info = NodeProcess.Info(["--mount", $"/data={files["files"]}", "--store", $"{files["pages"]}=64MiB", "--log-level", "Error"]);
        string[] command = [info.FileName, .. info.ArgumentList];
        info.FileName = "bash";
        info.ArgumentList.Clear();
        foreach (string argument in (string[])["-c", "ulimit -n 1024 && exec \"$@\"", "bash", .. command])
            info.ArgumentList.Add(argument);
        await using NodeProcess poor = await NodeProcess.StartAsync(info);
        Assert.Contains("384 connections instead of 12,000", poor.Banner, StringComparison.Ordinal);

        // One after the other, so that it is the last ones that find no room.
        var crowd = new RawConnection[1500];
        for (int i = 0; i < crowd.Length; i++)
            crowd[i] = await RawConnection.OpenAsync(poor.Rest);
        byte[][] turnedAway = await Task.WhenAll(crowd[400..].Select(c => c.ReadToEndAsync()));
        Assert.All(turnedAway, Assert.Empty);
        foreach (RawConnection connection in crowd)
            connection.Dispose();
        await NodeProcess.UntilAsync(
            async () => await poor.GetFileAsync("/data/a").ContinueWith(read => read.IsCompletedSuccessfully, TaskScheduler.Default), "clients that have gone");
        Assert.Equal("", poor.Errors);
    }

    [GeneratedRegex(@"limit\s+([\d,]+) connections")]
    private static partial Regex Reduced();
}
