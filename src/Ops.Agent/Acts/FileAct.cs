using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>An act on a file without a living owner: looks at it, decides, and looks once more with the directory's mutex held.</summary>
internal abstract class FileAct(ActContext context, OperatorAction action) : IAct
{
    protected ActContext Context => context;

    public PreviewAnswer Preview(PreviewRequest request, FilePath path)
    {
        if (context.Permit.At(action, path) is { } forbidden)
            return forbidden.AsPreview();
        if (context.Survey.LookAt(path) is not { } look)
            return NothingAt(path).AsPreview();
        var refused = context.Permit.Kind(action, look.Verdict.Kind) ?? Decide(look, null) as BreakDecision.Refused;
        return new PreviewAnswer(look.Finding, look.Finding.Fingerprint, refused is null ? Steps(look) : [], Affected.By(look, context.Survey), refused?.OnTheWire());
    }

    public OperationResult Run(OperationRun run)
    {
        if (context.Permit.At(action, run.Path) is { } forbidden)
            return run.Refuse(forbidden);
        if (context.Survey.LookAt(run.Path) is not { } look)
            return run.Refuse(NothingAt(run.Path));
        if (context.Permit.Kind(action, look.Verdict.Kind) is { } kind)
            return run.Refuse(kind);
        // What the operator saw, or else what this first look sees, is what every later look must find again.
        var promised = run.Request.Fingerprint ?? look.Finding.Fingerprint!;
        return Decide(look, promised) is var decision && decision is BreakDecision.Refused refused
            ? run.Refuse(refused)
            : Run(run, look, decision, promised);
    }

    /// <summary>Acts on what the first look found and the rules allowed.</summary>
    protected abstract OperationResult Run(OperationRun run, CloseLook look, BreakDecision decision, string promised);

    /// <summary>The steps as a person reads them before agreeing.</summary>
    protected abstract IReadOnlyList<string> Steps(CloseLook look);

    /// <summary>The second look, with the directory's mutex held: it must find what the first one promised.</summary>
    protected BreakDecision LookAgain(FilePath path, string promised) =>
        context.Survey.LookAt(path) is { } look ? Decide(look, promised) : NothingAt(path);

    private BreakDecision Decide(CloseLook look, string? promised) => BreakRules.Decide(action, look.Artefact, look.Verdict, promised);

    private static BreakDecision.Refused NothingAt(FilePath path) => new(Refusal.NotThere, $"Nothing is at {path.Display}, or it is nothing that a mail system leaves.");
}

/// <summary>Whom an act on a file would affect.</summary>
internal static class Affected
{
    /// <summary>Who waits for the file or would notice: programs that poll for it or have staging files for it, and every process on the mailbox.</summary>
    public static IReadOnlyList<string> By(CloseLook look, HostSurvey survey)
    {
        var mailbox = look.Artefact.Subject?.Identity;
        return
        [
            .. survey.PollersFor(look),
            .. look.Artefact.Siblings.Select(s => $"{s.Path.Display}: another program made this to take the lock"),
            .. look.Host.Locks.Entries.Where(e => mailbox is not null && e.File == mailbox).SelectMany(e => e.Parties, (e, p) =>
                $"pid {p.Process.Pid} ({FilePath.Escape(p.Process.Command)}) {(e.Lock.IsWaiter ? "waits for" : "holds")} a kernel lock on the mailbox"),
            .. mailbox is null ? [] : look.Host.OpenFiles.Of(mailbox.Value).DistinctBy(o => o.Process.Pid).Select(o =>
                $"pid {o.Process.Pid} ({FilePath.Escape(o.Process.Command)}) has the mailbox open"),
        ];
    }
}
