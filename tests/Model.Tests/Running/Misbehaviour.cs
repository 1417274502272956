using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>Makes an under storage misbehave for a while.</summary>
internal static class Misbehaviour
{
    public static void Arm(FaultyUnderStorage storage, Fault fault)
    {
        switch (fault)
        {
            case Fault.StatusFails:
                storage.FailNext(UfsRequest.Status, 1, CacheError.Unavailable);
                storage.FailNext(UfsRequest.First, 1, CacheError.Unavailable);
                break;
            case Fault.OpenFails:
                storage.FailNext(UfsRequest.Open, 1, CacheError.Unavailable);
                break;
            case Fault.ReadFails:
                storage.FailNext(UfsRequest.Read, 1, CacheError.Unavailable);
                break;
            case Fault.ListFails:
                storage.FailNext(UfsRequest.List, 1, CacheError.Unavailable);
                break;
            case Fault.ChangedInTheMiddle:
                storage.ChangeAfterBytes = 5000;
                break;
            case Fault.EndsShort:
                storage.MissingBytes = 3;
                break;
            case Fault.SmallPieces:
                storage.MaxPiece = 1000;
                break;
            case Fault.NotToBeKept:
                storage.RefusePublishing = true;
                break;
        }
    }

    public static void Disarm(FaultyUnderStorage storage)
    {
        storage.ClearFailures();
        storage.ChangeAfterBytes = null;
        storage.MissingBytes = 0;
        storage.MaxPiece = int.MaxValue;
        storage.RefusePublishing = false;
    }

    /// <summary>The error that a reader may see because of it.</summary>
    public static CacheError? ExcuseOf(Fault fault) => fault switch
    {
        Fault.StatusFails or Fault.OpenFails or Fault.ReadFails or Fault.ListFails => CacheError.Unavailable,
        Fault.ChangedInTheMiddle or Fault.EndsShort => CacheError.Changed,
        _ => null,
    };
}
