using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// A process that one test starts has, between fork and exec, every file of the others open: a break would be refused for it, and rightly so.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
