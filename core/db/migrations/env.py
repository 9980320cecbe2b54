"""Alembic's entry: our metadata on the connection that core.db.migrate hands in."""

from typing import Any, Literal

from alembic import context

from core.db.models import Base
from core.db.models.base import Thousandths, UtcDateTime


def render_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name the columns' plain types, so that they outlive our decorators."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Thousandths):
        return "sa.BigInteger()"
    return False


connection = context.config.attributes["connection"]
if connection is None:
    raise RuntimeError("migrations run through `schoolbell migrate`")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
