"""The print file: a batch of papers as one PDF, and the manifest that tells the mail house where each piece is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockbox.customer.mail_piece import MailPiece, manifest_csv
from lockbox.customer.owner_letter import OwnerLetter, draw_letter
from lockbox.customer.pdf import Document
from lockbox.customer.rejection_letter import RejectionLetter, draw_rejection
from lockbox.customer.statement import Statement
from lockbox.customer.statement_pdf import draw

Paper = Statement | OwnerLetter | RejectionLetter


@dataclass(frozen=True, slots=True)
class PrintFile:
    """One batch ready for the mail house; the same papers give the same bytes."""

    pdf: bytes
    manifest: str
    pieces: int
    pages: int


def print_file(title: str, sender: str, papers: Iterable[tuple[Paper, MailPiece]]) -> PrintFile:
    """All papers of a batch in order. Each begins on the front of a sheet: the file is printed on both sides."""
    document = Document(title, sender)
    listed: list[tuple[MailPiece, int, int]] = []
    for paper, piece in papers:
        if listed:
            document.next_page()
            if document.pages % 2 == 0:
                document.next_page()
        first = document.pages
        if isinstance(paper, OwnerLetter):
            pages = draw_letter(document, paper, piece.tracking, piece.routing)
        elif isinstance(paper, RejectionLetter):
            pages = draw_rejection(document, paper, piece.tracking, piece.routing)
        else:
            pages = draw(document, paper, piece.tracking, piece.routing)
        listed.append((piece, first, pages))
    return PrintFile(document.finish(), manifest_csv(listed), len(listed), document.pages)
