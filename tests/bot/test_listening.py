"""Serving: what cannot be listened on is one line that names the setting at fault."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import web

from bot.app import open_app, serve
from core.settings import SettingsError, load_settings


async def refused(tmp_path: Path, host: str, port: int) -> str:
    settings = load_settings(var_dir=tmp_path / "var", http_host=host, http_port=port)
    async with open_app(settings) as app:
        with pytest.raises(SettingsError) as caught:
            await serve(app, web.Application(), stop=asyncio.Event())
    return str(caught.value)


# 203.0.113.0/24 is for documents and nobody's: https://www.rfc-editor.org/rfc/rfc5737
@pytest.mark.parametrize("host", ["not.a.host.invalid", "203.0.113.7", "two..dots"])
async def test_a_bad_host_is_not_blamed_on_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.chdir(tmp_path)
    line = await refused(tmp_path, host, 8080)
    assert line.startswith("SCHOOLBELL_HTTP_HOST: ")
    assert "\n" not in line


async def test_a_taken_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = await refused(tmp_path, "127.0.0.1", taken.getsockname()[1])
    assert line.startswith("SCHOOLBELL_HTTP_PORT: ")
