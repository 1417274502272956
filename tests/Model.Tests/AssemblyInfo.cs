// The campaigns use all processors by themselves, and their times are to add up.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
