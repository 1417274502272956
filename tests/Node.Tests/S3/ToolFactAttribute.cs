using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Which program a fact runs; where it is not installed the fact is skipped, and says so (eng/s3-clients.sh installs them).</summary>
[XunitTestCaseDiscoverer("Orleans.Cache.Node.Tests.S3.ToolFactDiscoverer", "Orleans.Cache.Node.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute(string program) : FactAttribute
{
    private static readonly ConcurrentDictionary<string, bool> Modules = new();

    /// <summary>Where Debian's packages put it.</summary>
    public string Program { get; } = program;

    /// <summary>A module that the program, a Python, must have.</summary>
    public string? Module { get; init; }

    /// <summary>A device that it needs.</summary>
    public string? Device { get; init; }

    internal static string? WhyMissing(string program, string? module, string? device)
    {
        if (!File.Exists(program))
            return $"{program} is not installed here; run eng/s3-clients.sh.";
        if (device is not null && !File.Exists(device))
            return $"{device} is not there, without which {program} can do nothing; a container needs --device {device}.";
        return module is null || Modules.GetOrAdd(module, name => Imports(program, name)) ? null : $"{program} has no module {module}; run eng/s3-clients.sh.";
    }

    private static bool Imports(string python, string module)
    {
        using var tried = System.Diagnostics.Process.Start(new ProcessStartInfo(python, ["-c", "import " + module]) { RedirectStandardError = true });
        tried?.WaitForExit();
        return tried?.ExitCode == 0;
    }
}

/// <summary>Both may be missing: the program, and the server behind the bucket.</summary>
public sealed class ToolFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        string? missing = ToolFactAttribute.WhyMissing(
            factAttribute.GetNamedArgument<string>(nameof(ToolFactAttribute.Program)),
            factAttribute.GetNamedArgument<string?>(nameof(ToolFactAttribute.Module)),
            factAttribute.GetNamedArgument<string?>(nameof(ToolFactAttribute.Device)));
        return missing is null
            ? new Testing.Servers.ServerTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, null)
            : new SkippedToolTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, missing);
    }
}

/// <summary>A fact that is not run, and why.</summary>
public sealed class SkippedToolTestCase : XunitTestCase
{
    private string _reason = "";

    [System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
    [Obsolete("Called by the test framework when it reads a test case back.")]
    public SkippedToolTestCase()
    {
    }

    public SkippedToolTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method, string reason)
        : base(diagnostics, display, options, method)
    {
        _reason = reason;
        SkipReason = reason;
    }

    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue(nameof(_reason), _reason);
    }

    public override void Deserialize(IXunitSerializationInfo data)
    {
        base.Deserialize(data);
        _reason = data.GetValue<string>(nameof(_reason));
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) => _reason;
}
