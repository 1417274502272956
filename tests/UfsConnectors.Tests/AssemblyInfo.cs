using System.Runtime.Versioning;

// The local connector is one for Linux, and so are its tests.
[assembly: SupportedOSPlatform("linux")]
