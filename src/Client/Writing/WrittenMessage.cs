using System.Text.Json.Serialization;

namespace Orleans.Cache.Client.Writing;

/// <summary>The part of REST's status of a written file that names its version.</summary>
internal sealed record WrittenMessage(string Type, DateTimeOffset LastModified, long? Length, string? Version);

/// <summary>What REST says was dropped.</summary>
internal sealed record FreedMessage(long FreedFiles, long FreedPages, long FreedBytes);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(WrittenMessage))]
[JsonSerializable(typeof(FreedMessage))]
internal sealed partial class WriteJson : JsonSerializerContext;
