"""What can be measured of telling people: sends by outcome, how long news takes, how long deciding takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from core.db.deliveries import DueDelivery
from core.queries.queue import Depth

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600)


class Metrics:
    """The figures of one process, in a registry of its own; names and labels hold nobody's data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._outcomes = Counter(
            "schoolbell_messages_total",
            "Messages by what became of them.",
            ("messenger", "outcome"),
            registry=self.registry,
        )
        self._latency = Histogram(
            "schoolbell_event_to_sent_seconds",
            "From what happened to the messenger's answer, for news told at once.",
            ("messenger",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._lateness = Histogram(
            "schoolbell_due_to_sent_seconds",
            "From when news was due to the messenger's answer.",
            ("messenger",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._fan_out = Histogram(
            "schoolbell_fan_out_seconds",
            "Deciding whom to tell of one event.",
            buckets=(0.005, 0.02, 0.1, 0.5, 1, 2, 4, 10),
            registry=self.registry,
        )
        self._depth = Gauge(
            "schoolbell_queue_depth",
            "Deliveries that wait or are on their way.",
            ("messenger", "priority", "state"),
            registry=self.registry,
        )
        self._oldest = Gauge(
            "schoolbell_oldest_due_seconds",
            "How long the oldest due delivery has been waiting.",
            ("messenger",),
            registry=self.registry,
        )
        self._stuck = Gauge(
            "schoolbell_stuck_events",
            "Events that could not be turned into deliveries and are tried again.",
            registry=self.registry,
        )

    def told(self, messenger: str, outcome: str) -> None:
        """Count one message that did not go out."""
        self._outcomes.labels(messenger, outcome).inc()

    def sent(self, messenger: str, now: datetime, deliveries: Sequence[DueDelivery]) -> None:
        """Count one message that went out, and how long it took."""
        self._outcomes.labels(messenger, "sent").inc()
        first = deliveries[0]
        self._lateness.labels(messenger).observe(max(0.0, (now - first.not_before).total_seconds()))
        if first.bundle not in ("digest", "weekly"):
            self._latency.labels(messenger).observe(max(0.0, (now - first.happened_at).total_seconds()))

    def fanned_out(self, seconds: float) -> None:
        """Note how long it took to decide whom to tell of an event."""
        self._fan_out.observe(seconds)

    def exposed(self, depths: Iterable[Depth], stuck: int, now: datetime) -> bytes:
        """All figures in Prometheus' text form, the queue as it was just asked."""
        self._depth.clear()
        self._oldest.clear()
        waited: defaultdict[str, float] = defaultdict(float)
        for one in depths:
            self._depth.labels(one.messenger.value, str(one.priority), one.state.value).inc(one.count)
            if one.oldest_due is not None:
                seconds = (now - one.oldest_due).total_seconds()
                waited[one.messenger.value] = max(seconds, waited[one.messenger.value])
        for messenger, seconds in waited.items():
            self._oldest.labels(messenger).set(seconds)
        self._stuck.set(stuck)
        return generate_latest(self.registry)
