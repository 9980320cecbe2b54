"""Tables as people keep them: .xlsx and .csv, read row by row, with all that stands around the rows that are meant."""

from core.importing.tables.reader import Line, Sheet, Table, column_name, open_table

__all__ = ["Line", "Sheet", "Table", "column_name", "open_table"]
