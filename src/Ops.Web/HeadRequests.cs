namespace Ops.Web;

/// <summary>Lets pages answer HEAD as they answer GET, without the body, which the server leaves out. Load balancers and link checkers ask like that.</summary>
internal static class HeadRequests
{
    public static RazorComponentsEndpointConventionBuilder AnswerHead(this RazorComponentsEndpointConventionBuilder pages)
    {
        pages.Add(static endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { } methods && methods.HttpMethods.Contains(HttpMethods.Get))
                endpoint.Metadata.Add(new HttpMethodMetadata([.. methods.HttpMethods, HttpMethods.Head]));
        });
        return pages;
    }
}
