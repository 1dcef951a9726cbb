namespace Ops.Web.Tests;

/// <summary>For what another thread does soon; the limit only ends a test that has failed.</summary>
internal static class Wait
{
    public static async Task Until(Func<bool> condition, int seconds = 20) => await Until(() => Task.FromResult(condition()), seconds);

    public static async Task Until(Func<Task<bool>> condition, int seconds = 20)
    {
        var limit = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < limit, "What the test waits for has not happened.");
            await Task.Delay(10);
        }
    }
}
