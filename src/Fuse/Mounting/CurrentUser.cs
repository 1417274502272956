using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Mounting;

/// <summary>Who this process acts as.</summary>
public static class CurrentUser
{
    public static uint Owner => Libc.EffectiveUser();

    public static uint Group => Libc.EffectiveGroup();
}
