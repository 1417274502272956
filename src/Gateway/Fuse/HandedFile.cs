using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>A backing file that the kernel reads by itself.</summary>
/// <param name="BackingId">By which the kernel knows it.</param>
/// <param name="Lease">Keeps its pages: as long as it is lent, none is punched.</param>
internal sealed record HandedFile(int BackingId, BackingLease Lease);
