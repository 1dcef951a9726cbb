using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>A name that a convention of a mail system matches.</summary>
public sealed record ConventionMatch(MailSystem System, Convention Convention, Match Match);

/// <summary>
/// A directory as far as the meaning of the names in it depends on it. Make one for each directory and keep it while the directory is read:
/// what its place rules out is worked out once, on the first question.
/// </summary>
/// <param name="directory">Its path.</param>
/// <param name="parentHasEntry">Whether the directory above has an entry of this name, such as <c>cur</c> next to a maildir's <c>tmp</c>.</param>
/// <param name="above">The directory above, where that is known: what its path means is not worked out again for each directory in it.</param>
public sealed class PlaceFacts(FilePath directory, Func<string, bool> parentHasEntry, PlaceFacts? above = null)
{
    private DirectoryScreen? _screen;
    private UInt128? _onPath;

    public FilePath Directory => directory;

    public Func<string, bool> ParentHasEntry => parentHasEntry;

    internal DirectoryScreen Screen => _screen ??= DirectoryScreen.Of(this);

    /// <summary>Which places may be on its path, by the components of that alone.</summary>
    internal UInt128 OnPath(PlacePrefilter prefilter) =>
        _onPath ??= above is null ? prefilter.OnPath(directory.Bytes) : above.OnPath(prefilter) | prefilter.OfComponent(directory.Name);
}

/// <summary>From a path to the conventions that may have written it: by place and name first, then by looks.</summary>
public static class ConventionMatcher
{
    /// <summary>
    /// Whether a scan has to look closer at this name. Asked for every file of a store: an ordinary message costs nanoseconds and no memory.
    /// </summary>
    public static bool IsCandidate(PlaceFacts place, ReadOnlySpan<byte> name) => place.Screen.IsCandidate(name);

    /// <summary>All conventions that match this name in this place, more particular ones first. Empty for a file that is none of ours.</summary>
    public static IReadOnlyList<ConventionMatch> Match(PlaceFacts place, FilePath path) => place.Screen.Match(path);

    /// <summary>
    /// Those of <paramref name="matches"/> whose looks fit, likeliest first; general ones only where no particular one fits. When nothing
    /// fits, a name that matched a lock is refused, any other is no artefact at all.
    /// </summary>
    public static IReadOnlyList<ConventionMatch> Fitting(IReadOnlyList<ConventionMatch> matches, FileFacts file)
    {
        var fits = matches.Where(m => Fits(m.Convention, file)).ToList();
        if (fits.Exists(m => !m.Convention.IsGeneral))
            fits.RemoveAll(m => m.Convention.IsGeneral);
        return [.. fits.OrderBy(m => m.Convention is DotLock { UsualModes: var usual } && usual.Contains(file.Mode) ? 0 : 1)];
    }

    // A staging file that is a symbolic link or FIFO still is one, made by a stranger: that is for the classifier to refuse.
    private static bool Fits(Convention convention, FileFacts file) =>
        (convention is not StagingFile staging || staging.IsDirectory == (file.Kind == FileKind.Directory)) && convention.Looks(file) && (convention is not LinkLock link || link.TextOf(file) is not null);
}

/// <summary>The conventions that can hold in one kind of directory, found by the first and last byte of a name and by their screens.</summary>
internal sealed class DirectoryScreen
{
    /// <summary>Longest name on any file system of Linux. A longer one comes from a caller, not from a directory.</summary>
    private const int LongestName = 255;

    private static readonly Entry[] All = [.. MailSystems.All.SelectMany(s => s.Conventions, (s, c) => new Entry(s, c))];
    private static readonly Place[] Places = [.. All.Select(e => e.Convention.Place).Where(p => p != Place.Anywhere).Distinct()];
    private static readonly ConcurrentDictionary<UInt128, DirectoryScreen> Known = [];

    // Nearly every directory is no place that a convention names.
    private static readonly DirectoryScreen Nowhere = new(All.Where(e => e.Convention.Place == Place.Anywhere));
    private static readonly PlacePrefilter PlacePrefilter = new(Places);

