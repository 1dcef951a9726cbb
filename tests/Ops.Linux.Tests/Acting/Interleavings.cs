namespace Ops.Linux.Tests;

/// <summary>Somebody who works on the lock in steps. A step is what nobody can come between.</summary>
internal interface IActor : IDisposable
{
    bool IsDone { get; }

    /// <summary>False while its next step would only wait for others.</summary>
    bool CanStep { get; }

    /// <summary>Whether it believes that it holds the lock now.</summary>
    bool Holds { get; }

    void Step();
}

/// <summary>Runs actors on a fresh world in every order of their steps, depth first, by running again from the start for each order.</summary>
internal static class Interleavings
{
    /// <param name="world">Makes the world and its actors.</param>
    /// <param name="check">Looks at the world after each step, and once more at the end (second argument true); returns what is wrong.</param>
    /// <returns>How many orders there are, and the first fault with its order.</returns>
    public static (int Orders, string? Fault) Explore<TWorld>(
        Func<(TWorld World, IReadOnlyList<IActor> Actors)> world, Func<TWorld, IReadOnlyList<IActor>, bool, string?> check)
        where TWorld : IDisposable
    {
        var choices = new List<(int Taken, int Of)>();
        for (var orders = 1; ; orders++)
        {
            if (RunOnce(world, check, choices) is { } fault)
            {
                return (orders, $"{fault} (order {string.Join(' ', choices.Select(c => c.Taken))})");
            }

            while (choices is [.., var last] && last.Taken + 1 == last.Of)
            {
                choices.RemoveAt(choices.Count - 1);
            }

            if (choices.Count == 0)
            {
                return (orders, null);
            }

            choices[^1] = (choices[^1].Taken + 1, choices[^1].Of);
        }
    }

    private static string? RunOnce<TWorld>(
        Func<(TWorld World, IReadOnlyList<IActor> Actors)> make, Func<TWorld, IReadOnlyList<IActor>, bool, string?> check, List<(int Taken, int Of)> choices)
        where TWorld : IDisposable
    {
        var (world, actors) = make();
        using (world)
        {
            try
            {
                for (var depth = 0; ; depth++)
                {
                    var able = actors.Where(a => !a.IsDone && a.CanStep).ToList();
                    if (able.Count == 0)
                    {
                        return check(world, actors, true);
                    }

                    if (depth == choices.Count)
                    {
                        choices.Add((0, able.Count));
                    }

                    able[choices[depth].Taken].Step();
                    if (check(world, actors, false) is { } fault)
                    {
                        return fault;
                    }
                }
            }
            finally
            {
                foreach (var actor in actors)
                {
                    actor.Dispose();
                }
            }
        }
    }
}
