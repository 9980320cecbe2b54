"""What a command says when an option of it fits nobody, or several."""

from __future__ import annotations

from typing import NoReturn

import typer

from core.errors import Ambiguous, NotFound

_SEVERAL = {
    "school_fits_several": "{wanted} fits several schools; say --school NUMBER:",
    "class_fits_several": "Several schools have a class {wanted}; say --school NUMBER:",
    "external_id_fits_several": "{wanted} fits several people; say --source or --school:",
}
_NOBODY = {"school_not_found": "school", "class_not_found": "class"}


def stop(error: NotFound | Ambiguous) -> NoReturn:
    """Say it on standard error, with what there is to choose from, and end with exit code 1."""
    wanted = error.params.get("name") or error.params.get("external_id")
    if isinstance(error, Ambiguous):
        typer.echo(_SEVERAL[error.key].format(wanted=wanted), err=True)
        for candidate in error.params["candidates"]:
            typer.echo(f"  {candidate}", err=True)
    else:
        typer.echo(f"There is no {_NOBODY.get(error.key, 'person')} {wanted!r} here.", err=True)
    raise typer.Exit(1)
