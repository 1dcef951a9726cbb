using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Ops.Data.Tests;

internal static class Bindings
{
    // The test host binds SQLite by itself otherwise, see SqliteBinding.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => SqliteBinding.Register();
}