    // Messages in new/ and cur/ have names that resemble many conventions; only dot locks are looked for among them.
    private static readonly DirectoryScreen Messages =
        new(All.Where(e => e.Convention.Place == Place.Anywhere && e.Convention.Screen == Screens.LockSuffix));

    private readonly Entry[] _entries;
    private readonly Group[] _groups;

    // By first and last byte of a name; filled when a pair is first met. Nearly every pair of a store has few groups or none.
    private readonly Group[]?[] _byEnds = new Group[]?[256 * 256];

    private DirectoryScreen(IEnumerable<Entry> entries)
    {
        _entries = [.. entries.OrderBy(e => Rank(e.Convention))];
        _groups = [.. _entries.Where(e => e.Convention is not NotALock { IsOrdinary: true })
            .GroupBy(e => e.Convention.Screen).Select(g => new Group(g.Key, [.. g]))];
    }

    public static DirectoryScreen Of(PlaceFacts place)
    {
        var bytes = place.Directory.Bytes;
        var last = bytes.LastIndexOf((byte)'/');
        var name = bytes[(last + 1)..];
        if ((name.SequenceEqual("new"u8) || name.SequenceEqual("cur"u8)) && place.ParentHasEntry("tmp") && place.ParentHasEntry(name[0] == 'n' ? "cur" : "new"))
            return Messages;
        UInt128 here = 0;
        PlaceText? text = null;
        for (var possible = PlacePrefilter.Possible(place); possible != 0; possible &= possible - 1)
        {
            var i = (int)UInt128.TrailingZeroCount(possible);
            if ((text ??= new PlaceText(place)).IsIn(Places[i]))
                here |= UInt128.One << i;
        }
        return here == 0 ? Nowhere : Known.GetOrAdd(here, static places => new DirectoryScreen(All.Where(e => e.Convention.Place == Place.Anywhere
            || (places & (UInt128.One << Array.IndexOf(Places, e.Convention.Place))) != 0)));
    }

    public bool IsCandidate(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > LongestName)
            return false;
        foreach (var group in _byEnds[name[0] << 8 | name[^1]] ?? WithEnds(name[0], name[^1]))
        {
            if (name.Length >= group.Screen.Shortest && group.Screen.PassesInside(name) && IsMatch(group.Entries, name))
                return true;
        }
        return false;
    }

    public IReadOnlyList<ConventionMatch> Match(FilePath path)
    {
        if (path.Name.Length is 0 or > LongestName)
            return [];
        var text = path.NameLatin1;
        List<ConventionMatch> found = [];
        foreach (var (system, convention) in _entries)
        {
            if (convention.Screen.Passes(path.Name) && convention.Name.Match(text) is { Success: true } match)
                found.Add(new ConventionMatch(system, convention, match));
        }
        return found;
    }

    private Group[] WithEnds(byte first, byte last) => _byEnds[first << 8 | last] = [.. _groups.Where(g => g.Screen.CanBeginWith(first) && g.Screen.CanEndWith(last))];

    private static bool IsMatch(Entry[] entries, ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[LongestName];
        text = text[..Encoding.Latin1.GetChars(name, text)];
        foreach (var entry in entries)
        {
            if (entry.Convention.Name.IsMatch(text))
                return true;
        }
        return false;
    }

    private static int Rank(Convention convention) => convention switch
    {
        { IsGeneral: true } => 3,
        NotALock or LookAlike => 0,
        { Place: var place } when place != Place.Anywhere => 1,
        _ => 2,
    };

    /// <summary>The directory as expressions see it.</summary>
    private sealed class PlaceText(PlaceFacts place)
    {
        private readonly string _name = place.Directory.NameLatin1;
        private readonly string _parent = place.Directory.Parent.NameLatin1;
        private readonly string _path = Encoding.Latin1.GetString(place.Directory.Bytes);

        public bool IsIn(Place p) =>
            p.Directory?.IsMatch(_name) != false
            && p.Parent?.IsMatch(_parent) != false
            && p.Path?.IsMatch(_path) != false
            && p.Siblings?.All(place.ParentHasEntry) != false;
    }

    private sealed record Entry(MailSystem System, Convention Convention);

    private sealed record Group(NameScreen Screen, Entry[] Entries);
}
