namespace Orleans.Cache.Bench.Servers;

internal static class Ready
{
    /// <summary>Asks until the server answers a success; ten seconds at most.</summary>
    public static async Task WaitAsync(string url)
    {
        using var http = new HttpClient();
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"{url} did not become ready.");
    }
}
