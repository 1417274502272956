using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Gateway.S3.Xml;

namespace Orleans.Cache.Gateway.S3.Errors;

/// <summary>Writes an error as the whole answer.</summary>
internal static class ErrorAnswer
{
    private const int RetrySeconds = 1;

    /// <summary>
    /// A client that expects 100-continue and gets a final answer instead must not go on with the connection: botocore would take the status of this answer
    /// for that of the next one.
    /// </summary>
    public static void CloseUnlessContinued(HttpContext context)
    {
        if (context.Request.Headers.Expect.Count > 0)
            context.Response.Headers.Connection = "close";
    }

    public static Task WriteAsync(HttpContext context, S3Error error, string resource, string requestId)
    {
        HttpResponse response = context.Response;
        response.StatusCode = error.Status;
        if (error.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetrySeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers[S3Headers.RequestId] = requestId;
        CloseUnlessContinued(context);
        // To HEAD and 304 there is no body; the code of a HEAD's error stands in its status alone.
        if (HttpMethods.IsHead(context.Request.Method) || error.Status == StatusCodes.Status304NotModified)
            return Task.CompletedTask;
        return XmlAnswer.WriteAsync(context, "Error", plain: true, xml =>
        {
            xml.Text("Code", error.Code);
            xml.Text("Message", error.Message);
            foreach ((string name, string value) in error.Details)
                xml.Text(name, value);
            xml.Text("Resource", resource);
            xml.Text("RequestId", requestId);
            xml.Text("HostId", requestId);
        });
    }
}
