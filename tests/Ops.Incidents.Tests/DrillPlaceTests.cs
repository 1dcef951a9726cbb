namespace Ops.Incidents.Tests;

/// <summary>What is known by its place to be a drill.</summary>
public sealed class DrillPlaceTests
{
    [Theory]
    [InlineData("/tmp/ops-drill-abc/mail/anna", true)]
    [InlineData("/tmp/ops-drill-abc", false)]
    [InlineData("/var/mail/my-ops-drill-abc/x", false)]
    [InlineData("/var/mail/anna", false)]
    public void A_path_in_the_directory_of_a_drill_is_known_by_its_name(string path, bool isDrill) => Assert.Equal(isDrill, DrillPlace.Holds(path));

    [Theory]
    [InlineData("/tmp/ops-drill-abc/mail/anna", false, "/var/mail", false)]
    [InlineData("/tmp/ops-drill-abc/mail/anna", false, "/tmp/ops-drill-abc/mail", true)]
    [InlineData("/var/mail/ops-drill-x/anna", false, "/var/mail", true)]
    [InlineData("/var/mail/anna", false, "/var/mail", true)]
    [InlineData("/var/mail/anna", true, "/tmp/ops-drill-abc/mail", false)]
    [InlineData("/tmp/ops-drill-abc/mail/anna", true, "/tmp/ops-drill-abc/mail", true)]
    public void A_real_host_and_a_drill_on_it_do_not_show_each_others_mailboxes(string path, bool isDrill, string root, bool belongs) =>
        Assert.Equal(belongs, DrillPlace.Belongs(path, isDrill, [root]));
}
