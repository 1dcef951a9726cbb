using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Saves what a process wrote to a file that no longer has its name. Reads only: mailbox, process and file stay as they are.</summary>
internal sealed class RescueAct(ActContext context) : IAct
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public PreviewAnswer Preview(PreviewRequest request, FilePath path)
    {
        if (context.Permit.At(OperatorAction.Rescue, path) is { } forbidden)
            return forbidden.AsPreview();
        if (request.Process is not { } asked)
            return NoProcess.AsPreview();
        var look = context.Survey.LookAtLiving(request.FindingKey, path, asked.Pid);
        if ((request.Descriptor ?? look?.Finding.Lock?.Descriptor) is not { } descriptor)
            return NoDescriptor(asked.Pid).AsPreview();
        if (!context.Survey.Processes.ReadDescriptor(asked.Pid, descriptor).TryGet(out var seen, out var error))
            return new BreakDecision.Refused(Refusal.NotThere, $"Descriptor {descriptor} of pid {asked.Pid} cannot be examined ({error}).").AsPreview();
        var refused = seen.Process == asked.Identity()
            ? Judge(seen, path)
            : new(Refusal.ProcessChanged, $"Pid {asked.Pid} is another process now.");
        return refused is not null
            ? refused.AsPreview(look?.Finding)
            : new PreviewAnswer(look?.Finding, Fingerprint.OfGhost(seen.Process, descriptor, seen.File),
            [
                $"Open descriptor {descriptor} of pid {asked.Pid} for reading; the process is not touched",
                $"Make a file in {FilePath.Escape(RescuedFiles.FolderOf(context.Settings))} that only this agent's user can read",
                "Copy the bytes, leaving gaps as gaps; copy again if the process wrote in that time",
                "Hash the copy and count its messages",
                "List the messages that the mailbox does not have now. Nothing is delivered",
            ], [], null);
    }

    public OperationResult Run(OperationRun run)
    {
        var (request, path) = (run.Request, run.Path);
        if (context.Permit.At(OperatorAction.Rescue, path) is { } forbidden)
            return run.Refuse(forbidden);
        if (request.Process is not { } asked)
            return run.Refuse(NoProcess);
        if ((request.Descriptor ?? context.Survey.LookAtLiving(request.FindingKey, path, asked.Pid)?.Finding.Lock?.Descriptor) is not { } descriptor)
            return run.Refuse(NoDescriptor(asked.Pid));
        if (run.RescueTo is null)
        {
            Directory.CreateDirectory(context.Settings.StateDirectory, OwnerOnly);
            Directory.CreateDirectory(RescuedFiles.FolderOf(context.Settings), OwnerOnly);
        }
        var target = run.RescueTo ?? FilePath.FromText(RescuedFiles.PathOf(context.Settings, request.OperationId));
        var outcome = new Rescue(context.Survey.Processes).Run(new RescuePlan(asked.Identity(), descriptor, target), seen =>
            Judge(seen, path)
            ?? (request.Fingerprint is { } promised && promised != Fingerprint.OfGhost(seen.Process, seen.Descriptor, seen.File)
                ? new(Refusal.Changed, "Another file is behind that descriptor than the preview showed. Refresh and decide again.")
                : null), run);
        return outcome switch
        {
            ActOutcome.Saved saved => Saved(run, saved, target),
            ActOutcome.AlreadyGone => run.Gone($"Pid {asked.Pid}, or its descriptor {descriptor}, no longer exists."),
            _ => run.Unsuccessful(outcome),
        };
    }

    private static BreakDecision.Refused NoProcess => new(Refusal.Malformed, "The request names no process.");

    private static BreakDecision.Refused NoDescriptor(int pid) =>
        new(Refusal.NotThere, $"Pid {pid} has no lock there that would name a descriptor: say which one is meant.");

    // Only a file that was opened under the path that was named, and only below the roots: this is no way to read other files.
    private BreakDecision.Refused? Judge(OpenDescriptor seen, FilePath path)
    {
        if (seen.Path != path)
            return new(Refusal.Changed, $"Behind that descriptor is {seen.Path?.Display ?? "a file without a known path"}, not {path.Display}.");
        if (!context.Permit.RootTakes(path, ArtefactKind.Mailbox))
            return context.Permit.OutsideRoots(path);
        if (context.Permit.Kind(OperatorAction.Rescue, ArtefactKind.Mailbox) is { } kind)
            return kind;
        return seen.State == PathState.Current ? new(Refusal.NotOffered, $"{path.Display} still names this file: nothing is being lost.") : null;
    }

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

/// <summary>The files that earlier rescues saved in this agent's own directory.</summary>
internal sealed class RescuedFiles(AgentSettings settings, Journal journal)
{
    /// <summary>Most bytes that one <see cref="Fetch"/> gives: a message to a console must not be larger.</summary>
    public const int FetchLimit = 256 * 1024;

    public static string FolderOf(AgentSettings settings) => Path.Join(settings.StateDirectory, "rescued");

    public static string PathOf(AgentSettings settings, Guid operation) => Path.Join(FolderOf(settings), operation.ToString("N"));

    /// <summary>A part of what a rescue saved; empty, with a total of 0, for any other operation.</summary>
    public RescueChunk Fetch(RescueFetch request)
    {
        var path = PathOf(settings, request.OperationId);
        // The journal says what may be handed out; a file that is there for another reason may not.
        if (request.Offset < 0 || request.Count < 0 || journal.FindResult(request.OperationId) is not { Rescued: { } rescued } || rescued.Path != path)
            return new RescueChunk([], 0, Last: true);
        var read = RescuedBytes.Read(FilePath.FromText(path), request.Offset, Math.Min(request.Count, FetchLimit));
        return read.TryGet(out var part) ? new RescueChunk(part.Bytes, part.Total, request.Offset + part.Bytes.Length >= part.Total) : new RescueChunk([], 0, Last: true);
    }
}
