"""The words of a teacher's line in English, Russian and Thai, folded (``core.domain.names.fold``), no full stop behind.

Bare abbreviations are those of the paper registers: Russian н, б, оп, ув; Thai ข, ส, ล, ป.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.domain.kinds import Presence
from core.domain.names import fold

_PRESENCES: Mapping[Presence, str] = {
    Presence.PRESENT: "present, here, был, была, здесь, присутствует, присутствовал, присутствовала, มา, มาเรียน",
    Presence.ABSENT: "absent, abs, away, missing, not here, н, нб, н/б, не был, не была, отсутствует, отсутствовал, "
    "отсутствовала, нету, прогул, ขาด, ขาดเรียน, ไม่มา, ข",
    Presence.LATE: "late, tardy, оп, опозд, опоздал, опоздала, опоздание, опаздывает, สาย, มาสาย, ส",
    Presence.EXCUSED: "excused, exc, ув, уваж, уважительная, ув/п, отпросился, отпросилась, ลา, ลากิจ, ล",
    Presence.ILL: "ill, sick, unwell, б, бол, болен, больна, болеет, болел, болела, болезнь, по болезни, ป่วย, "
    "ลาป่วย, ป",
}
_KINDS: Mapping[str, str] = {
    "test": "test, к/р, кр, контрольная, контр, สอบ, ข้อสอบ",
    "quiz": "quiz, с/р, ср, самостоятельная, тест, สอบย่อย, ทดสอบ, ควิซ",
    "hw": "hw, homework, д/з, дз, домашняя, домашка, การบ้าน",
    "answer": "answer, oral, ответ, устно, устный, ตอบ, ตอบคำถาม",
    "project": "project, проект, โครงงาน",
    "exam": "exam, экзамен, зачетная, สอบปลายภาค, สอบกลางภาค",
    "essay": "essay, сочинение, эссе, เรียงความ",
    "lab": "lab, л/р, лр, лабораторная, ปฏิบัติการ, แล็บ",
}
# Little words that stand in no name, for telling "see you at 5" from a pupil's mark. Single letters are initials.
_CHATTER = """
at you your the is are am was were we they he's she's it's i'm to for from with by until till about after before have has
had will be been this that what when where how and or but if not no yes ok please thanks
на до по за от из для без или это что как когда где мне вас вам нас нам мы вы они есть буду будет если уже еще через после
перед около да нет но не ли же бы
"""
# Thai words of presence that names do not end in; without spaces they stand right behind the name.
_GLUED = "ขาดเรียน, มาเรียน, ลาป่วย, มาสาย, ลากิจ, ไม่มา, ป่วย, สาย, ขาด"
_REST_PRESENT = """
rest present, the rest present, others present, the others present, all present, everyone present, everybody present,
остальные были, остальные здесь, остальные присутствуют, остальные есть, все были, все здесь, все присутствуют, все есть,
ที่เหลือมา, ที่เหลือมาเรียน, คนอื่นมา, คนอื่นมาเรียน, มาครบ, มาทุกคน, มาครบทุกคน, ทุกคนมา
"""


def _words(text: str) -> list[str]:
    return [fold(word) for word in text.split(",")]


PRESENCES: Mapping[str, Presence] = {
    word: presence for presence, words in _PRESENCES.items() for word in _words(words)
}
KINDS: Mapping[str, str] = {word: kind for kind, words in _KINDS.items() for word in _words(words)}
TWO_WORD_PRESENCES: Mapping[str, frozenset[str]] = {
    first: frozenset(words for words in PRESENCES if words.startswith(f"{first} "))
    for first in {words.partition(" ")[0] for words in PRESENCES if " " in words}
}
"""Presences of two words by the first of them."""
GLUED_PRESENCES = tuple(_words(_GLUED))
"""Longest first."""
CHATTER = frozenset(_CHATTER.split())
REST_PRESENT = frozenset(_words(_REST_PRESENT))
MINUTES = frozenset(_words("min, mins, minute, minutes, m, ', мин, минута, минуты, минут, м, นาที, น"))
ROLL_NUMBER = frozenset(_words("№, #, no, no., เลขที่"))
PASS_OR_FAIL: Mapping[str, str] = {
    **dict.fromkeys(_words("зачет, зач, passed, ผ่าน, ผ"), "pass"),
    **dict.fromkeys(_words("незачет, незач, н/з, failed, ไม่ผ่าน, มผ"), "fail"),
}
