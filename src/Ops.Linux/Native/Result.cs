using System.Diagnostics.CodeAnalysis;

namespace Ops.Linux;

/// <summary>What a system call gave: a value, or the reason why there is none. Refusals of the kernel are expected
/// answers here, not exceptions.</summary>
public readonly struct Result<T>
{
    private readonly T? _value;

    private Result(T? value, Errno error)
    {
        _value = value;
        Error = error;
    }

    /// <summary><see cref="Errno.None"/> when there is a value.</summary>
    public Errno Error { get; }

    public bool Succeeded => Error == Errno.None;

    /// <summary>The value. Asking for it after a failure is a bug of the caller and throws.</summary>
    public T Value => Succeeded ? _value! : throw new InvalidOperationException($"no value: the call failed with {Error}");

    /// <summary>The value, or the reason in <paramref name="error"/>.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, out Errno error)
    {
        (value, error) = (_value, Error);
        return Succeeded;
    }

    /// <summary>The value, when there is one and the reason does not matter.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value) => TryGet(out value, out _);

    public override string ToString() => Succeeded ? $"{_value}" : Error.ToString();

    public static implicit operator Result<T>(T value) => new(value, Errno.None);

    public static implicit operator Result<T>(Errno error) => error == Errno.None
        ? throw new InvalidOperationException("a failed call without an error number")
        : new(default, error);
}
