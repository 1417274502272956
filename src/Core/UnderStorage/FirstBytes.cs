namespace Orleans.Cache.UnderStorage;

/// <summary>What one answer of an under storage told of a key: its status, and the first bytes of the file where there is one.</summary>
/// <param name="Status">As <see cref="IUnderStorage.GetStatusAsync"/> tells it; null: nothing is there.</param>
/// <param name="Reader">
/// The first bytes of exactly the status's version, as many as were asked for or the whole file. Whoever has it disposes of it, soon: it holds a request of the store's.
/// Null: a directory, or nothing.
/// </param>
public sealed record FirstBytes(UfsStatus? Status, IUfsReader? Reader);
