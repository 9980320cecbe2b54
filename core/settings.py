"""Settings: SCHOOLBELL_* variables and ``.env``. A bad one stops the start with one line that names it."""

from __future__ import annotations

import difflib
import getpass
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url

from core.errors import SchoolbellError

PREFIX = "SCHOOLBELL_"
SHORTEST_KEY = 16
"""Bytes of a secret key."""
_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{10,}", re.ASCII)
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}


class SettingsError(SchoolbellError):
    """A setting that cannot be used; its text is one line naming the variable, without any secret."""

    key = "bad_setting"

    def __init__(self, line: str) -> None:
        super().__init__(line=line)
        self.line = line

    def __str__(self) -> str:
        return self.line


class Settings(BaseSettings):
    """Everything that can be set, with its default."""

    # "-sig": an editor's byte order mark would else hide the first variable.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8-sig",
        extra="ignore",
        env_ignore_empty=True,
    )

    var_dir: Path = Path("var")
    database_url: str = Field(default_factory=lambda known: _file_in(known["var_dir"]), repr=False)
    bot_token: SecretStr | None = None
    secret_key: SecretStr | None = None
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8080
    public_url: str | None = None
    telegram_api_url: str | None = None
    telegram_rate: float = 30.0
    rich_messages: Literal["auto", "off"] = "auto"
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    metrics_token: SecretStr | None = None
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    default_timezone: str = "UTC"
    default_locale: Literal["en", "ru", "th"] = "en"
    default_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    demo_now: datetime | None = None
    _database_setting: str = PrivateAttr(f"{PREFIX}VAR_DIR")

    def model_post_init(self, _context: Any) -> None:
        """Note whether the database was named: what cannot be opened is blamed on the setting that says where it is."""
        if "database_url" in self.model_fields_set:
            self._database_setting = f"{PREFIX}DATABASE_URL"

    @property
    def database_setting(self) -> str:
        """The variable that says where the database is."""
        return self._database_setting

    @property
    def public_address(self) -> str:
        """Where people open the web chat; no slash at the end."""
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        return (self.public_url or f"http://{host}:{self.http_port}").rstrip("/")

    @property
    def own_bot(self) -> int:
        """The id of the settings' Telegram bot, which its token begins with; 0 without one."""
        return int(self.bot_token.get_secret_value().partition(":")[0]) if self.bot_token else 0

    @property
    def is_tls(self) -> bool:
        """Whether people come by https, so that cookies are marked Secure."""
        return self.public_address.startswith("https://")

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        url = f"{_DRIVERS.get(scheme, scheme)}://{rest}" if separator else value
        try:
            parsed = make_url(url)
        except Exception:
            raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME") from None
        if parsed.drivername not in set(_DRIVERS.values()):
            raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        if parsed.get_backend_name() == "sqlite" and (not parsed.database or parsed.database == ":memory:"):
            raise ValueError("must name a file: sqlite:///var/schoolbell.db")
        return url

    @field_validator("bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("must be a token from @BotFather, digits:letters")
        return value

    @field_validator("secret_key", "metrics_token")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"must have at least {SHORTEST_KEY} characters")
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _web_address(value, "https://school.example")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(
                "must be an address alone, like https://school.example, with nothing behind the host"
            )
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _api(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _web_address(value, "https://bot-api.school.example")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("must be https, unless it is on this machine")
        return value.rstrip("/")

    @field_validator("telegram_rate")
    @classmethod
    def _rate(cls, value: float) -> float:
        if not 1 <= value <= 1000:
            raise ValueError("must be a number from 1 to 1000")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _proxies(cls, value: Any) -> Any:
        names = (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )
        networks = []
        for name in names:
            try:
                networks.append(ip_network(name, strict=False))
            except ValueError:
                raise ValueError(
                    f"must be IP addresses or networks like 10.0.0.0/8 with commas between (got {name!r})"
                ) from None
        return tuple(networks)

    @field_validator("default_timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone like Europe/Moscow or Asia/Bangkok")
        return value

    @field_validator("demo_now")
    @classmethod
    def _local(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("must be the demo school's local time, without a zone, like 2026-11-24T09:10")
        return value


def _file_in(folder: Path, name: str = "schoolbell.db") -> str:
    return f"sqlite+aiosqlite:///{folder / name}"


def _web_address(value: str, example: str) -> SplitResult:
    """The parts of an http address without a name and a password, which would stand in logs and on slips."""
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(f"must be an address like {example}")
    if "@" in parts.netloc:
        raise ValueError(f"must be an address like {example}, without a name and a password in it")
    return parts


_SECRET = {"bot_token", "secret_key", "metrics_token", "database_url"}
_PLAIN_WORDS = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "greater_than_equal": "must be a whole number from 1 to 65535",
    "less_than_equal": "must be a whole number from 1 to 65535",
    "string_pattern_mismatch": "must be three capitals like USD",
    "datetime_from_date_parsing": "must be a date and time like 2026-11-24T09:10",
    "datetime_parsing": "must be a date and time like 2026-11-24T09:10",
}


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; ``overrides`` win over the environment. Raises SettingsError."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        says = _PLAIN_WORDS.get(first["type"]) or str(first["msg"]).removeprefix("Value error, ")
        given = str(first.get("input"))
        got = "" if name in _SECRET or "(got" in says or "@" in given else f" (got {given[:60]!r})"
        raise SettingsError(f"{PREFIX}{name.upper()}: {says}{got}") from None
    except UnicodeDecodeError:
        raise SettingsError(".env: this file is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise SettingsError(f".env: this file cannot be read ({error.strerror or error})") from None


def demo_settings(*, port: int | None = None) -> Settings:
    """The settings of the demo: its own database unless one is named, loopback only, no bot token."""
    settings = load_settings()
    values: dict[str, Any] = {"bot_token": None, "http_host": "127.0.0.1", "public_url": None}
    if "database_url" not in settings.model_fields_set:
        values["database_url"] = _file_in(settings.var_dir, "demo.db")
    if port is not None:
        values["http_port"] = port
    return settings.model_copy(update=values)


def demo_moment(settings: Settings, timezone: str) -> datetime | None:
    """SCHOOLBELL_DEMO_NOW as a moment at the demo school."""
    if settings.demo_now is None:
        return None
    return settings.demo_now.replace(tzinfo=ZoneInfo(timezone))


def secret_key(settings: Settings) -> bytes:
    """The installation's key; where none is set it is made once and kept in ``var/secret_key``, mode 0600.

    Raises SettingsError where it cannot be kept, or where what is kept is no key.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.var_dir / "secret_key"
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"{PREFIX}VAR_DIR: the secret key cannot be kept in {path} ({error.strerror or error})"
        ) from None
    if len(key) < SHORTEST_KEY:
        raise SettingsError(
            f"{PREFIX}SECRET_KEY: {path} holds no key of at least {SHORTEST_KEY} bytes. Restore it from a backup; "
            "without one delete it: a new key is made, and the codes that are out die."
        )
    return key


def _make_key(path: Path) -> None:
    """A file appears under its name whole or not at all, and of two starts at once the first one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_urlsafe(32).encode())
            file.flush()
            os.fsync(handle)
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def code_key(settings: Settings) -> bytes:
    """The key that invitation codes are hashed with: derived, so that no two uses share one."""
    return hmac.new(secret_key(settings), b"invitation codes", hashlib.sha256).digest()


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def os_user() -> str:
    """The operating system's user, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"


def describe(settings: Settings) -> dict[str, str]:
    """Every setting by its variable's name, secrets masked."""
    shown = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "database_url":
            value = make_url(value).difference_update_query(["password"]).render_as_string(hide_password=True)
        elif name in _SECRET:
            value = "set" if value is not None else "not set"
        elif isinstance(value, tuple):
            value = ", ".join(str(one) for one in value)
        shown[PREFIX + name.upper()] = "not set" if value is None or value == "" else str(value)
    return shown


def given_variables() -> set[str]:
    """The names of all SCHOOLBELL_* variables of this process and of ``.env``, read by something or not."""
    names = {*os.environ, *DotEnvSettingsSource(Settings).env_vars}
    return {name.upper() for name in names if name.upper().startswith(PREFIX)}


def unknown_variables(names: Iterable[str]) -> dict[str, str]:
    """Variables that nothing reads, each with the known name it may be meant for, or an empty one."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    return {
        name: next(iter(difflib.get_close_matches(name, known, 1, 0.7)), "")
        for name in sorted(names)
        if name.startswith(PREFIX) and name not in known
    }
