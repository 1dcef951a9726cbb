using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Ops.Cluster.Silos;

/// <summary>The receiving side of a console.</summary>
[Reentrant]
internal sealed class ConsoleService(GrainId id, Silo silo, ILoggerFactory loggers, IServiceProvider services) : GrainService(id, silo, loggers), IConsoleService
{
    private readonly ILogger _log = loggers.CreateLogger<ConsoleService>();

    // Asked for late: the handlers need the consoles, which need this service.
    private Dictionary<string, IConsoleHandler>? _handlers;

    public async Task<ConsoleAnswer> Handle(ConsoleMessage message)
    {
        _handlers ??= services.GetServices<IConsoleHandler>().SelectMany(h => h.Kinds.Select(kind => (kind, h))).ToDictionary(h => h.kind, h => h.h, StringComparer.Ordinal);
        var (seal, me) = (services.GetRequiredService<MessageSeal>(), services.GetRequiredService<ConsoleId>());
        try
        {
            var body = seal.Open(message.From, me.Address, message.Kind, message.Body);
            if (!_handlers.TryGetValue(message.Kind, out var handler))
                return new();
            // Off the scheduler of the service: one handler that computes must not hold up the messages of the others.
            var answer = await Task.Run(() => handler.HandleAsync(new(message.From), message.Kind, body));
            return new() { Body = seal.Seal(me.Address, message.From, message.Kind, answer) };
        }
        catch (CryptographicException)
        {
            _log.MessageNotAuthentic(message.Kind, message.From);
            return new() { Failure = "The message does not come from a console of this fleet." };
        }
        catch (Exception e) // whatever it was, the other console gets a sentence and this one goes on
        {
            _log.MessageFailed(message.Kind, message.From, e);
            return new() { Failure = e.Message };
        }
    }
}
