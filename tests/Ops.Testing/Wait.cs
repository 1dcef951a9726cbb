namespace Ops.Testing;

/// <summary>For what another thread does soon; the limit only ends a test that has failed.</summary>
public static class Wait
{
    public static async Task Until(Func<bool> condition, int seconds = 20) => await Until(() => Task.FromResult(condition()), seconds);

    public static async Task Until(Func<Task<bool>> condition, int seconds = 20)
    {
        var limit = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < limit, "The condition that the test waits for did not become true in time.");
            await Task.Delay(10);
        }
    }
}
