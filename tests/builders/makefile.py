"""The Makefile and its targets."""

from __future__ import annotations

import re

from tests.builders.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):(?: setup)? ## ", MAKEFILE, re.MULTILINE))
