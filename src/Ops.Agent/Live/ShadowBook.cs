using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a host in shadow mode would have done: follows each to see whether it would have been right. Kept in a file of the state directory, so that a
/// restart does not forget what was watched.</summary>
internal sealed class ShadowBook(AgentSettings settings, TimeProvider clock, ILogger log)
{
    /// <summary>Older ones make room; no person reads a report that long.</summary>
    public const int Limit = 2000;

    private const string FileName = "shadow.json";
    private readonly Lock _gate = new();
    private ShadowFile? _file;

    private string FilePathname => Path.Join(settings.StateDirectory, FileName);

    public ShadowReport Report()
    {
        lock (_gate)
        {
            var file = Load();
            return new ShadowReport(settings.Policy.Shadow, file.Since, [.. file.Entries.AsEnumerable().Reverse().Select(e => new ShadowEntry(
                e.At, e.Action, e.Path, e.PathBytes, e.System, e.Summary, WordOf(e.State), e.Note))]);
        }
    }

    /// <summary>Takes in one look at the stores.</summary>
    public void Take(AreaScan scan)
    {
        if (!settings.Policy.Shadow || scan.Area != ScanArea.Stores)
            return;
        lock (_gate)
        {
            try
            {
                var file = Load();
                var news = Follow(file.Entries, scan);
                if (!news.SequenceEqual(file.Entries))
                    Save(new ShadowFile(news.Count > Limit ? news[^Limit].At : file.Since, news.Count > Limit ? news[^Limit..] : news));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.ShadowNotKept(e);
            }
        }
    }

    private List<ShadowItem> Follow(IReadOnlyList<ShadowItem> entries, AreaScan scan)
    {
        var now = clock.GetUtcNow();
        var seen = scan.Findings.Where(f => f.Identity is not null).GroupBy(KeyOf).ToDictionary(g => g.Key, g => g.First());
        var known = new HashSet<(string, string, string)>();
        var news = new List<ShadowItem>(entries.Count);
        foreach (var entry in entries)
        {
            known.Add((entry.PathBytes ?? entry.Path, entry.Action, entry.Was.File));
            var path = entry.PathBytes is { } bytes ? new FilePath(Convert.FromBase64String(bytes)) : FilePath.FromText(entry.Path);
            if (entry.State is not (ShadowState.WouldAct or ShadowState.Confirmed) || scan.NotLookedAt.Any(path.IsAtOrBelow))
            {
                news.Add(entry);
                continue;
            }
            var look = seen.TryGetValue((entry.PathBytes ?? entry.Path, entry.Kind), out var finding) ? LookOf(finding, entry.Action) : null;
            // A look at a store is no snapshot either: a name counts as gone when the file system says so itself.
            if (look is null && ArtefactReader.Stat(path) is var still && (still.TryGet(out var there, out var error) ? FileOf(there) == entry.Was.File : error != Errno.NotFound))
            {
                news.Add(entry);
                continue;
            }
            var (state, note) = ShadowJudge.Next(entry.State, entry.Was, look, now - entry.At, settings.Policy.ShadowWatch);
            news.Add(entry with { State = state, Note = note ?? (state is ShadowState.OwnerReturned or ShadowState.Changed or ShadowState.GoneByItself ? entry.Note : null) });
        }
        foreach (var finding in seen.Values)
        {
            foreach (var action in finding.Actions.Where(a => a is "break" or "remove" && settings.Policy.Verbs.Contains(a) && settings.Policy.Kinds?.Contains(finding.Kind) != false))
            {
                var look = LookOf(finding, action);
                if (known.Add((finding.PathBytes ?? finding.Path, action, look.File)))
                    news.Add(new ShadowItem(now, action, finding.Path, finding.PathBytes, finding.Kind, finding.System, finding.Summary, look, ShadowState.WouldAct, null));
            }
        }
        return news;
    }

    private static (string, string) KeyOf(Finding finding) => (finding.PathBytes ?? finding.Path, finding.Kind);

    private static ShadowLook LookOf(Finding finding, string action) => new(
        $"{finding.Identity!.Dev}:{finding.Identity.Ino}", finding.Identity.Size, finding.Identity.Mtime,
        finding.OwnerAlive == true || finding.Traits().HasLivingOwner, finding.Actions.Contains(action), finding.Summary);

    private static string FileOf(FileFacts file) => FindingFactory.IdentityOf(file) is var identity ? $"{identity.Dev}:{identity.Ino}" : "";

    private static string WordOf(ShadowState state) => state switch
    {
        ShadowState.WouldAct => "would-act",
        ShadowState.Confirmed => "confirmed",
        ShadowState.OwnerReturned => "owner-returned",
        ShadowState.Changed => "changed",
        _ => "gone-by-itself",
    };

    private ShadowFile Load()
    {
        if (_file is not null)
            return _file;
        try
        {
            _file = JsonSerializer.Deserialize(File.ReadAllBytes(FilePathname), ShadowJson.Default.ShadowFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            log.ShadowNotKept(e);
        }
        return _file ??= new ShadowFile(clock.GetUtcNow(), []);
    }

    private void Save(ShadowFile file)
    {
        _file = file;
        StateFile.Replace(settings.StateDirectory, FileName, stream => JsonSerializer.Serialize(stream, file, ShadowJson.Default.ShadowFile));
    }
}

/// <param name="Since">The oldest entry that could be here.</param>
/// <param name="Entries">Oldest first.</param>
internal sealed record ShadowFile(DateTimeOffset Since, IReadOnlyList<ShadowItem> Entries);

internal sealed record ShadowItem(
    DateTimeOffset At, string Action, string Path, string? PathBytes, string Kind, string System, string Summary, ShadowLook Was, ShadowState State, string? Note);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ShadowFile))]
internal sealed partial class ShadowJson : JsonSerializerContext;
