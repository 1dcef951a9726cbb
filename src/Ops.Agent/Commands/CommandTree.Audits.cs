using System.CommandLine;
using Ops.Integrity;
using Ops.Linux;

namespace Ops.Agent;

// What verifies: the chain of what was done, and the messages of a store.
internal sealed partial class CommandTree
{
    private Command VerifyAudit()
    {
        var file = new Argument<string?>("file") { Description = "Journal or exported audit. Default: this host's journal.", HelpName = "FILE", Arity = ArgumentArity.ZeroOrOne };
        var against = new Option<string?>("--against") { Description = "The other side's chain, to compare what each records about the other: a console's export for a journal, or a journal for an export.", HelpName = "FILE" };
        var command = new Command("verify-audit", "Check that no entry of an audit chain was changed, removed or moved.") { file, against, _policyFile, _stateDirectory };
        command.SetAction((parsed, _) => Task.FromResult(VerifyAuditCommand.Run(
            terminal,
            parsed.GetValue(file)
                ?? Path.Join(parsed.GetValue(_stateDirectory) ?? Policy.Load(parsed.GetValue(_policyFile)).StateDirectory ?? Policy.DefaultStateDirectory, Journal.FileName),
            parsed.GetValue(against))));
        return command;
    }

    private Command AuditStore()
    {
        var full = new Option<bool>("--full") { Description = "Read every message, not only a sample and those that have a reason." };
        var sample = new Option<double?>("--sample") { Description = "Percent of the messages to read that have no other reason to be read. Default: 1.", HelpName = "PERCENT" };
        var rate = new Option<double?>("--rate") { Description = "Read at most this many megabytes a second, and 5,000 messages; 0 for no limit. Default: 64.", HelpName = "MB" };
        var digest = new Option<string?>("--digest") { Description = "Write a digest of all Cyrus mailboxes for another host to compare with; with --against, of what differs alone. - is standard output.", HelpName = "FILE" };
        var brief = new Option<bool>("--brief") { Description = "With --digest: a hash for 256 UIDs in place of each message." };
        var against = new Option<string[]>("--against") { Description = "Compare the indexes with the digest of another host, and read only messages that differ. - is standard input. Given again with a later digest of that host, what that one no longer has is left out.", HelpName = "FILE" };
        var command = new Command("audit-store", "Compare messages with what cyrus.index, Maildir names and dovecot-uidlist say of them, or with another host; changes nothing. Exit code 5 if a message differs.")
        {
            full, sample, rate, digest, brief, against, _roots, _json, _wide, _header, _policyFile,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(sample) is < 0 or > 100 or double.NaN)
                result.AddError("--sample is a percentage from 0 to 100.");
            if (result.GetValue(rate) is < 0 or > 1_000_000 or double.NaN)
                result.AddError("--rate is a number of megabytes from 0 to 1000000.");
            if (result.GetValue(digest) is null && result.GetValue(brief))
                result.AddError("--brief belongs to --digest.");
            var others = result.GetValue(against) ?? [];
            if (others.Length > 2)
                result.AddError("--against takes a digest and a later one of the same host, not more.");
            if (others.Count(o => o == ReplicaFiles.Standard) > 1)
                result.AddError("--against - can be given once: standard input is one digest.");
            if ((result.GetValue(digest) is not null || others.Length > 0) && (result.GetValue(full) || result.GetValue(sample) is not null))
                result.AddError("--digest and --against compare indexes; --full and --sample belong to an audit of this host.");
            if (result.GetValue(digest) is ReplicaFiles.Standard && others.Length > 0)
                result.AddError("--digest - would be mixed with the result of --against: name a file.");
        });
        command.SetAction((parsed, stop) =>
        {
            var pace = Pace(parsed.GetValue(full), parsed.GetValue(sample), parsed.GetValue(rate));
            var files = new ReplicaFiles(parsed.GetValue(digest), parsed.GetValue(brief), parsed.GetValue(against) ?? []);
            return Task.FromResult(files is { Digest: null, Against: [] }
                ? AuditStoreCommand.Run(Settings(parsed), terminal, parsed.GetValue(_json), Shape(parsed), pace, stop)
                : ReplicaCommand.Run(Settings(parsed), terminal, parsed.GetValue(_json), Shape(parsed), pace, files, stop));
        });
        return command;
    }

    private static AuditOptions Pace(bool full, double? sample, double? megabytes)
    {
        var choice = new ReadChoice(full, (sample ?? AuditStoreCommand.DefaultSample) / 100, (ulong)Random.Shared.NextInt64());
        return megabytes switch
        {
            null => new AuditOptions(choice),
            0 => new AuditOptions(choice, null, null),
            { } most => new AuditOptions(choice, (long)(most * 1_000_000)),
        };
    }
}
