using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Ops.Web.Tests;

internal static class Bindings
{
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register()
    {
        // Before any test opens a SqliteConnection of its own: the test host would bind SQLite's functions to another copy of the library.
        Data.SqliteBinding.Register();
        // bUnit 2 asks for AngleSharp.Diffing 1.0; only 0.17 can be restored, and serves.
        AssemblyLoadContext.Default.Resolving += static (context, wanted) =>
            wanted is { Name: "AngleSharp.Diffing", Version: not null } ? context.LoadFromAssemblyName(new AssemblyName("AngleSharp.Diffing")) : null;
    }
}
