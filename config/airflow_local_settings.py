"""Airflow's local settings: what its home page says to operators."""

import sys

if "api-server" in sys.argv:  # the import costs seconds, and nothing else shows the page
    from airflow.api_fastapi.common.types import UIAlert

    DASHBOARD_UIALERTS = [
        UIAlert(
            text="The triggerer is red because it is not started: nothing here needs it, and one takes 170 MB. "
            "What needs attention is in the DAG Alerts, task *What needs attention*, as `lockbox status` shows it.",
            category="info",
        )
    ]
