"""Where the checkout lies, and real samples that may lie beside it; tests that want those skip without them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
REAL_SAMPLES = ROOT.parent / "shared" / "data"
