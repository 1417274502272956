using Orleans.Cache;
using Orleans.Cache.Gateway.SendFile;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Silo.Hosting;

// What the process exits with; stated in --help and docs/CONFIGURATION.md.
const int Failed = 1;
const int Refused = 2;

FastConnections.CompleteSocketsInline();
try
{
    IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>>? switches = new NodeCommandLine().Read(args, out int answered);
    if (switches is null)
        return answered;
    NodeOptions options = NodeOptionsReader.Read(switches, Environment.GetEnvironmentVariables(), Environment.CurrentDirectory);
    await new NodeHost(options, Console.Out).RunAsync(CancellationToken.None);
    return 0;
}
catch (ConfigurationRefusedException e)
{
    foreach (string problem in e.Problems)
        Complain(problem);
    return Refused;
}
catch (CacheException e)
{
    Complain(e.Message);
    return Failed;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Complain("cannot start: " + e.Message);
    return Failed;
}

static void Complain(string problem) => Console.Error.WriteLine("ocache-node: " + problem.ReplaceLineEndings(" "));
