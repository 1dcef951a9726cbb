using Orleans.Services;

namespace Ops.Cluster.Silos;

/// <summary>What one console can send to another. Orleans finds methods by their signature: add methods, never change one.</summary>
[Alias("Ops.Cluster.IConsoleService")]
internal interface IConsoleService : IGrainService
{
    [Alias("Handle")]
    Task<ConsoleAnswer> Handle(ConsoleMessage message);
}

/// <summary>Bytes and what they are: the consoles of two releases understand each other by the rules of JSON, not by those of a serialiser.</summary>
[GenerateSerializer, Immutable, Alias("Ops.Cluster.ConsoleMessage")]
internal sealed class ConsoleMessage
{
    /// <summary>The console that sent it; its answers go there.</summary>
    [Id(0)]
    public required string From { get; init; }

    [Id(1)]
    public required string Kind { get; init; }

    [Id(2)]
    public required byte[] Body { get; init; }
}

[GenerateSerializer, Immutable, Alias("Ops.Cluster.ConsoleAnswer")]
internal sealed class ConsoleAnswer
{
    /// <summary>Null: the kind is not known.</summary>
    [Id(0)]
    public byte[]? Body { get; init; }

    /// <summary>Why there is no answer, when the handler failed.</summary>
    [Id(1)]
    public string? Failure { get; init; }
}
