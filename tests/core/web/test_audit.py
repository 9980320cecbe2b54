"""The audit in words: every action has some, the fields of an entry are readable, files have all of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.models import AuditEntry
from core.db.uow import UnitOfWork
from core.domain.kinds import TransactionKind
from core.domain.rights import AUDITED_LOOKS
from core.web.audit_words import ACTION_NAMES
from tests.cast import Cast
from tests.support.browser import Site
from tests.support.panel import in_panel
from tests.support.statements import Statements

_ROOT = Path(__file__).parents[3]
_KEY = re.compile(r"[a-z_]+\.[a-z_]+")
_NO_ACTIONS = {"manifest.version", "oneroster.version"}
"""What OneRoster calls its properties."""
_FILES = (".csv", ".html", ".txt", ".pdf", ".json")
_LOOKS = {right for rights in AUDITED_LOOKS.values() for right in rights}
_MADE = {
    "look.": {f"look.{right}" for right in _LOOKS},
    "canteen.": {f"canteen.{kind}" for kind in (TransactionKind.TOP_UP, TransactionKind.CORRECTION)},
}
"""Actions that are put together, by their beginning."""


def _recorded() -> set[str]:
    """What modules that record write like an action's key."""
    found: set[str] = set()
    for floor in ("core", "notifier", "bot"):
        for path in (_ROOT / floor).rglob("*.py"):
            source = path.read_text()
            if not any(f"from {one} import" in source for one in ("core.db.audit", "core.web.take_away")):
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if _KEY.fullmatch(node.value) and not node.value.endswith(_FILES):
                        found.add(node.value)
                elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                    found |= _MADE.get(str(node.values[0].value), set())
    return found - _NO_ACTIONS


def test_every_action_that_is_recorded_has_words_and_no_other_has() -> None:
    assert _recorded() == set(ACTION_NAMES)


async def _entries(site: Site, cast: Cast, number: int) -> None:
    async with UnitOfWork(site.app.database, site.app.clock, via="telegram") as uow, uow.writing():
        row = {
            "at": uow.now,
            "actor_id": cast["teacher"].person_id,
            "via": "telegram",
            "action": "marks.save",
            "subject_kind": "lesson",
            "subject_id": 1,
            "before": {},
            "after": {"presence": {str(cast["ivan"].person_id): "ill"}, "posting": 7},
        }
        await uow.write(sa.insert(AuditEntry), [row] * number)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_entries_are_told_in_words_with_people_by_name(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    await _entries(site, cast, 1)
    page = " ".join((await panel.read("/audit?action=marks.save")).split())
    assert "Marks: saved" in page
    assert "Attendance Ivan Petrov: ill" in page
    assert "Olga Sokolova Telegram Marks: saved" in page
    assert "Panel: signed in" in await panel.read("/audit?sort=what")


async def test_a_file_of_the_audit_is_whole_however_long(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin", with_app=True)
    await _entries(site, cast, 1_101)
    file = await panel.post("/audit/export?action=marks.save")
    assert file.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert "script-src 'self'" in file.headers["Content-Security-Policy"]
    lines = (await file.text()).splitlines()
    assert len(lines) == 1_102
    assert len([one for one in lines if "Ivan Petrov: ill" in one]) == 1_101


async def test_the_audit_is_sorted_and_turned_by_key(site: Site, cast: Cast) -> None:
    panel = await in_panel(site, cast, "admin")
    await _entries(site, cast, 60)
    for sort in ("", "when", "who", "-who", "what", "-what"):
        seen, path = 0, f"/audit?sort={sort}&action=marks.save"
        while path:
            with Statements(site.app.database) as statements:
                text = await (await panel.get(path)).text()
            assert len(statements.seen) <= 6
            seen += text.count('<td class="when">')
            following = re.search(r'href="/admin([^"]+after=[^"]+)"', text)
            path = following[1].replace("&amp;", "&") if following else ""
        assert seen == 60, sort
