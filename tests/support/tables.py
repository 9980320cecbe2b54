"""Workbooks as people make them, with every trap of real ones."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook


def write_rows(path: Path, rows: Sequence[Sequence[Any]], *, sheet: str = "Sheet1") -> Path:
    """A plain workbook."""
    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    book.save(path)
    return path


def write_trapped_list(path: Path) -> Path:
    """A class list with titles, two merged rows of headings, merged classes, days as numbers and in words, numbers as
    text, blank rows, a formula without a value, totals, a signature, 200 columns, a hidden sheet and another list."""
    book = Workbook()
    page = book.active
    page.title = "Список"
    page["A1"] = "Школа «Гавань»: список учащихся"
    page.merge_cells("A1:H1")
    page["A3"], page["B3"], page["C3"], page["D3"], page["E3"], page["G3"] = (
        *("№ п/п", "Ф.И.О. учащегося", "Класс", "Дата рождения"),
        *("Мать", "Отец"),
    )
    page.merge_cells("E3:F3")
    page.merge_cells("G3:H3")
    for letter in "ABCD":
        page.merge_cells(f"{letter}3:{letter}4")
    page["E4"], page["F4"], page["G4"], page["H4"] = "ФИО", "Телефон", "ФИО", "Телефон"
    page["GR4"] = "Примечание"
    rows = [
        (
            1,
            "Петров Иван Сергеевич",
            "7А",
            date(2013, 4, 2),
            "Петрова Анна Ильинична",
            79001234567,
            "Петров Сергей Ильич",
        ),
        (2, "Смирнов Алексей Павлович", None, "11.05.2013", "Смирнова Елена Юрьевна", "8 900 123-45-68", "-"),
        (),
        ("3", "Соколова Катя Олеговна", "7Б", 41366, "Соколова Ольга Петровна", "8 (900) 123-45-69"),
        (
            4,
            "Орлова Мария Борисовна",
            None,
            "9 мая 2013 г.",
            None,
            None,
            "Орлов Борис Ильич",
            "+7 900 123-45-70",
        ),
        (5, "Котов Пётр Ильич", "7Б", "31.02.2013"),
        (6, "Львов Лев Львович", "7Б", "=DATE(2013,1,1)"),
    ]
    for number, row in enumerate(rows, 5):
        for column, value in enumerate(row, 1):
            page.cell(number, column, value)
    page.merge_cells("C5:C6")
    page.merge_cells("C8:C9")
    page["A13"], page["B13"] = "Итого", "=COUNTA(B5:B11)"
    page["A15"] = "Подпись секретаря"
    other = book.create_sheet("8 класс Б")
    other.append(["Фамилия", "Имя", "Отчество", "Дата рождения"])
    other.append(["Юрьева", "Яна", "Львовна", "03.04.2012"])
    hidden = book.create_sheet("Архив")
    hidden.append(["Ф.И.О.", "Класс"])
    hidden.append(["Старый Ученик Былое", "1А"])
    hidden.sheet_state = "hidden"
    book.save(path)
    return path


def write_bomb(path: Path) -> Path:
    """A workbook that unpacks to far more than it is."""
    write_rows(path, [["Name", "Class"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content if "sheet1" not in name else content + b" " * 30_000_000)
    return path


def write_entities(path: Path) -> Path:
    """A workbook with entities that would grow without an end."""
    write_rows(path, [["Name", "Class"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name.endswith("sheet1.xml"):
                content = entities + content
            archive.writestr(name, content)
    return path
