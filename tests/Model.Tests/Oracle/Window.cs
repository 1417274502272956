namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>When an operation ran: its first and last moment, and the engine's clock at its start.</summary>
internal readonly record struct Window(long Start, long StartTime, long End = long.MaxValue);
