namespace Orleans.Cache.Model.Tests.Sources;

/// <summary>How a program gives a file its new content.</summary>
internal enum PutHow : byte
{
    /// <summary>Writes another file and renames it over this one.</summary>
    Replace,

    /// <summary>Truncates and writes.</summary>
    Rewrite,

    /// <summary>Writes over the old bytes and sets the old modification time again, as rsync --inplace does.</summary>
    RewriteKeepingTime,

    /// <summary>Adds bytes at the end.</summary>
    Append,

    /// <summary>Cuts bytes off the end.</summary>
    Truncate,
}
