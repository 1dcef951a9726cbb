namespace Ops.Locks.Tests.MailSystems;

public sealed class NameTableTests
{
    [Theory]
    [MemberData(nameof(NameRow.All), MemberType = typeof(NameRow))]
    public void A_name_means_what_its_system_means_by_it(string table, string path, string expectation, string claims, string reason)
    {
        var file = NameRow.PathOf(path);
        var place = NameRow.PlaceOf(file);
        var matches = ConventionMatcher.Match(place, file);
        var listed = ConventionMatcher.IsCandidate(place, file.Name);

        Assert.Equal(matches.Any(m => m.Convention is not NotALock { IsOrdinary: true }), listed);
        Assert.All(matches, m => Assert.True(m.Convention.Screen.Passes(file.Name), $"the screen of {m.System.Name} hides {path}"));
        if (expectation == "nothing")
        {
            Assert.True(matches.Count == 0, $"{reason}: {string.Join(", ", matches.Select(m => $"{m.System.Name} {m.Convention.Source}"))}");
            return;
        }
        var words = expectation.Split(' ');
        if (words[0] == "not")
        {
            Assert.DoesNotContain(matches, m => m.System.Name == words[1]);
            Assert.NotEmpty(reason);
            return;
        }
        Assert.True(table == words[0] || reason.Length > 0, "a row in another system's table says why");
        // A particular form may hide a general one of the same system, as any name in a maildir's tmp does.
        var match = matches.FirstOrDefault(m => m.System.Name == words[0] && Kind(m.Convention) == words[1]
            && (claims is "" || m.Convention is not StagingFile || ShowClaims(m, file) == claims));
        Assert.True(match is not null, $"matches: {string.Join(", ", matches.Select(m => $"{m.System.Name} {Kind(m.Convention)} {ShowClaims(m, file)}"))}");
        Assert.Equal(expectation.EndsWith("ordinary", StringComparison.Ordinal), match.Convention is NotALock { IsOrdinary: true });
    }

    private static string ShowClaims(ConventionMatch match, FilePath file) =>
        match.Convention is StagingFile staging ? NameRow.Show(staging.ReadName(match.Match, file.Parent.NameLatin1)) : "";

    private static string Kind(Convention convention) => convention switch
    {
        NotALock { IsOrdinary: true } => "ordinary",
        NotALock => "not-a-lock",
        LookAlike => "look-alike",
        _ => convention.Kind switch
        {
            ArtefactKind.DotLock => "dot-lock",
            ArtefactKind.LockFile => "lock-file",
            ArtefactKind.MbxLock => "mbx-lock",
            ArtefactKind.PidFile => "pid-file",
            ArtefactKind.StagingFile => "staging-file",
            ArtefactKind.PidLinkedFile => "pid-linked-file",
            ArtefactKind.TempFile => "temp-file",
            var other => other.ToString(),
        },
    };
}
