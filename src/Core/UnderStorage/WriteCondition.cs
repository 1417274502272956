using Orleans.Cache.Identity;

namespace Orleans.Cache.UnderStorage;

/// <summary>What must be true of the file that is there, or a write is refused with ConditionFailed.</summary>
public readonly record struct WriteCondition
{
    private readonly Demand _demand;
    private readonly FileVersion _version;

    private WriteCondition(Demand demand, FileVersion version = default) => (_demand, _version) = (demand, version);

    private enum Demand
    {
        Nothing,
        Absent,
        Present,
        Version,
    }

    /// <summary>Whatever is there is replaced.</summary>
    public static WriteCondition None => default;

    /// <summary>Nothing is there: create, never replace.</summary>
    public static WriteCondition IfAbsent { get; } = new(Demand.Absent);

    /// <summary>A file is there: replace, never create.</summary>
    public static WriteCondition IfPresent { get; } = new(Demand.Present);

    /// <summary>Exactly this version is there.</summary>
    public static WriteCondition IfVersion(FileVersion version) => new(Demand.Version, version);

    /// <summary>Nothing is demanded: no need to look what is there.</summary>
    public bool IsNone => _demand == Demand.Nothing;

    /// <summary>For connectors whose storage can do the check itself.</summary>
    public bool DemandsAbsence => _demand == Demand.Absent;

    /// <summary>The version demanded; null where any or none will do.</summary>
    public FileVersion? DemandedVersion => _demand == Demand.Version ? _version : null;

    /// <param name="there">What is there; null: nothing.</param>
    /// <param name="key">Named in the message.</param>
    /// <exception cref="CacheException">ConditionFailed.</exception>
    public void Require(UfsStatus? there, string key)
    {
        bool holds = _demand switch
        {
            Demand.Absent => there is null,
            Demand.Present => there is { IsDirectory: false },
            Demand.Version => there is { IsDirectory: false } && there.Version == _version,
            _ => true,
        };
        if (!holds)
            throw Failed(key);
    }

    public CacheException Failed(string key) => new(CacheError.ConditionFailed, _demand switch
    {
        Demand.Absent => $"'{key}' exists already; it was not replaced.",
        Demand.Present => $"'{key}' does not exist; nothing was created.",
        _ => $"'{key}' is not at version {_version} any more; read its status again.",
    });
}

/// <summary>The plain form of writing.</summary>
public static class UnderStorageWrites
{
    /// <summary>Creates or replaces a file whatever is there.</summary>
    public static Task<UfsStatus> CreateAsync(this IUnderStorage storage, string key, Stream content, CancellationToken cancellationToken) =>
        storage.CreateAsync(key, content, WriteCondition.None, cancellationToken);
}
