"""No Docker engine is needed to know that its files fit the real command line and settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import typer.main
import yaml

from bot.__main__ import app
from core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return loaded


def test_every_variable_named_in_the_files_is_a_setting() -> None:
    for name in ("Dockerfile", "docker-compose.yml", ".env.example", "README.md"):
        named = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", read(name)))
        assert named, name
        assert named <= KNOWN, (name, named - KNOWN)


def test_the_readme_explains_every_setting() -> None:
    assert set(re.findall(rf"`({PREFIX}[A-Z_]+)`", read("README.md"))) >= KNOWN


def test_the_container_runs_a_command_that_exists() -> None:
    command = re.search(r'^CMD \["schoolbell", "(\w+)"\]', read("Dockerfile"), re.MULTILINE)
    assert command is not None
    group = typer.main.get_command(app)
    assert command[1] in group.commands  # type: ignore[attr-defined]


def test_the_readme_names_only_commands_that_exist() -> None:
    group = typer.main.get_command(app)
    named = set(
        re.findall(
            r"^(?:\$ )?(?:SCHOOLBELL_\w+=\S+ )*(?:\.venv/bin/)?schoolbell (\w+)", read("README.md"), re.M
        )
    )
    assert named
    assert named <= set(group.commands)  # type: ignore[attr-defined]


def test_the_health_check_asks_the_port_that_is_served() -> None:
    text = read("Dockerfile")
    port = re.search(r"SCHOOLBELL_HTTP_PORT=(\d+)", text)
    assert port is not None
    assert f"127.0.0.1:{port[1]}/healthz" in text
    assert f"EXPOSE {port[1]}" in text
    assert compose()["services"]["schoolbell"]["ports"] == [f"127.0.0.1:{port[1]}:{port[1]}"]


def test_the_volume_keeps_what_the_settings_write() -> None:
    assert "VOLUME /app/var" in read("Dockerfile")
    assert compose()["services"]["schoolbell"]["volumes"] == ["schoolbell:/app/var"]
    assert Settings.model_fields["var_dir"].default == Path("var")
    assert compose()["services"]["schoolbell"]["environment"]["SCHOOLBELL_VAR_DIR"] == "/app/var"


def test_every_setting_in_the_env_file_reaches_the_container() -> None:
    service = compose()["services"]["schoolbell"]
    assert {"path": ".env", "required": False} in service["env_file"]
    # What stands under "environment" wins over the file, so only what the image itself relies on may stand there.
    assert set(service["environment"]) == {
        "SCHOOLBELL_HTTP_HOST",
        "SCHOOLBELL_HTTP_PORT",
        "SCHOOLBELL_VAR_DIR",
    }
    image = dict(re.findall(rf"({PREFIX}\w+)=(\S+)", read("Dockerfile")))
    for name in ("SCHOOLBELL_HTTP_HOST", "SCHOOLBELL_HTTP_PORT"):
        assert service["environment"][name] == image[name]


def test_postgres_comes_with_its_profile_only() -> None:
    services = compose()["services"]
    assert services["postgres"]["profiles"] == ["postgres"]
    assert services["schoolbell"]["depends_on"]["postgres"]["required"] is False


def test_the_image_has_a_python_that_the_project_allows() -> None:
    image = re.search(r"^FROM python:3\.(\d+)", read("Dockerfile"), re.MULTILINE)
    wanted = re.search(r">=3\.(\d+)", tomllib.loads(read("pyproject.toml"))["project"]["requires-python"])
    assert image is not None
    assert wanted is not None
    assert int(image[1]) >= int(wanted[1])


def test_everything_copied_into_the_image_exists() -> None:
    for line in re.findall(r"^COPY (.+)$", read("Dockerfile"), re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name


def test_constraints_hold_nothing_but_pinned_versions() -> None:
    for line in read("constraints.txt").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line


def test_every_direct_dependency_has_a_lower_and_an_upper_bound() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    for one in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert re.search(r">=[\d.]+,<[\d.]+$", one), one


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    def folded(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    pinned = {folded(line.split("==")[0]) for line in read("constraints.txt").splitlines()}
    assert {folded(re.split(r"[\[<>=~!]", one)[0]) for one in direct} <= pinned
