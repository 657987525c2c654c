"""What a site announced against what was captured, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable

from lockbox.mail.manifest import ManifestBatch


def differences(announced: Iterable[ManifestBatch], captured: Iterable[ManifestBatch]) -> set[tuple[str, str]]:
    """Batch and what differs: "missing", "unannounced", "envelopes" or "documents"."""
    listed = {batch.batch_no: batch for batch in announced}
    received = {batch.batch_no: batch for batch in captured}
    return {
        *((batch_no, "missing") for batch_no in listed.keys() - received.keys()),
        *((batch_no, "unannounced") for batch_no in received.keys() - listed.keys()),
        *(
            (batch_no, count)
            for batch_no in listed.keys() & received.keys()
            for count in ("envelopes", "documents")
            if getattr(listed[batch_no], count) != getattr(received[batch_no], count)
        ),
    }
