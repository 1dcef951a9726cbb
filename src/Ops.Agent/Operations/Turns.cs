namespace Ops.Agent;

/// <summary>One act at a time: the one that has the turn may change things on this host. An act leaves its turn early when it only watches from then on, and counts as
/// running until its outcome is recorded, so that a second request for the same operation waits for that.</summary>
internal sealed class Turns
{
    private readonly HashSet<Guid> _running = [];
    private bool _isTaken;

    /// <summary>Waits for the turn, and for the end of an earlier run of this operation.</summary>
    /// <param name="operation">Empty for work that is no operation.</param>
    public Turn Take(Guid operation = default)
    {
        lock (_running)
        {
            while (_isTaken || _running.Contains(operation))
                Monitor.Wait(_running);
            _isTaken = true;
            _running.Add(operation);
        }
        return new Turn(this, operation);
    }

    /// <summary>Whether an operation runs now, in its turn or after it.</summary>
    public bool IsRunning(Guid operation)
    {
        lock (_running)
            return _running.Contains(operation);
    }

    private void Leave(Guid? finished)
    {
        lock (_running)
        {
            if (finished is { } operation)
                _running.Remove(operation);
            else
                _isTaken = false;
            Monitor.PulseAll(_running);
        }
    }

    /// <summary>Dispose it when the outcome is recorded.</summary>
    public sealed class Turn(Turns turns, Guid operation) : IDisposable
    {
        private bool _isLeft;

        /// <summary>Lets the next act begin. The second call does nothing.</summary>
        public void Leave()
        {
            if (!_isLeft)
                turns.Leave(null);
            _isLeft = true;
        }

        public void Dispose()
        {
            Leave();
            turns.Leave(operation);
        }
    }
}
