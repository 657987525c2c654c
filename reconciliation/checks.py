"""The checks that stop a day from closing, and what each looks at."""

from __future__ import annotations

from lockbox.checks import About, Finding, about_checks, run_checks

__all__ = ["About", "Finding", "about_checks", "run_checks"]
