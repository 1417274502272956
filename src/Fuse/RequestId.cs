namespace Orleans.Cache.Fuse;

/// <summary>Names one request of the kernel ("unique"); its answer repeats it. Never 0, never used twice.</summary>
public readonly record struct RequestId(ulong Value);
