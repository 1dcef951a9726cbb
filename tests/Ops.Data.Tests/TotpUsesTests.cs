using Microsoft.Extensions.DependencyInjection;

namespace Ops.Data.Tests;

public sealed class TotpUsesTests : IAsyncLifetime
{
    private TestData _data = null!;
    private string _user = "";

    public async Task InitializeAsync()
    {
        _data = await TestData.CreateAsync();
        _user = await _data.UserAsync("anna");
    }

    public async Task DisposeAsync() => await _data.DisposeAsync();

    [Fact]
    public async Task A_code_is_taken_once_and_none_before_it()
    {
        var uses = _data.Get<TotpUses>();
        Assert.True(await uses.TryTakeAsync(_user, 100));
        Assert.False(await uses.TryTakeAsync(_user, 100));
        Assert.False(await uses.TryTakeAsync(_user, 99));
        Assert.True(await uses.TryTakeAsync(_user, 101));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_many_who_give_one_code_at_once_on_two_consoles_one_is_let_in(bool isFirstCode)
    {
        var uses = new[] { _data.Get<TotpUses>(), _data.StartProgram().GetRequiredService<TotpUses>() };
        if (!isFirstCode)
            Assert.True(await uses[0].TryTakeAsync(_user, 1));
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => uses[i % 2].TryTakeAsync(_user, 7))));
        Assert.Single(taken, t => t);
    }
}
