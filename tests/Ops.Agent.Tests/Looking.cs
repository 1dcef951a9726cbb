using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>For what another process does soon: looks again and again, and fails after 40 looks.</summary>
internal static class Looking
{
    public static async Task<Finding> Eventually(Func<Task<Finding?>> look)
    {
        Finding? found = null;
        for (var i = 0; i < 40 && (found = await look()) is null; i++)
            await Task.Delay(100);
        return found ?? throw new Xunit.Sdk.XunitException("nothing was found");
    }

    public static async Task Eventually(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 40 && !await condition(); i++)
            await Task.Delay(100);
        Assert.True(await condition());
    }
}
