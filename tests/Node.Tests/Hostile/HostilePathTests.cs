using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Every way to write ".." that servers have fallen for, at every place where the API takes a path: nothing outside of a mount is opened.</summary>
public sealed class HostilePathTests(HostileNode node) : IClassFixture<HostileNode>
{
    private static readonly string[] Dots =
    [
        "..", "%2e%2e", ".%2E", "%2e.", "%252e%252e", "%25252e%25252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae", "%c0%2e%c0%2e",
        "%uff0e%uff0e", "%EF%BC%8E%EF%BC%8E", "%2e%00%2e", "..%00", "..%20", "..;", "....", ".%0a.", "%u002e%u002e", "\xC0\xAE\xC0\xAE",
    ];

    private static readonly string[] Slashes = ["/", "%2f", "%252F", "\\", "%5c", "//", "/./", "%c0%af", "%e2%88%95", "/%00/"];

    /// <summary>{0} is a path as the attacker writes it.</summary>
    private static readonly string[] Reads =
    [
        "GET /api/v1/files/data{0}", "GET http://node/api/v1/files/data{0}", "GET /api/v1/status/data{0}", "GET /api/v1/list/data{0}",
        "GET /api/v1/list/data?startAfter=x{0}", "POST /api/v1/free?recursive=true&path=/data{0}",
    ];

    private static readonly string[] Writes =
    [
        "DELETE /api/v1/files/rw{0}?recursive=true", "POST /api/v1/mkdir?path=/rw{0}/new", "POST /api/v1/move?from=/rw{0}&to=/rw/stolen",
        "POST /api/v1/move?from=/rw/keep&to=/rw{0}", "POST /api/v1/copy?from=/data{0}&to=/rw/stolen&recursive=true", "POST /api/v1/copy?from=/rw/keep&to=/rw{0}",
    ];

    [Fact]
    public async Task No_spelling_of_dots_and_slashes_reads_what_lies_outside()
    {
        await AttackAsync(Reads, (template, answer) => Assert.False(
            answer.Status == 200 && template.Contains("/files/", StringComparison.Ordinal), $"{template}: {answer.Text}"));
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task No_spelling_of_dots_and_slashes_changes_what_lies_outside()
    {
        await AttackAsync(Writes, (_, _) => { });
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Nothing_is_written_behind_a_path_that_leaves_the_mount()
    {
        foreach (string path in Spellings())
        {
            IReadOnlyList<RawAnswer> answers = await node.TryAsync($"PUT /api/v1/files/rw{path} HTTP/1.1\r\nHost: node\r\nContent-Length: 4\r\n\r\nevil");
            Assert.True(answers.Count <= 1);
        }
        await node.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("/data/way-out/canary")]
    [InlineData("/data/canary-link")]
    [InlineData("/data/way-out")]
    public async Task Links_that_lead_out_are_refused_everywhere(string path)
    {
        Assert.InRange((await node.GetAsync("/api/v1/files" + path)).Status, 400, 499);
        Assert.InRange((await node.GetAsync("/api/v1/status" + path)).Status, 400, 499);
        Assert.InRange((await node.GetAsync("/api/v1/list" + path)).Status, 400, 499);
        Assert.InRange((await node.AskAsync($"POST /api/v1/copy?from={path}&to=/rw/stolen HTTP/1.1\r\nHost: node\r\n\r\n")).Status, 400, 499);
        await node.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("GET /api/v1/list/data?token={0}")]
    [InlineData("GET /api/v1/list/data?recursive=true&token={0}")]
    public async Task Tokens_that_name_something_else_than_a_listing_gave_lead_nowhere(string template)
    {
        foreach (string place in new[] { "../outside", "../../etc", "..", ".", "/", "a\0b", "x/../../outside/canary" })
            await node.TryAsync(Fill(template, Convert.ToBase64String(Encoding.UTF8.GetBytes(place)).TrimEnd('=')));
        foreach (string token in new[] { "", "=", "!!!!", "%00", "AAAA%2fBBBB", "gICA", new string('A', 9000) })
            await node.TryAsync(Fill(template, token));
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Json_bodies_are_no_way_out_either()
    {
        foreach (string path in new[] { "/data/../outside", "/data/..", "\\u002e\\u002e/outside", "/data/\\u0000", "/data/\\ud800", "//..//" })
        {
            string json = $"{{\"path\":\"{path}\",\"recursive\":true}}";
            RawAnswer answer = await node.AskAsync($"POST /api/v1/free HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");
            Assert.InRange(answer.Status, 400, 499);
        }
        await node.AssertUnharmedAsync();
    }

    private async Task AttackAsync(string[] templates, Action<string, RawAnswer> check) =>
        await Parallel.ForEachAsync(
            from template in templates from path in Spellings() select (template, path), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (attack, _) =>
            {
                IReadOnlyList<RawAnswer> answers = await node.TryAsync(Fill(attack.template, attack.path));
                Assert.True(answers.Count <= 1);
                foreach (RawAnswer answer in answers)
                    check(attack.template, answer);
            });

    private static string Fill(string template, string value) => template.Replace("{0}", value, StringComparison.Ordinal) + " HTTP/1.1\r\nHost: node\r\n\r\n";

    /// <summary>From a mount at one level, two levels down and up, and from far below.</summary>
    internal static IEnumerable<string> Spellings() =>
        from dots in Dots
        from slash in Slashes
        from up in new[] { 1, 2, 9 }
        select string.Concat(Enumerable.Repeat(slash + dots, up)) + slash + "outside" + slash + "canary";
}
