"""Everything that is known of one item when its envelope is decided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ocr.reading import Candidate, DocumentKind, Field, Reading

CLEAR = 0.6  # a reading with a lower probability proves nothing against a check


@dataclass(frozen=True)
class ItemEvidence:
    """One item's reading and its source file's own fields (`carried_...`)."""

    item_id: int
    sequence: int
    reading: Reading | None
    account_tokens: frozenset[str] = frozenset()  # of the payer's bank account, for every layout its MICR line may have
    carried_cents: int | None = None
    carried_micr: bool = False  # the source file carries a valid routing number and an account number
    back_missing: bool = False
    unusable: str = ""
    is_held: bool = False  # a control of its file does not hold, and nobody accepted that

    @cached_property
    def kind(self) -> DocumentKind:
        """What the document is; an image cash letter carries only checks."""
        if self.carried_cents is not None:
            return DocumentKind.CHECK
        return self.reading.kind if self.reading and not self.unusable else DocumentKind.OTHER

    @property
    def is_lost(self) -> bool:
        """Whether nobody can know what it says: it could not be taken in or decoded."""
        undecoded = self.reading is not None and self.reading.kind_probability == 0.0 and bool(self.reading.problems)
        return bool(self.unusable) or undecoded

    def candidates(self, name: Field) -> tuple[Candidate, ...]:
        """Candidates of a field."""
        return self.reading.candidates(name) if self.reading else ()

    def clear(self, name: Field) -> str:
        """The best value of a field if it was read clearly, else ""."""
        best = self.reading.best(name) if self.reading else None
        return best.value if best and best.probability >= CLEAR else ""
