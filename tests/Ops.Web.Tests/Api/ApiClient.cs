using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ops.Web.Features.Api;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Api;

/// <summary>A client of the API by its committed document: it asks only what the document has, and every answer must be as the document says.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(Uri address, string? token)
    {
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
    }

    public static string DocumentFile([CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), "../../../docs/openapi.json");

    public static JsonNode Document { get; } = JsonNode.Parse(File.ReadAllText(DocumentFile()))!;

    public Task<Listing<HostItem>> HostsAsync() => GetAsync<Listing<HostItem>>("/hosts");

    public Task<Listing<FindingItem>> FindingsAsync(string? host = null, string? kind = null, string? verdict = null, string? text = null, string? cursor = null, int? limit = null) =>
        GetAsync<Listing<FindingItem>>("/findings", ("host", host), ("kind", kind), ("verdict", verdict), ("text", text), ("cursor", cursor), ("limit", limit?.ToString(CultureInfo.InvariantCulture)));

    public Task<FindingAnswer> FindingAsync(string host, string key) => GetAsync<FindingAnswer>("/finding", ("host", host), ("key", key));

    public Task<Listing<MailboxItem>> MailboxesAsync(string? host = null, string? state = null) => GetAsync<Listing<MailboxItem>>("/mailboxes", ("host", host), ("state", state));

    public Task<WhyDocument> WhyAsync(string text) => GetAsync<WhyDocument>("/why", ("q", text));

    public Task<Listing<IncidentItem>> IncidentsAsync(string? cursor = null, int? limit = null) => GetAsync<Listing<IncidentItem>>("/incidents", ("cursor", cursor), ("limit", limit?.ToString(CultureInfo.InvariantCulture)));

    public Task<IncidentFile> IncidentAsync(Guid id) => GetAsync<IncidentFile>("/incidents/{id}", ("{id}", id.ToString()));

    public Task<Listing<EpisodeItem>> EpisodesAsync(string? host = null, DateTimeOffset? since = null, string? cursor = null, int? limit = null) =>
        GetAsync<Listing<EpisodeItem>>("/episodes", ("host", host), ("since", since?.ToString("O", CultureInfo.InvariantCulture)), ("cursor", cursor), ("limit", limit?.ToString(CultureInfo.InvariantCulture)));

    public Task<Listing<AuditRecord>> AuditAsync(string? text = null, string? cursor = null, int? limit = null) =>
        GetAsync<Listing<AuditRecord>>("/audit", ("text", text), ("cursor", cursor), ("limit", limit?.ToString(CultureInfo.InvariantCulture)));

    public Task<Listing<QuarantineItem>> QuarantineAsync(string host) => GetAsync<Listing<QuarantineItem>>("/quarantine", ("host", host));

    public Task<ActAnswer> PreviewActAsync(ActQuestion question) => PostAsync<ActAnswer>("/acts/preview", JsonOf(question));

    public Task<OperationItem> StartActAsync(ActOrder order) => PostAsync<OperationItem>("/acts", JsonOf(order));

    public async Task<HttpStatusCode> TryStartActAsync(ActOrder order)
    {
        using var answer = await PostAsync("/acts", JsonOf(order));
        return answer.StatusCode;
    }

    public Task<OperationItem> OperationAsync(Guid id) => GetAsync<OperationItem>("/operations/{id}", ("{id}", id.ToString()));

    public static string JsonOf<T>(T body) => JsonSerializer.Serialize(body, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!);

    public Task<HttpResponseMessage> PostAsync(string path, string body) =>
        _http.PostAsync("/api/v1" + path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

    public Task<HttpResponseMessage> SendAsync(string path, HttpMethod? method = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return _http.SendAsync(request);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The sentence of an answer that is a problem of this status.</summary>
    public static async Task<string> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{answer.RequestMessage!.RequestUri}: {answer.StatusCode} {body}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(body)!;
        Assert.Equal((int)status, problem["status"]!.GetValue<int>());
        return problem["detail"]!.GetValue<string>();
    }

    private async Task<T> GetAsync<T>(string path, params (string Name, string? Value)[] parameters)
    {
        var operation = Document["paths"]!["/api/v1" + path]!["get"]!;
        var known = operation["parameters"]?.AsArray().Select(p => p!["name"]!.GetValue<string>()).ToHashSet() ?? [];
        Assert.All(parameters, p => Assert.Contains(p.Name.Trim('{', '}'), known));
        var address = parameters.Where(p => p.Name[0] == '{').Aggregate("/api/v1" + path, (a, p) => a.Replace(p.Name, Uri.EscapeDataString(p.Value!), StringComparison.Ordinal));
        using var answer = await SendAsync(Addresses.WithQuery(address, parameters.Where(p => p.Name[0] != '{')));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode} {body}");
        Check(operation["responses"]!["200"]!["content"]!["application/json"]!["schema"]!, JsonNode.Parse(body), address);
        return JsonSerializer.Deserialize(body, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!)!;
    }

    // The request must be as the document says, and so must the answer.
    private async Task<T> PostAsync<T>(string path, string body)
    {
        var operation = Document["paths"]!["/api/v1" + path]!["post"]!;
        Check(operation["requestBody"]!["content"]!["application/json"]!["schema"]!, JsonNode.Parse(body), path);
        using var answer = await PostAsync(path, body);
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {said}");
        Check(operation["responses"]![((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture)]!["content"]!["application/json"]!["schema"]!, JsonNode.Parse(said), path);
        return JsonSerializer.Deserialize(said, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!)!;
    }

    // Every field of the answer is in the document, and every field that the document promises is in the answer.
    private static void Check(JsonNode schema, JsonNode? node, string at)
    {
        while (schema["$ref"] is { } reference)
            schema = Document["components"]!["schemas"]![reference.GetValue<string>().Split('/')[^1]]!;
        if (node is not null && schema["oneOf"] is JsonArray choices)
        {
            schema = choices.Single(c => c!["type"]?.ToString() != "null")!;
            Check(schema, node, at);
            return;
        }
        switch (node)
        {
            case JsonArray items:
                Assert.True(schema["items"] is not null, at);
                foreach (var item in items)
                    Check(schema["items"]!, item, at + "[]");
                break;
            case JsonObject fields when schema["properties"] is JsonObject properties:
                Assert.Equal(properties.Select(p => p.Key).Order(), fields.Select(f => f.Key).Order());
                foreach (var (name, value) in fields)
                    Check(properties[name]!, value, $"{at}.{name}");
                break;
            case JsonObject:
                Assert.True(schema["additionalProperties"] is not null, at);
                break;
        }
    }
}
