using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Every field of a request is treated: one that is added to the message and forgotten here fails these tests.</summary>
public sealed class RequestFormTests
{
    private static readonly ExecuteRequest Good = new(
        Guid.NewGuid(), "kill", "lock:1", "/mail/alice", "L21haWwvYWxpY2U=", "sha256:1", "olga", ["anna"], "it hangs", Guid.NewGuid(), new ProcessRef(4711, 1, Guid.NewGuid()),
        new string('a', 64), "nobody else is here", 7);

    // Asked again under the same id, these may differ: a console that lost track wants to learn what became of it. An undo's path is the journal's.
    private static readonly string[] MayDiffer =
        [nameof(ExecuteRequest.OperationId), nameof(ExecuteRequest.Fingerprint), nameof(ExecuteRequest.ConsoleHead), nameof(ExecuteRequest.Path), nameof(ExecuteRequest.PathBytes)];

    private static IEnumerable<System.Reflection.PropertyInfo> Fields => typeof(ExecuteRequest).GetProperties().Where(p => p.CanWrite);

    public static TheoryData<string> Deciding => [.. Fields.Select(p => p.Name).Except(MayDiffer)];

    public static TheoryData<string> Texts => [.. Fields.Where(p => p.PropertyType == typeof(string) || p.PropertyType == typeof(IReadOnlyList<string>)).Select(p => p.Name)];

    [Fact]
    public void The_request_of_these_tests_is_well_formed() => Assert.Null(RequestForm.Problem(Good));

    [Theory, MemberData(nameof(Deciding))]
    public void A_request_that_differs_in_one_field_is_another_one(string field) => Assert.False(RequestForm.IsSame(Good, With(field, Other(field))));

    [Theory, MemberData(nameof(Texts))]
    public void A_text_that_is_too_long_is_refused_and_cut_before_it_is_written_down(string field)
    {
        var text = new string('x', 20_000);
        var huge = With(field, field == nameof(ExecuteRequest.Approvers) ? new List<string> { text } : text);
        Assert.NotNull(RequestForm.Problem(huge));
        Assert.True(Lengths(RequestForm.Clean(huge)).Max() < text.Length);
    }

    private static IEnumerable<int> Lengths(ExecuteRequest request) =>
        Fields.Where(p => p.PropertyType == typeof(string)).Select(p => ((string?)p.GetValue(request))?.Length ?? 0).Concat(request.Approvers.Select(a => a.Length));

    private static object Other(string field) => typeof(ExecuteRequest).GetProperty(field)!.GetValue(Good) switch
    {
        string text => text + "x",
        Guid => Guid.NewGuid(),
        int number => number + 1,
        ProcessRef process => process with { Pid = process.Pid + 1 },
        IReadOnlyList<string> list => new List<string>([.. list, "bert"]),
        var value => throw new InvalidOperationException($"Say what another value of {field} is ({value})."),
    };

    private static ExecuteRequest With(string field, object value)
    {
        var copy = Good with { };
        typeof(ExecuteRequest).GetProperty(field)!.SetValue(copy, value);
        return copy;
    }
}
