namespace Ops.Linux;

public enum ActState
{
    Running,
    Done,
    Failed,
}

/// <summary>Where an act is, for the person who waits for it. Reported at the start and at the end of each step.</summary>
/// <param name="Number">Number of the protocol step, from 1.</param>
/// <param name="Title">What the step does, in words.</param>
/// <param name="Detail">What it found; text from the host is escaped.</param>
public sealed record ActStep(int Number, string Title, ActState State, string? Detail);

/// <summary>Reports steps; a listener that fails never stops an act half-way.</summary>
/// <param name="after">Steps that were done before by another process: numbers go on from there.</param>
internal sealed class ActProgress(IProgress<ActStep>? listener, int after = 0)
{
    private (int Number, string Title)? _running;

    /// <summary>Number of the step that runs, or ran last; 0 before the first.</summary>
    public int Current { get; private set; }

    public void Begin(int number, string title)
    {
        Done(null);
        number += after;
        (Current, _running) = (number, (number, title));
        Tell(new ActStep(number, title, ActState.Running, null));
    }

    /// <summary>More about the step that runs.</summary>
    public void Note(string detail)
    {
        if (_running is var (number, title))
            Tell(new ActStep(number, title, ActState.Running, detail));
    }

    public void Done(string? detail) => End(ActState.Done, detail);

    public void Failed(string detail) => End(ActState.Failed, detail);

    private void End(ActState state, string? detail)
    {
        if (_running is var (number, title))
        {
            _running = null;
            Tell(new ActStep(number, title, state, detail));
        }
    }

    private void Tell(ActStep step)
    {
        try
        {
            listener?.Report(step);
        }
#pragma warning disable CA1031 // whatever a listener throws, names on disk must not stay exchanged because of it
        catch (Exception)
        {
        }
#pragma warning restore CA1031
    }
}
