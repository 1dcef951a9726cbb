using System.Net;
using System.Net.Sockets;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Ops.Web.Tests;

/// <summary>Someone with a browser that keeps cookies and sends forms, and follows no redirect by itself.</summary>
internal sealed class Visitor : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="from">Address of loopback that the visitor comes from; null for the usual one.</param>
    public Visitor(Uri address, IPAddress? from = null)
    {
        Cookies = new();
        _http = new(new SocketsHttpHandler { CookieContainer = Cookies, AllowAutoRedirect = false, ConnectCallback = from is null ? null : (_, stop) => ConnectAsync(address, from, stop) })
        {
            BaseAddress = address,
        };
    }

    public CookieContainer Cookies { get; }

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> HeadAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        return _http.SendAsync(request);
    }

    public async Task<IHtmlDocument> OpenAsync(string path)
    {
        using var response = await GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    /// <summary>Fills in the form that has these fields and sends it with its hidden ones, as a browser does.</summary>
    public Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields) =>
        SubmitFormAsync(path, $"form:has([name='{fields[0].Name}'])", fields);

    public async Task<HttpResponseMessage> SubmitFormAsync(string path, string selector, params (string Name, string Value)[] fields)
    {
        return await SendAsync(await OpenAsync(path), path, selector, fields);
    }

    /// <summary>The same on a page that is open already, with what it holds.</summary>
    public async Task<HttpResponseMessage> SendAsync(IHtmlDocument page, string path, string selector, params (string Name, string Value)[] fields)
    {
        var form = page.QuerySelector(selector) ?? throw new InvalidOperationException($"{path} has no such form: {page.Body!.TextContent}");
        var values = form.QuerySelectorAll<IHtmlInputElement>("input[type=hidden]").ToDictionary(i => i.Name!, i => i.Value);
        foreach (var (name, value) in fields)
            values[name] = value;
        var action = form.GetAttribute("action");
        using var content = new FormUrlEncodedContent(values);
        return await _http.PostAsync(new Uri(string.IsNullOrEmpty(action) ? path : action, UriKind.Relative), content);
    }

    public Task<HttpResponseMessage> SignInAsync(string name, string password, string path = "/sign-in") =>
        SubmitAsync(path, ("Input.Name", name), ("Input.Password", password));

    public async Task<HttpResponseMessage> PostAsync(string path)
    {
        using var content = new FormUrlEncodedContent([]);
        return await _http.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    public static async Task<IHtmlDocument> ReadAsync(HttpResponseMessage response) =>
        await new HtmlParser().ParseDocumentAsync(await response.Content.ReadAsStringAsync());

    public void Dispose() => _http.Dispose();

    private static async ValueTask<Stream> ConnectAsync(Uri address, IPAddress from, CancellationToken stop)
    {
        var socket = new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, stop);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
