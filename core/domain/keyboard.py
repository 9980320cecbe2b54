"""Text typed in the wrong keyboard layout: Russian ЙЦУКЕН or Thai Kedmanee where Latin was meant, or the reverse."""

from __future__ import annotations

_LATIN = (
    "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./" + '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'
)
_RUSSIAN = (
    "ё1234567890-=йцукенгшщзхъ\\фывапролджэячсмитьбю." + 'Ё!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪ/ФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,'
)
_THAI = "_ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ" + '%+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'

_KEYS = [dict(zip(layout, _LATIN, strict=True)) for layout in (_RUSSIAN, _THAI)]
_TO_LAYOUT = [dict(zip(_LATIN, layout, strict=True)) for layout in (_RUSSIAN, _THAI)]


def from_wrong_layout(text: str) -> str | None:
    """The Latin text on the same keys, or None where the text is not all on one of the layouts' keys.

    ``.пкфвуы`` is ``/grades``; in the Russian layout the slash key types a full stop.
    """
    for keys in _KEYS:
        if text and all(character in keys or character.isspace() for character in text):
            converted = "".join(keys.get(character, character) for character in text)
            if converted != text:
                return converted
    return None


def in_other_layouts(text: str) -> tuple[str, ...]:
    """What the same keys type in the other layouts: ``gtnhjd`` is ``петров``, ``зуекщм`` is ``petrov``."""
    typed = (
        "".join(keys.get(character, " ") for character in text)
        for keys in (*_TO_LAYOUT, *_KEYS)
        if all(character in keys or character == " " for character in text)
    )
    return tuple(one for one in typed if one != text)
