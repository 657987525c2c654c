"""A site day at Dallas, posted and ready to close, and a check as an image."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from PIL import Image, ImageDraw

from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from tests.builders import ledger as make

SCOPE = SiteDayScope("dallas", make.DAY)
NIGHT = datetime(2026, 11, 17, 7, 10, tzinfo=UTC)  # 1:10 am in Dallas: the reference policy closes whatever is missing


def posted_day(runtime: Runtime) -> Runtime:
    """A posted day in two batches: three checks posted, one in suspense, one in review, one rejected."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contracts = [make.contract(connection, no) for no in (1, 2, 3)]
        batch_id = make.batch(connection, "D001", envelopes=3, documents=4)
        make.posted_check(connection, make.item(connection, batch_id, 1), contracts[0], make.INSTALLMENT_CENTS)
        make.posted_check(connection, make.item(connection, batch_id, 2), contracts[1], make.INSTALLMENT_CENTS + 99)
        make.suspense_check(connection, make.item(connection, batch_id, 3), 20_000)
        make.decision(connection, make.item(connection, batch_id, 4, envelope_no=1), "support", None, kind="coupon")
        batch_id = make.batch(connection, "D002", envelopes=3, documents=3)
        make.posted_check(connection, make.item(connection, batch_id, 1), contracts[2], 10_000)
        make.decision(connection, make.item(connection, batch_id, 2), "review", None, reasons=["amount_unread"])
        make.decision(connection, make.item(connection, batch_id, 3), "reject", 5_000, reasons=["unsigned"])
        for no in ("D001", "D002"):
            make.stages_done(connection, f"{SCOPE}/{no}")
        make.manifest(connection, [("D001", 3, 4), ("D002", 3, 3)])
    return runtime


def lacking_day(runtime: Runtime, *, declared: int = 21, captured: int = 18) -> Runtime:
    """A posted day of one batch that declares more documents than were captured; its manifest says the same."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        batch_id = make.batch(connection, "D001", envelopes=declared, documents=declared)
        for sequence in range(1, captured + 1):
            item_id = make.item(connection, batch_id, sequence)
            make.decision(connection, item_id, "review", None, reasons=["amount_unread"])
        make.stages_done(connection, f"{SCOPE}/D001")
        make.manifest(connection, [("D001", declared, declared)])
    return runtime


def check_image(turned: bool = False) -> bytes:
    """A white check, 1200 x 550 at 200 dpi, with a black MICR line at the bottom and a black corner at the top left."""
    picture = Image.new("L", (1200, 550), 255)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 120, 60), fill=0)
    draw.rectangle((100, 490, 1000, 515), fill=0)
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_180)
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF")
    return buffer.getvalue()
