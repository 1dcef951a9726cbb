using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What stops delivery besides locks: rights, space, quotas, and rules that delete lock files.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class DeliveryObstacles(AgentSettings settings, WatchedStores stores, TimeProvider clock)
{
    // Rights, space and rules change seldom, and to ask for them costs a look at each mailbox.
    private static readonly TimeSpan ObstaclesPeriod = TimeSpan.FromMinutes(1);
    private const int MostFilesOfSpool = 20_000, MostQuotas = 500;

    private readonly Lock _gate = new();
    private (long At, IReadOnlyList<Relation> Relations, IReadOnlyList<TmpFilesRule> Rules)? _obstacles;

    public IReadOnlyList<Relation> Find(IReadOnlyList<JudgedArtefact> judged, HostFacts host)
    {
        (long At, IReadOnlyList<Relation> Relations, IReadOnlyList<TmpFilesRule> Rules)? last;
        lock (_gate)
            last = _obstacles;
        if (last is null || clock.GetElapsedTime(last.Value.At) >= ObstaclesPeriod)
        {
            last = (clock.GetTimestamp(), OfStores(host), TmpFilesRules.Parse(TmpFilesReader.Read(settings.TmpFilesDirectories)));
            lock (_gate)
                _obstacles = last;
        }
        return [.. last.Value.Relations, .. TmpCleaner.Find(last.Value.Rules, judged, host)];
    }

    private List<Relation> OfStores(HostFacts host)
    {
        var roots = settings.Roots.Where(r => !stores.IsSilent(r.Path)).ToList();
        List<Relation> found = [];
        List<QuotaFacts> quotas = [];
        List<SpaceFacts> spaces = [];
        foreach (var group in roots.Select(r => (r.Path, Mount: Mount.At(host.Mounts, r.Path))).Where(x => x.Mount is not null).GroupBy(x => (x.Mount!.Major, x.Mount.Minor)))
        {
            if (SpaceReader.Read(group.First().Path, group.First().Mount!) is { } space)
                spaces.Add(space);
        }
        foreach (var root in roots.Where(r => r is { TopLevelOnly: false, Kinds: null }))
        {
            if (Mount.At(host.Mounts, root.Path) is not { } mount || SpoolReader.Read(root.Path, MostFilesOfSpool) is not { } spool)
                continue;
            found.AddRange(MailboxRights.Find(MailboxesOf(spool.Files), host.Now));
            var ofAccounts = spool.Files.Where(f => Users.NameOf(f.Uid) == f.Path.Text[(f.Path.Text.LastIndexOf('/') + 1)..]).ToList();
            if (SpoolRights.Judge(spool.Directory, [.. ofAccounts.Select(f => f.Uid).Distinct()], host.Now) is { } spoolRights)
                found.Add(spoolRights);
            quotas.AddRange(spool.Files.DistinctBy(f => f.Uid).Take(MostQuotas).Select(f => SpaceReader.ReadQuota(f.Path, mount, f.Uid, Users.NameOf(f.Uid))).OfType<QuotaFacts>());
        }
        return
        [
            .. found, .. StoreSpace.Find(spaces, host.Now), .. StoreSpace.Find(quotas, host.Now),
            .. SharedPlaces.OfRunDirectories(host.Mounts, host.Now), .. SharedPlaces.OfNfs(host.Mounts, settings.Roots.Select(r => r.Path), host.Now),
        ];
    }

    /// <summary>Those of the files whose mode or owner is odd and that show to be mailboxes: by their first bytes, or empty with the name of an account.</summary>
    private static IEnumerable<MailboxFile> MailboxesOf(IReadOnlyList<FileFacts> files)
    {
        foreach (var file in files)
        {
            var owner = Users.NameOf(file.Uid);
            if (!MailboxRights.IsOdd(file, owner))
                continue;
            var account = file.Path.IsUtf8 ? Users.UidOf(file.Path.Text[(file.Path.Text.LastIndexOf('/') + 1)..]) : null;
            if (file.Size == 0 ? account is not null : ArtefactReader.ReadStart(file.Path, MailboxFormats.StartBytes).TryGet(out var start) && MailboxFormats.Of(start) != MailboxFormat.None)
                yield return new MailboxFile(file, owner, account);
        }
    }
}
