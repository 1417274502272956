using Orleans.Cache.Silo.Configuration;

try
{
    IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>>? switches = new NodeCommandLine().Read(args, out int code);
    if (switches is null)
        return code;
    NodeOptions options = NodeOptionsReader.Read(switches, Environment.GetEnvironmentVariables(), Environment.CurrentDirectory);
    Console.WriteLine(options);
    return 0;
}
catch (ConfigurationRefusedException e)
{
    foreach (string problem in e.Problems)
        Console.Error.WriteLine("ocache-node: " + problem);
    return 2;
}
