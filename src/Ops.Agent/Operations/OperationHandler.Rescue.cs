using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Saving what a process wrote to a file whose path names it no more. Reads only: mailbox, process and file stay as they are.</summary>
public sealed partial class OperationHandler
{
    /// <summary>Most bytes that one <see cref="FetchRescued"/> gives: a message to a console must not be larger.</summary>
    public const int FetchLimit = 256 * 1024;

    private const string RescuedFolder = "rescued";

    /// <summary>A part of what an earlier rescue saved in this agent's own directory; empty, with a total of 0, for any other operation.</summary>
    public RescueChunk FetchRescued(RescueFetch request)
    {
        var path = Path.Join(settings.StateDirectory, RescuedFolder, request.OperationId.ToString("N"));
        // The journal says what may be handed out; a file that lies there for another reason does not.
        if (request.Offset < 0 || request.Count < 0 || _journal.FindResult(request.OperationId) is not { Rescued: { } rescued } || rescued.Path != path)
            return new RescueChunk([], 0, Last: true);
        var read = RescuedBytes.Read(FilePath.FromText(path), request.Offset, Math.Min(request.Count, FetchLimit));
        return read.TryGet(out var part) ? new RescueChunk(part.Bytes, part.Total, request.Offset + part.Bytes.Length >= part.Total) : new RescueChunk([], 0, Last: true);
    }

    private PreviewAnswer PreviewRescue(PreviewRequest request, FilePath path)
    {
        if (request.Process is not { } asked)
            return No(Refusal.Malformed, "Which process is meant was not said.");
        var look = survey.LookAtLiving(request.FindingKey, path, asked.Pid);
        if ((request.Descriptor ?? look?.Finding.Lock?.Descriptor) is not { } descriptor)
            return No(Refusal.NotThere, $"Pid {asked.Pid} has no lock there that would name a descriptor: say which one is meant.");
        if (!survey.Processes.ReadDescriptor(asked.Pid, descriptor).TryGet(out var seen, out var error))
            return No(Refusal.NotThere, $"Descriptor {descriptor} of pid {asked.Pid} cannot be looked at ({error}).");
        if ((seen.Process == IdentityOf(asked) ? JudgeGhost(seen, path) : new(Refusal.ProcessChanged, $"Pid {asked.Pid} is another process by now.")) is { } refused)
            return new PreviewAnswer(look?.Finding, null, [], [], Refuse(refused));
        return new PreviewAnswer(look?.Finding, Fingerprint.OfGhost(seen.Process, descriptor, seen.File),
        [
            $"Open descriptor {descriptor} of pid {asked.Pid} for reading; the process is not touched",
            $"Make a file in {FilePath.Escape(Path.Join(settings.StateDirectory, RescuedFolder))} that nobody else can read",
            "Copy the bytes, holes as holes; once more if the process wrote meanwhile",
            "Hash the copy and count its messages",
            "List the messages that the mailbox does not have now. Nothing is delivered",
        ], [], null);
    }

    /// <param name="to">Where a person on this host wants the bytes; null for the agent's own directory. A console cannot say.</param>
    private OperationResult Save(OperationRun run, FilePath? to)
    {
        var request = run.Request;
        var path = PathOf(request.Path, request.PathBytes);
        if (Forbidden(OperatorAction.Rescue, path) is { } forbidden)
            return run.Refuse(forbidden);
        if (request.Process is not { } asked)
            return run.Refuse(new(Refusal.Malformed, "Which process is meant was not said."));
        if ((request.Descriptor ?? survey.LookAtLiving(request.FindingKey, path, asked.Pid)?.Finding.Lock?.Descriptor) is not { } descriptor)
            return run.Refuse(new(Refusal.NotThere, $"Pid {asked.Pid} has no lock there that would name a descriptor: say which one is meant."));
        if (to is null)
        {
            Directory.CreateDirectory(settings.StateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Directory.CreateDirectory(Path.Join(settings.StateDirectory, RescuedFolder), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        var target = to ?? FilePath.FromText(Path.Join(settings.StateDirectory, RescuedFolder, request.OperationId.ToString("N")));
        var outcome = new Rescue(survey.Processes).Run(new RescuePlan(IdentityOf(asked), descriptor, target), seen =>
            JudgeGhost(seen, path)
            ?? (request.Fingerprint is { } promised && promised != Fingerprint.OfGhost(seen.Process, seen.Descriptor, seen.File)
                ? new(Refusal.Changed, "Another file is behind that descriptor than the preview showed: look again.")
                : null), run);
        return outcome switch
        {
            ActOutcome.Saved saved => Saved(run, saved, target),
            ActOutcome.Refused refused => run.Refuse(new(refused.Reason, refused.Sentence)),
            ActOutcome.AlreadyGone => run.End("gone", Refusals.Word(Refusal.NotThere), $"Pid {asked.Pid}, or its descriptor {descriptor}, is gone."),
            ActOutcome.Failed failed => run.End("failed", Refusals.Word(Refusal.System), failed.Sentence),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // Only a file that was opened under the path that was named, and only below the roots: this is no way to read other files.
    private BreakDecision.Refused? JudgeGhost(OpenDescriptor seen, FilePath path) =>
        seen.Path != path ? new(Refusal.Changed, $"Behind that descriptor is {seen.Path?.Display ?? "a file without a known path"}, not {path.Display}.")
        : !RootOfKind(path, ArtefactKind.Mailbox) ? OutsideRoots(path)
        : KindForbids(OperatorAction.Rescue, ArtefactKind.Mailbox) is { } kind ? kind
        : seen.State == PathState.Current ? new(Refusal.NotOffered, $"{path.Display} still names this file: nothing is being lost.")
        : null;

    private static OperationResult Saved(OperationRun run, ActOutcome.Saved saved, FilePath target)
    {
        var messages = saved.Messages == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {saved.Messages} messages, of which the mailbox does not have {saved.MissingCount}.");
        return run.End("done", null, string.Create(CultureInfo.InvariantCulture, $"{saved.Bytes} bytes were saved to {target.Display}.{messages}{string.Concat(saved.Notes.Select(n => " " + n))}")) with
        {
            Rescued = new RescuedFile(target.Text, saved.Bytes, saved.Sha256, saved.Messages,
                [.. saved.Missing.Select(m => new RescuedMessage(m.From, m.MessageId, m.Subject, m.Date, m.Bytes))]),
        };
    }
}
