"""Files that 7A's homework comes with: a worksheet to print and a list of words, so that both can be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.db.models import Attachment, Homework
from core.files import FileStore, identify

if TYPE_CHECKING:
    from core.importing.demo.plan import Plan

_TASKS = [
    "1.  Read the paragraph and close the book.",
    "2.  Write down three things that you remember.",
    "3.  Write down one thing that you did not understand.",
    "4.  Open the book and check yourself.",
    "5.  Make up a question for the class, and its answer.",
]
_WORDS = (
    "bell\tзвонок\tระฆัง\nlesson\tурок\tบทเรียน\nclass\tкласс\tชั้นเรียน\nhomework\tдомашнее задание\tการบ้าน\n"
)


def hand_out_papers(plan: Plan, files: FileStore) -> None:
    """Attach them to the first homework that 7A has due after today, or to the last ones there were."""
    courses = {course: subject for subject, course in plan.courses[plan.classes["7A"]].items()}
    work = sorted(
        (row for row in plan.rows.of(Homework) if row["course_id"] in courses),
        key=lambda row: (row["due_on"], row["due_period"]),
    )
    chosen = [row for row in work if row["due_on"] > plan.today][:2] or work[-2:]
    for row, make in zip(chosen, (_worksheet, _word_list), strict=False):
        name, content = make(courses[row["course_id"]])
        kind = identify(content, name)
        plan.rows.add(
            Attachment,
            homework_id=row["id"],
            name=kind.name,
            media_type=kind.media_type,
            size=len(content),
            sha256=files.keep(content),
            url="",
        )


def _worksheet(subject: str) -> tuple[str, bytes]:
    return f"Worksheet {subject}.pdf", make_pdf(f"{subject}: worksheet for 7A", _TASKS)


def _word_list(subject: str) -> tuple[str, bytes]:
    return f"Words {subject}.txt", _WORDS.encode()


def make_pdf(title: str, lines: list[str]) -> bytes:
    """One page of A4 with a title and lines of ASCII text, in the reader's own Helvetica.

    https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf, 7.5
    """
    shown = [f"BT /F1 20 Tf 60 770 Td ({title}) Tj ET"]
    shown += [f"BT /F1 14 Tf 60 {720 - 40 * place} Td ({line}) Tj ET" for place, line in enumerate(lines)]
    stream = "\n".join(shown)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        " /Resources << /Font << /F1 4 0 R >> >> >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    ]
    text, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    text += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return f"{text}startxref\n{text.index('xref')}\n%%EOF\n".encode("ascii")
