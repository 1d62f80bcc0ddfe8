"""The shapes of .NET apps, each with the plan that it gets."""

from collections.abc import Callable, Mapping

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan, Static
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp


def project(sdk: str = "Microsoft.NET.Sdk.Web", target: str = "net9.0", more: str = "") -> str:
    framework = f"<TargetFramework>{target}</TargetFramework>" if target else ""
    return f'<Project Sdk="{sdk}"><PropertyGroup>{framework}{more}</PropertyGroup></Project>'


LIBRARY = project("Microsoft.NET.Sdk")
TESTS = project("Microsoft.NET.Sdk", more="<IsTestProject>true</IsTestProject>")


def plan(files: Mapping[str, str], env: Mapping[str, str] | None = None) -> BuildPlan:
    return detect(MemoryTree(files), env=env)


def versions(built: BuildPlan) -> dict[str, str]:
    return {version.tool: version.version for version in built.versions}


def test_dotnet_solution_starts_its_web_project(golden: Callable[[str, str], None]) -> None:
    """A solution of a web project and a library is the web project (shape 40)."""
    built = plan(
        {
            "Shop.sln": "",
            "src/Web/Web.csproj": project(),
            "src/Domain/Domain.csproj": LIBRARY,
            "tests/Web.Tests/Web.Tests.csproj": TESTS,
        }
    )
    assert (built.language, built.framework, versions(built)) == (
        "dotnet",
        "dotnet",
        {"dotnet": "9.0"},
    )
    assert built.start == "ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet Web.dll"
    golden("dotnet-solution", render_dockerfile(built, RenderOptions(project="p1")))


def test_dotnet_assembly_name_is_what_is_started() -> None:
    """A project may call its program differently."""
    built = plan({"Web.csproj": project(more="<AssemblyName>Shop.Api</AssemblyName>")})
    assert built.start
    assert built.start.endswith("dotnet Shop.Api.dll")


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"global.json": '{"sdk": {"version": "9.0.100"}}'}, "9.0"),
        ({"a.csproj": project(target="net8.0"), "global.json": '{"sdk": {"version": "9.0.100"}}'}, "8.0"),
        ({"a.csproj": project(target=""), "Directory.Build.props": "<TargetFramework>net9.0</TargetFramework>"}, "9.0"),
        ({".tool-versions": "dotnet 9.0.101"}, "9.0"),
        ({}, "8.0"),
    ],
)  # fmt: skip
def test_dotnet_version_is_read_from_where_people_put_it(
    files: Mapping[str, str], version: str
) -> None:
    """The runtime is the one that the app is compiled for."""
    assert versions(plan({"a.csproj": project(target=""), **files})) == {"dotnet": version}


def test_dotnet_two_web_projects_are_named() -> None:
    """Whoever has two apps is asked which one."""
    with pytest.raises(UnknownApp, match=r"src/Admin/Admin\.csproj, src/Web/Web\.csproj"):
        plan({"a.sln": "", "src/Web/Web.csproj": project(), "src/Admin/Admin.csproj": project()})


def test_dotnet_client_of_a_server_is_part_of_it() -> None:
    """What Blazor's template makes, a server with its client, is one app."""
    built = detect(
        MemoryTree(
            {
                "Shop.slnx": "",
                "Shop/Shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><ProjectReference '
                'Include="..\\Shop.Client\\Shop.Client.csproj" /></ItemGroup></Project>',
                "Shop.Client/Shop.Client.csproj": '<Project Sdk="Microsoft.NET.Sdk.BlazorWebAssembly"/>',
            }
        )
    )
    assert str(built.start).endswith("dotnet Shop.dll")


def test_dotnet_console_app_is_started_where_there_is_no_web_project() -> None:
    """A bot is an app, too."""
    exe = project("Microsoft.NET.Sdk", more="<OutputType>Exe</OutputType>")
    built = plan({"a.sln": "", "Bot/Bot.fsproj": exe, "Core/Core.csproj": LIBRARY})
    assert built.start
    assert built.start.endswith("dotnet Bot.dll")


def test_dotnet_only_libraries_can_not_be_started() -> None:
    """The error says why it isn't .NET's."""
    with pytest.raises(UnknownApp, match="libraries and tests"):
        plan({"Core.csproj": LIBRARY})


def test_blazor_without_a_server_is_a_site_of_files(golden: Callable[[str, str], None]) -> None:
    """A program that runs in the browser is served as what it is; its pages route themselves."""
    built = plan({"Shop.csproj": project("Microsoft.NET.Sdk.BlazorWebAssembly")})
    assert built.static == Static(root="published/wwwroot", fallback=True, built=True)
    golden("dotnet-blazor", render_dockerfile(built, RenderOptions(project="p1")))
