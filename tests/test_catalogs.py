"""The catalogs are complete: nothing missing, fuzzy, obsolete or with other placeholders than the message."""

from __future__ import annotations

import ast
import string

import pytest
from babel.messages.catalog import Catalog, Message

from core.i18n import FOLDER, LOCALES, extract, read_catalog


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extract()


def key(message: Message) -> tuple[str, str | None]:
    one = message.id if isinstance(message.id, str) else message.id[0]
    return one, message.context


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_of_the_code_is_in_the_catalog_and_no_other(locale: str, template: Catalog) -> None:
    wanted = {key(message) for message in template if message.id}
    there = {key(message) for message in read_catalog(locale) if message.id}
    assert there == wanted, "run `make catalogs` and translate what is new"


def test_no_message_hides_from_the_extraction(template: Catalog) -> None:
    """Inside an f-string the extraction sees no call, so what is said there would stay English."""
    wanted = {key(message) for message in template if message.id}
    for folder in ("bot", "notifier", "core"):
        for path in sorted((FOLDER.parent / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    said = node.args[0].value
                    if name in ("t", "N_", "plural") and isinstance(said, str):
                        assert (said, None) in wanted, f"{path.name}:{node.lineno} {said!r}"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_is_translated_in_all_its_forms(locale: str, template: Catalog) -> None:
    catalog = read_catalog(locale)
    forms = catalog.num_plurals
    for message in catalog:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        texts = message.string if message.pluralizable else (message.string,)
        assert len(texts) == (forms if message.pluralizable else 1), message.id
        assert all(texts), message.id


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_have_the_placeholders_of_their_message(locale: str) -> None:
    for message in read_catalog(locale):
        if not message.id:
            continue
        if message.pluralizable:
            wanted = fields(message.id[1])
            for text in message.string:
                assert fields(text) in (wanted, wanted - {"n"}), message.id
        else:
            assert fields(message.string) == fields(message.id), message.id


@pytest.mark.parametrize(("locale", "forms"), [("en", 2), ("ru", 3), ("th", 1)])
def test_plural_forms_are_the_languages_own(locale: str, forms: int) -> None:
    assert read_catalog(locale).num_plurals == forms


@pytest.mark.parametrize(("locale", "script"), [("ru", ("\u0400", "\u04ff")), ("th", ("\u0e00", "\u0e7f"))])
def test_translations_are_written_in_the_languages_script(locale: str, script: tuple[str, str]) -> None:
    same_everywhere = {"Telegram", "OneRoster", "School Data Sync"}
    for message in read_catalog(locale):
        if message.id and message.id not in same_everywhere:
            text = message.string[0] if message.pluralizable else message.string
            letters = any(script[0] <= character <= script[1] for character in text)
            has_words = any(
                character.isalpha() for character in string.Formatter().vformat(text, (), Blank())
            )
            assert letters or not has_words, message.id


class Blank(dict[str, str]):
    """Fills every placeholder with nothing."""

    def __missing__(self, name: str) -> str:
        return ""
