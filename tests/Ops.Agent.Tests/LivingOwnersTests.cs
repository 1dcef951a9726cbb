using System.Diagnostics;
using Ops.Locks.Tests.MailSystems;

namespace Ops.Agent.Tests;

/// <summary>
/// Every declared convention times every way in which its owner may live: real files, real processes, the real scan. Nothing of a living owner is ever offered. The files come from the tables that
/// every mail system has, so a new one is tried here without a word in this file. The same files with their owner killed are the control: then they are offered.
/// </summary>
public sealed class LivingOwnersTests
{
    public static TheoryData<string> Ways => [.. OwnerWay.All.Select(w => w.Name)];

    [RootTheory, MemberData(nameof(Ways))]
    public void Nothing_of_a_living_owner_is_offered_and_of_a_dead_one_what_the_core_would_offer(string name)
    {
        // To see what others have open, to mount and to make namespaces takes root.
        var way = OwnerWay.All.Single(w => w.Name == name);
        using var world = new OwnerWorld(way);

        var living = world.Scan();
        var wrong = living.Where(f => OwnerWorld.IsOffered(f) && world.At(f.Path) is not null).Select(f => $"{f.Path}: {world.At(f.Path)}: {f.Summary}").ToList();
        Assert.True(wrong.Count == 0, $"{way.Name}: {wrong.Count} offered with a living owner:\n{string.Join('\n', wrong)}");
        var unseen = world.Planted.Where(p => living.All(f => f.Path != p.Path)).Select(p => $"{p.Path}: {p.File}").ToList();
        Assert.True(unseen.Count == 0, $"{way.Name}: {unseen.Count} were not found at all:\n{string.Join('\n', unseen)}");

        if (!way.HasControl)
            return;
        world.EndOwner();
        var expected = world.Planted.Where(p => world.WouldBeOffered(p.Path)).ToList();
        // Another process of this host may stand in the way for a moment: what counts is that each is offered in some look.
        var kept = expected.ToDictionary(p => p.Path, p => $"{p.File}: not found");
        for (var since = Stopwatch.StartNew(); kept.Count > 0 && since.Elapsed < TimeSpan.FromMinutes(1);)
        {
            foreach (var finding in world.Scan().Where(f => kept.ContainsKey(f.Path)))
            {
                if (OwnerWorld.IsOffered(finding))
                    kept.Remove(finding.Path);
                else
                    kept[finding.Path] = $"{world.At(finding.Path)}: {finding.Summary}";
            }
        }
        Assert.True(kept.Count == 0, $"{way.Name}: {kept.Count} of {expected.Count} are not offered though their owner is dead:\n{string.Join('\n', kept.Select(k => $"{k.Key}: {k.Value}"))}");
        // Not vacuous: most conventions whose files name an owner are among them.
        var named = world.Planted.Where(p => p.File.NamesOwner).Select(p => p.File.Convention).Distinct().ToList();
        var offers = expected.Where(p => p.File.NamesOwner).Select(p => p.File.Convention).Distinct().ToList();
        Assert.True(offers.Count * 2 > named.Count, $"{way.Name}: of {named.Count} conventions that name an owner only {offers.Count} are ever offered");
    }

    [Fact]
    public void Every_convention_has_a_file_in_the_worlds()
    {
        var made = ConventionFiles.For(new FileOwner(4711, "mx1", DateTimeOffset.UtcNow)).Select(f => f.Convention).ToHashSet();
        Assert.Empty(ConventionFiles.Owned.Where(o => !made.Contains(o.Convention)).Select(o => $"{o.System.Name}: {o.Convention.Form}"));
    }
}
