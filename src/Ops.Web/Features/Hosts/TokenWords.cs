using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Features.Hosts;

/// <summary>What has become of a token, in words.</summary>
internal static class TokenWords
{
    public static string State(AgentToken token, DateTimeOffset now) => token switch
    {
        { RevokedAt: { } at } => $"revoked {at.ForPeople()}",
        { JoinedAt: null, ExpiresAt: { } end } when now >= end => "not used in time",
        { JoinedAt: null, ExpiresAt: { } end } => $"waiting for its host until {end.ForPeople()}",
        { JoinedAt: not null, CertificateEndsAt: { } end } when now >= end => $"certificate ended {end.ForPeople()}: revoke it, and let the host join again",
        { RotationAskedAt: { } asked } => $"new key asked for {asked.ForPeople()}",
        { JoinedAt: not null, CertificateEndsAt: { } end } => $"joined; certificate until {end.ForPeople()}",
        { HostId: null } => "waiting for its host",
        _ => "in use (token sent at each connection)",
    };
}
