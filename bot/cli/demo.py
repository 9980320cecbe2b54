"""schoolbell demo: a lively made-up school to try everything on, with nothing to set up."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the web address.")] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Throw the demo's data away and make it anew.")
    ] = False,
    serve: Annotated[bool, typer.Option(help="With --no-serve only make the data.")] = True,
) -> None:
    """Open a demo school in the browser: talk as a mother of two, a student or a teacher."""
    import uvloop

    from bot.serving import DemoRefused, demo_panel_link, prepare_demo, serve_demo
    from core.logging import configure_logging
    from core.settings import demo_settings

    settings = demo_settings(port=port)
    configure_logging(settings)
    try:
        typer.echo(uvloop.run(prepare_demo(settings, reset=reset)))
        if serve:
            typer.echo(f"Open {settings.public_address} in a browser. Ctrl+C ends it.")
            link = uvloop.run(demo_panel_link(settings))
            typer.echo(f"The school's office, once and within five minutes: {link}")
            uvloop.run(serve_demo(settings))
    except DemoRefused as refused:
        typer.echo(f"schoolbell demo: {refused}", err=True)
        raise typer.Exit(2) from None
