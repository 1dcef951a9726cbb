using Microsoft.Extensions.DependencyInjection;
using Ops.Data;

namespace Ops.Web.Tests.Pages;

/// <summary>A page over a command and the database of a real console, signed in as the administrator anna.</summary>
/// <typeparam name="TCommand">What the page asks.</typeparam>
public abstract class ConsolePageTest<TCommand> : PageTest, IAsyncLifetime
    where TCommand : class
{
    private protected ConsoleFactory Console { get; } = new();

    private protected TCommand Command => Console.Services.GetRequiredService<TCommand>();

    private protected override void AddTo(IServiceCollection services) => services.AddSingleton(_ => Command);

    async Task IAsyncLifetime.InitializeAsync()
    {
        await Console.InitializeAsync();
        Who.User = await Console.UserAsync("anna", OpsRoles.Admin);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await base.DisposeAsync();
        await ((IAsyncLifetime)Console).DisposeAsync();
    }
}
