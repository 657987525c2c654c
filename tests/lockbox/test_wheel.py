"""The wheel, installed into an empty environment outside the checkout, runs a day without Airflow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.settings import Settings
from tests.builders.paths import ROOT

UV = Path(sys.prefix) / "bin" / "uv"
EVENING = ("--as-of", "2026-11-16T19:00:00-06:00")
DAY = (
    ("migrate",),
    ("simulate", "--envelopes", "4", "--contracts", "40"),
    ("mail", *EVENING),
    ("close", *EVENING),
    ("night", *EVENING),
    ("statements", *EVENING),
    ("report", "2026-11-16", *EVENING),
    ("check", "--replay", "0"),
)


def uv(*words: str | Path) -> None:
    subprocess.run([UV, *words], cwd=ROOT, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `lockbox` command of a new environment with the wheel and its dependencies in their locked versions."""
    folder = tmp_path_factory.mktemp("wheel")
    requirements, environment = folder / "requirements.txt", folder / "environment"
    uv("build", "--system-certs", "--wheel", "--out-dir", folder)
    only_simulator = ("--no-emit-project", "--no-default-groups", "--extra", "simulator")
    uv("export", "--frozen", *only_simulator, "--no-hashes", "--output-file", requirements)
    uv("venv", "--python", sys.executable, environment)
    (wheel,) = folder.glob("*.whl")
    python = environment / "bin" / "python"
    uv("pip", "install", "--system-certs", "--no-deps", "--python", python, "--requirements", requirements, wheel)
    return environment / "bin" / "lockbox"


@pytest.mark.slow
def test_a_day_from_an_installed_wheel(installed: Path, server: Settings, tmp_path: Path) -> None:
    url = sa.make_url(db.database_url(server)).set(database="wheel")
    admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text("create database wheel"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKBOX", "PYTHON", "VIRTUAL"))}
    environment = kept | {
        "LOCKBOX_HOME": str(tmp_path / "home"),
        "LOCKBOX_DATABASE_URL": url.render_as_string(hide_password=False),
        "COLUMNS": "200",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    for words in DAY:
        done = run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
    assert (tmp_path / "home" / "reports" / "2026-11-16.html").stat().st_size > 10_000
    refused = run("up")
    assert (refused.returncode, "Airflow runs only from a checkout" in refused.stderr) == (3, True)
    assert "No module named 'airflow'" in run_python(installed, environment, "import airflow")


def run_python(installed: Path, environment: dict[str, str], code: str) -> str:
    python = installed.with_name("python")
    return subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True, check=False).stderr
