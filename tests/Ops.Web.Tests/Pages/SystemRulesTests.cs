using Ops.Web.Features.Detail;

namespace Ops.Web.Tests.Pages;

public sealed class SystemRulesTests
{
    [Fact]
    public void A_system_whose_files_of_a_kind_have_several_forms_shows_the_rule_of_each()
    {
        Assert.Equal(
            [
                "liblockfile, dotlockfile(1) (X.lock, PID and line feed): removes a lock itself after 5 minutes, counted from its last write (mtime); at once when the owner is dead.",
                "liblockfile, dotlockfile(1) (X.lock, 0 and line feed): removes a lock itself after 5 minutes, counted from its last write (mtime).",
            ],
            SystemRules.Of(Some.Finding("a", kind: "dot-lock") with { System = "liblockfile", Systems = [] }));
    }

    [Fact]
    public void Each_system_that_may_have_written_it_shows_its_own_rule_and_an_unknown_one_none()
    {
        var rules = SystemRules.Of(Some.Finding("a", kind: "dot-lock") with { System = "procmail", Systems = ["procmail", "nobody", "maildrop"] });
        Assert.Contains(rules, r => r.StartsWith("procmail", StringComparison.Ordinal));
        Assert.Contains(rules, r => r.StartsWith("maildrop", StringComparison.Ordinal));
        Assert.Empty(SystemRules.Of(Some.Finding("a") with { System = "nobody", Systems = [] }));
    }
}
