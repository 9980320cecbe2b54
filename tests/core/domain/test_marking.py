"""A teacher's line is understood whole or told back; nothing is guessed, nothing raises."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.grading import SCALES, Scale
from core.domain.kinds import Presence
from core.domain.marking import MOST_ITEMS, Entry, Line, Misread, Why, parse_line, print_line
from core.domain.marking_words import KINDS, PRESENCES, REST_PRESENT

FIVE = SCALES["five"]


def only(text: str, scale: Scale = FIVE) -> Entry:
    line = parse_line(text, scale)
    assert len(line.items) == 1, line.items
    assert isinstance(line.items[0], Entry), line.items[0]
    return line.items[0]


def values(entry: Entry) -> list[str]:
    return [str(mark) for mark in entry.marks]


def test_many_pupils_several_marks_and_absences_stand_in_one_line() -> None:
    line = parse_line("Ivanov 5, Petrova 4 4-, Sidorov absent, Kozlov late 10", FIVE)
    assert not line.misread
    assert [(one.name, values(one), one.presence, one.minutes) for one in line.entries] == [
        ("Ivanov", ["5"], None, None),
        ("Petrova", ["4", "4-"], None, None),
        ("Sidorov", [], Presence.ABSENT, None),
        ("Kozlov", [], Presence.LATE, 10),
    ]


def test_a_target_a_kind_and_a_comment_are_read() -> None:
    line = parse_line('7А algebra: Ivanov 5 test "clean proof"', FIVE)
    assert line.target == "7А algebra"
    entry = line.entries[0]
    assert (entry.name, values(entry), entry.kind, entry.comment) == ("Ivanov", ["5"], "test", "clean proof")


def test_a_kind_in_the_target_is_meant_for_all_marks() -> None:
    line = parse_line("7A algebra quiz: Ivanov 5, Petrov 4 hw, Sidorov absent", FIVE)
    assert line.target == "7A algebra"
    assert [one.kind for one in line.entries] == ["quiz", "hw", ""]


def test_a_colon_behind_a_name_makes_no_target() -> None:
    line = parse_line("Ivanov: 5, Petrov — 4, Sidorov -3", FIVE)
    assert line.target == ""
    assert [(one.name, values(one)) for one in line.entries] == [
        ("Ivanov", ["5"]), ("Petrov", ["4"]), ("Sidorov", ["3"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "presence", "minutes"),
    [
        ("Сидоров н", Presence.ABSENT, None),
        ("Сидорова не была", Presence.ABSENT, None),
        ("Козлов оп 10", Presence.LATE, 10),
        ("Козлов опоздал 10 минут", Presence.LATE, 10),
        ("Козлов оп. 10мин", Presence.LATE, 10),
        ("Козлов уваж.", Presence.EXCUSED, None),
        ("Козлов болеет", Presence.ILL, None),
        ("Козлов был", Presence.PRESENT, None),
        ("สมชาย ขาด", Presence.ABSENT, None),
        ("สมชาย สาย 15 นาที", Presence.LATE, 15),
        ("สมชาย ลาป่วย", Presence.ILL, None),
        ("สมชาย ลากิจ", Presence.EXCUSED, None),
        ("Smith not here", Presence.ABSENT, None),
    ],
)
def test_presence_is_said_in_three_languages(text: str, presence: Presence, minutes: int | None) -> None:
    entry = only(text)
    assert (entry.presence, entry.minutes) == (presence, minutes)
    assert entry.name == text.split()[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Иванов 5 к/р", "test"), ("Иванов контрольная 5", "test"), ("Иванов 5 д/з", "hw"), ("สมชาย 4 การบ้าน", "hw"),
     ("Smith 4 oral", "answer"), ("สมชาย 4 สอบ", "test")],
)  # fmt: skip
def test_kinds_are_said_in_three_languages(text: str, kind: str) -> None:
    assert only(text).kind == kind


@pytest.mark.parametrize(
    ("scale", "text", "printed"),
    [
        ("five", "Ivanov 4+", ["4+"]),
        ("five", "Ivanov 4−", ["4-"]),
        ("five", "Ivanov 5,4", ["5", "4"]),
        ("five", "Ivanov 18/20", ["18/20"]),
        ("twelve", "Ivanov 11", ["11"]),
        ("hundred", "Ivanov 85.5", ["85.5"]),
        ("hundred", "Ivanov 90%", ["90"]),
        ("letters", "Smith A- b+", ["A-", "B+"]),
        ("thai", "สมชาย 3,5", ["3.5"]),
        ("thai", "สมชาย มส", ["มส"]),
        ("passfail", "Иванов зачёт", ["pass"]),
        ("words", 'Ivan "reads aloud with joy"', ["reads aloud with joy"]),
    ],
)
def test_marks_are_those_of_the_schools_scale(scale: str, text: str, printed: list[str]) -> None:
    assert values(only(text, SCALES[scale])) == printed


def test_points_keep_their_maximum() -> None:
    mark = only("Ivanov 18/20").marks[0]
    assert (mark.value.number, mark.maximum) == (Decimal(18), Decimal(20))


@pytest.mark.parametrize(
    ("text", "why", "word"),
    [
        ("Ivanov 9", Why.OFF_SCALE, "9"),
        ("Ivanov 5 9", Why.OFF_SCALE, "9"),
        ("Ivanov 5 wonderful", Why.UNKNOWN_WORD, "wonderful"),
        ("Ivanov", Why.NOTHING_SAID, ""),
        ("5", Why.NO_NAME, "5"),
        ("Ivanov 5/4", Why.TWO_READINGS, "5/4"),
        ("Ivanov late 900", Why.MINUTES, "900"),
        ("Ivanov absent late", Why.SAID_TWICE, "late"),
        ("Ivanov 5 test hw", Why.SAID_TWICE, "hw"),
        ('Ivanov 5 "a" "b"', Why.SAID_TWICE, '"b"'),
        ("Ivanov 22/20", Why.OFF_SCALE, "22/20"),
        ('Ivanov " 5', Why.UNKNOWN_WORD, '"'),
        ("№ absent 5", Why.NO_NAME, "№"),
    ],
)
def test_what_is_not_understood_is_told_back_with_its_place(text: str, why: Why, word: str) -> None:
    (item,) = parse_line(text, FIVE).items
    assert isinstance(item, Misread)
    assert (item.why, item.word) == (why, word)
    assert text[item.start : item.end] == (word or text)


def test_a_decimal_that_may_be_two_marks_is_asked_about() -> None:
    assert parse_line("Ivanov 85,90", SCALES["hundred"]).misread[0].why is Why.TWO_READINGS


def test_an_initial_is_no_illness() -> None:
    assert only("Иванов Б 5").name == "Иванов Б"
    assert only("Иванов Б").presence is Presence.ILL
    assert only("Иванов Н. 5").name == "Иванов Н."


def test_the_rest_of_the_class_is_present_in_one_word() -> None:
    for text in ("Ivanov absent, rest present", "Иванов н, остальные были", "สมชาย ขาด, ที่เหลือมา"):
        line = parse_line(text, FIVE)
        assert line.rest_present
        assert len(line.entries) == 1


def test_plain_words_are_no_marking() -> None:
    for text in ("Hello there", "timetable", "спасибо", "ขอบคุณครับ", ""):
        assert not parse_line(text, FIVE).is_marking
    assert parse_line("Ivanov 9", FIVE).is_marking, "a mark off the scale was meant as one"


@pytest.mark.parametrize(
    ("text", "why", "name"),
    [
        ("Petrov 5 great", Why.UNKNOWN_WORD, "Petrov"),
        ("Petrov late because of snow", Why.UNKNOWN_WORD, "Petrov"),
        ('Petrov 2 "' + "long " * 120 + '"', Why.TOO_LONG, "Petrov"),
        ("Петров 5 " + "очень " * 45, Why.TOO_LONG, "Петров"),
        ("Ivanov Petr 9", Why.OFF_SCALE, "Ivanov Petr"),
    ],
)
def test_a_name_with_a_mark_was_meant_as_marking_whatever_stands_behind(
    text: str, why: Why, name: str
) -> None:
    line = parse_line(text, FIVE)
    assert [(one.why, one.name) for one in line.misread] == [(why, name)]
    assert line.is_marking


@pytest.mark.parametrize(
    "text",
    [
        "see you at 5",
        "See you at 9",
        "I will be late",
        "we have a test tomorrow",
        "Hello - how are things",
        'He said "hello" yesterday',
        "встретимся на 5 минут",
        "это 5",
        "спасибо, до завтра",
        "w " * 60,
    ],
)
def test_plain_chat_with_a_number_is_no_marking(text: str) -> None:
    assert not parse_line(text, FIVE).is_marking


def test_a_little_word_with_a_capital_or_alone_is_a_name() -> None:
    for text in ("You 5", "To Van 5", "На 4"):
        assert parse_line(text, FIVE).is_marking


def test_thai_digits_are_digits() -> None:
    assert values(only("ทองดี ๕")) == ["5"]
    assert only("เลขที่ ๑๒ ๕").name == "№12"
    assert values(only("ทองดี๔+")) == ["4+"]
    assert only('ทองดี ๕ "ข้อ ๕"').comment == "ข้อ ๕", "a comment stays as it was written"


def test_a_kind_alone_before_the_colon_is_meant_for_all() -> None:
    line = parse_line("test: Petrov 5, Kozlov 4 hw", FIVE)
    assert line.target == ""
    assert [(one.name, one.kind) for one in line.entries] == [("Petrov", "test"), ("Kozlov", "hw")]


@pytest.mark.parametrize(
    ("text", "name", "presence"),
    [
        ("ทองดีขาด", "ทองดี", Presence.ABSENT),
        ("ทองดีขาดเรียน", "ทองดี", Presence.ABSENT),
        ("สมชาย ทองดีมาสาย", "สมชาย ทองดี", Presence.LATE),
        ("ทองดีลาป่วย", "ทองดี", Presence.ILL),
    ],
)
def test_a_thai_presence_needs_no_space_before_it(text: str, name: str, presence: Presence) -> None:
    entry = only(text)
    assert (entry.name, entry.presence) == (name, presence)


def test_a_thai_name_that_ends_like_a_presence_stays_whole_where_something_is_said() -> None:
    assert only("ทองสาย 5").name == "ทองสาย"
    assert not parse_line("มาลา", FIVE).is_marking
    assert not parse_line("ขาด", FIVE).is_marking


def test_a_roll_number_is_a_name() -> None:
    assert only("№ 12 5").name == "№12"
    assert only("#12 5").name == "#12"


def test_a_flood_ends_in_one_remark_that_keeps_the_words() -> None:
    line = parse_line("a 5," * 3000, FIVE)
    assert len(line.entries) == MOST_ITEMS
    (left,) = line.misread
    assert left.why is Why.TOO_LONG
    assert left.text.startswith("a 5")


_names = st.sampled_from(
    [
        *(
            "Ivanov",
            "Petrova",
            "Иванов",
            "van der Berg",
            "สมชาย ใจดี",
            "ทองดี",
            "O'Hara",
            "Test",
            "Н",
            "А.",
            "№12",
        ),
        "see you at",
    ]
)
_pieces = st.one_of(
    st.sampled_from(["๕", "๑๐", "ขาด", "test:", "контрольная :", "สอบ:", "ทองดี๕"]),
    st.sampled_from(["5", "4+", "3-", "18/20", "5,4", "9", "A", "มส", "10", "«", "»", '"', '"ok"', "«b c»", ":", "-", "—"]),
    st.sampled_from(sorted(PRESENCES)),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(sorted(REST_PRESENT)),
    st.text(max_size=12),
    _names,
)  # fmt: skip
_lines = st.lists(
    st.tuples(_pieces, st.sampled_from([" ", " ", " ", ", ", "; ", "\n", ": ", ""])), max_size=25
).map(lambda pairs: "".join(piece + gap for piece, gap in pairs))
_scales = st.sampled_from(sorted(SCALES)).map(SCALES.__getitem__)


@settings(max_examples=5_000, derandomize=True, database=None)
@given(text=st.one_of(_lines, st.text(max_size=300)), scale=_scales)
def test_five_thousand_lines_raise_nothing_and_parse_again_as_printed(text: str, scale: Scale) -> None:
    line = parse_line(text, scale)
    assert parse_line(print_line(line, scale), scale) == line
    for item in line.items:
        assert 0 <= item.start <= item.end <= len(text)
        if isinstance(item, Entry):
            assert item.name
            assert item.marks or item.presence


@given(text=_lines, scale=_scales)
def test_no_word_is_lost(text: str, scale: Scale) -> None:
    """Each word of the text is in an item, the target, or the words for the rest of the class."""
    line: Line = parse_line(text, scale)
    kept = "".join(
        item.text if isinstance(item, Misread) else text[item.start : item.end] for item in line.items
    )
    letters = [one for one in text if one.isalnum()]
    rest = max(len(words) for words in REST_PRESENT) * text.count("\n") + 200 if line.rest_present else 0
    spoken = [one for one in kept if one.isalnum()]
    target = [one for one in line.target if one.isalnum()]
    assert len(spoken) + len(target) + rest + max(map(len, KINDS)) >= len(letters)
