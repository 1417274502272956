using System.Text.Json.Serialization;
using Orleans.Cache.Cli.Commands.Files;
using Orleans.Cache.Cli.Commands.Mounts;
using Orleans.Cache.Cli.Commands.Operations;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Measuring;

namespace Orleans.Cache.Cli.Node;

/// <summary>Serialisers made at compile time: no reflection, so the program starts faster than people notice.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(Listing))]
[JsonSerializable(typeof(Dropped))]
[JsonSerializable(typeof(CopiedOnNode))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(MountList))]
[JsonSerializable(typeof(MountEntry))]
[JsonSerializable(typeof(MountRequest))]
[JsonSerializable(typeof(RemovedMount))]
[JsonSerializable(typeof(UnmountedDirectory))]
[JsonSerializable(typeof(CacheFigures))]
[JsonSerializable(typeof(ClusterState))]
[JsonSerializable(typeof(LoadJob))]
[JsonSerializable(typeof(IReadOnlyList<LoadJob>))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(TopList))]
[JsonSerializable(typeof(NodeSettings))]
[JsonSerializable(typeof(CopySummary))]
[JsonSerializable(typeof(StatsLine))]
[JsonSerializable(typeof(BenchTable))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(Removed))]
[JsonSerializable(typeof(Bundle))]
internal sealed partial class AnswerJson : JsonSerializerContext;
