using System.ComponentModel;
using Orleans.Cache.Testing.Processes;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Orleans.Cache.Testing.Servers;

/// <summary>A fact that may stand in a base class: whether it is skipped is the derived class's <see cref="NeedsServerAttribute"/>'s to say.</summary>
[XunitTestCaseDiscoverer("Orleans.Cache.Testing.Servers.ServerFactDiscoverer", "Orleans.Cache.Testing")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute;

/// <summary>The same for theories.</summary>
[XunitTestCaseDiscoverer("Orleans.Cache.Testing.Servers.ServerTheoryDiscoverer", "Orleans.Cache.Testing")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerTheoryAttribute : TheoryAttribute;

public sealed class ServerFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new ServerTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, null);
}

public sealed class ServerTheoryDiscoverer(IMessageSink diagnostics) : TheoryDiscoverer(diagnostics)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, object[] dataRow) =>
        [new ServerTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, dataRow)];
}

public sealed class ServerTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by the test framework when it reads a test case back.")]
    public ServerTestCase()
    {
    }

    public ServerTestCase(
        IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method, object[]? arguments)
        : base(diagnostics, display, options, method, arguments)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute)
    {
        ITypeInfo type = TestMethod.TestClass.Class;
        string? kind = type.GetCustomAttributes(typeof(NeedsServerAttribute)).FirstOrDefault()?.GetNamedArgument<string>(nameof(NeedsServerAttribute.Kind));
        return (kind is null ? null : kind == PostgresServer.Kind ? PostgresServer.WhyMissing : StorageServer.WhyMissing(kind))
            ?? type.GetCustomAttributes(typeof(ServerCannotAttribute))
                .FirstOrDefault(a => a.GetNamedArgument<string>(nameof(ServerCannotAttribute.Fact)) == TestMethod.Method.Name)
                ?.GetNamedArgument<string>(nameof(ServerCannotAttribute.Reason))
            ?? base.GetSkipReason(factAttribute);
    }
}
