namespace Ops.Locks.Tests.Classify;

/// <summary>Temporary files of Exim's queue and deliveries: who may still need one?</summary>
public sealed class EximFilesTests
{
    private const string Output = "/var/spool/exim4/msglog/1rYxWq-0007RJ-2d-4242-1";
    private const string Scanned = "/var/spool/exim4/scan/1rYxWq-0007RJ-2d/1rYxWq-0007RJ-2d.eml";
    private const string Temporary = "/home/u/inbox/temp.4242.mail1";

    /// <summary>0007RJ in base 62.</summary>
    private const int Receiver = 28601;

    [Theory]
    [InlineData(Output, 4242)]
    [InlineData(Scanned, Receiver)]
    [InlineData(Temporary, 4242)]
    public void The_file_of_a_process_that_is_gone_is_an_orphan(string path, int pid)
    {
        var verdict = Judge(Given.File(path, "Subject: x\n"))!;
        Assert.Equal((VerdictWord.Orphan, pid), (verdict.Word, verdict.Owner.Pid));
        Assert.Equal([OperatorAction.Remove], verdict.Actions);
    }

    [Theory]
    [InlineData(Output, 4242)]
    [InlineData(Scanned, Receiver)]
    [InlineData(Temporary, 4242)]
    public void The_file_of_a_living_process_is_held(string path, int pid)
    {
        var exim = Given.Process(pid, command: "exim4");
        Assert.Equal(VerdictWord.Held, Judge(Given.File(path, "Subject: x\n"), Given.Host([exim]))!.Word);
        Assert.Equal(VerdictWord.Held, Judge(Given.File(path, "Subject: x\n"), Given.Host([exim with { State = 'T' }]))!.Word);
    }

    [Theory]
    [InlineData(Output)]
    [InlineData(Scanned)]
    [InlineData(Temporary)]
    public void What_a_child_that_outlived_the_process_has_open_is_no_orphan(string path)
    {
        // A pipe's command writes on after the delivery process was killed.
        var child = Given.Process(4300, command: "vacation");
        var file = Given.File(path, "Subject: x\n");
        var verdict = Judge(file, Given.Host([child], open: [Given.Open(file, child)]))!;
        Assert.NotEqual(VerdictWord.Orphan, verdict.Word);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void A_delivery_that_was_cut_off_after_its_link_leaves_a_linked_orphan()
    {
        // temp.PID.HOST is linked to its final name, then unlinked. Exim opens the name without O_EXCL: the next process of that number writes into the message.
        Assert.Equal(VerdictWord.OrphanLinked, Judge(Given.File(Temporary, "Subject: x\n", links: 2))!.Word);
    }

    [Theory]
    [InlineData("/home/u/inbox/temp.4242.mail2")]
    [InlineData("/home/u/inbox/temp.4242.csv")]
    public void A_temporary_name_without_this_hosts_name_is_refused(string path) =>
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(path, "Subject: x\n"))!.Word);

    [Theory]
    [InlineData("a,b,c\n1,2,3\n")]
    [InlineData("12:30 start\n")]
    [InlineData("\x89PNG\r\n")]
    public void A_temporary_name_with_no_message_in_it_is_nothing_of_exim(string text) => Assert.Null(Judge(Given.File(Temporary, text)));

    private static Verdict? Judge(FileFacts file, HostFacts? host = null) => ArtefactClassifier.Classify(Given.Artefact(file), host ?? Given.Host(), JudgingOptions.Default);
}
