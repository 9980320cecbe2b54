"""What a message says, before any messenger's markup, and the renderers that need no messenger."""

from core.cards.card import (
    Align,
    Block,
    Button,
    Card,
    Facts,
    File,
    FileSource,
    Item,
    Listing,
    Note,
    Picture,
    Reply,
    Section,
    Table,
    Text,
    Toast,
)

__all__ = [
    "Align",
    "Block",
    "Button",
    "Card",
    "Facts",
    "File",
    "FileSource",
    "Item",
    "Listing",
    "Note",
    "Picture",
    "Reply",
    "Section",
    "Table",
    "Text",
    "Toast",
]
