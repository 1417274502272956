using System.Text.Json.Serialization;

namespace Orleans.Cache.Client.Writing;

/// <summary>The part of REST's status of a written file that names its version.</summary>
internal sealed record WrittenMessage(string Type, DateTimeOffset LastModified, long? Length, string? Version);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(WrittenMessage))]
internal sealed partial class WriteJson : JsonSerializerContext;
