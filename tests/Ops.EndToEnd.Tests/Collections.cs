using Ops.Testing;

// Times are measured, and the machine may have two cores: one test after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Ops.EndToEnd.Tests;

/// <summary>One Chromium for all tests; a missing one fails them.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    public Chromium Chromium { get; private set; } = null!;

    public async Task InitializeAsync() => Chromium = await Chromium.StartAsync();

    public async Task DisposeAsync() => await Chromium.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class Browsers : ICollectionFixture<BrowserFixture>
{
    public const string Name = "browser";
}
