namespace Ops.Web.Live;

/// <summary>"State now, then changes": a page renders <paramref name="Initial"/> at once and again for every state that follows.</summary>
/// <param name="Changes">
/// Each element is a whole newer state, never a difference: a slow reader skips states in between and costs the server nothing. At most ten a second.
/// Ends when its cancellation token is cancelled (by an <see cref="OperationCanceledException"/>).
/// </param>
public sealed record StateSubscription<T>(T Initial, IAsyncEnumerable<T> Changes);
