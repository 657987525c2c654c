"""Settings: folders, databases, keys. The only module that reads the environment."""

from __future__ import annotations

import os
import secrets
from importlib.resources import files
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lockbox.errors import SettingsError

ROOT = Path(__file__).resolve().parents[1]  # the checkout, or the folder where the wheel is installed
IS_CHECKOUT = (ROOT / "airflow.cfg").is_file()  # Airflow needs dags/ and airflow.cfg, which are not in the wheel


def resource(name: str) -> Path:
    """A folder that ships with the code (sql, profiles): in the installed package or at the top of a checkout."""
    packaged = Path(str(files("lockbox"))) / name
    return packaged if packaged.is_dir() else ROOT / name


REFERENCE_PROFILE = resource("profiles") / "reference.toml"


class Settings(BaseSettings):
    """Each setting can be given as an environment variable with the prefix LOCKBOX_ (LOCKBOX_HOME, ...)."""

    model_config = SettingsConfigDict(env_prefix="LOCKBOX_", frozen=True, extra="ignore")

    # All state is here and nowhere else.
    home: Path = Field(default_factory=lambda: (ROOT if IS_CHECKOUT else Path.cwd()) / "var")
    database_url: str = ""  # empty: the embedded PostgreSQL under `home`
    database_patience_s: int = 20  # without a sign of life of the server for so long, what waits for it ends
    airflow_database_url: str = ""  # empty: the embedded one
    inbox: Path | None = None  # where the sites deliver; default home/inbox
    image_store: str = ""  # folder or fsspec URL ("s3://bucket/prefix"); default home/images
    profile: Path = REFERENCE_PROFILE  # the lender
    workers: int = 2  # reader processes at once
    web_port: int = 8080  # Airflow's web UI; the next free port if it is in use
    schedules: bool = True  # whether DAGs start by themselves; off while a day is run by hand
    smtp_url: str = Field(
        default="", repr=False
    )  # smtp://[user:password@]host[:port]; empty: email goes into home/outbox/email
    text_gateway_url: str = ""  # where texts are sent to; empty: texts go into home/outbox/text
    text_gateway_token: str = Field(default="", repr=False)
    alert_webhook_url: str = Field(default="", repr=False)  # where alerts are posted to; empty: nowhere
    alert_webhook_secret: str = Field(default="", repr=False)  # signs them (Standard Webhooks)
    # JSON: a secret for each web address that the profile's routes name
    alert_webhook_secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    max_image_bytes: int = 16 * 2**20
    log_level: str = "info"  # of home/logs/lockbox.log: debug, info, warning, error

    @property
    def inbox_path(self) -> Path:
        """The folder that the sites deliver into."""
        return self.inbox or self.home / "inbox"

    @property
    def image_url(self) -> str:
        """The image store."""
        return self.image_store or str(self.home / "images")

    @property
    def database_path(self) -> Path:
        """Data folder of the embedded server."""
        return self.home / "postgres"

    @property
    def log_path(self) -> Path:
        """The log of the verbs, one JSON object per line."""
        return self.home / "logs" / "lockbox.log"

    @property
    def reports_path(self) -> Path:
        """Where reports are written."""
        return self.home / "reports"

    @property
    def outbox_path(self) -> Path:
        """Print files, and messages that have no server or gateway."""
        return self.home / "outbox"

    def token_key(self) -> bytes:
        """The key that turns bank accounts into tokens; created on first use, readable by its owner only.

        Raises:
            SettingsError: the key file is too short to be a key.
        """
        path = self.home / "secrets" / "token_key"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        key = path.read_text().strip()
        if len(key) < 32:
            raise SettingsError(f"{path}: not a valid key (it needs at least 32 characters)")
        return key.encode()
