"""What do the libraries do unasked? Phone home, mostly; told not to before they are imported."""

from collections.abc import MutableMapping
from pathlib import Path

SILENCE = {
    "DO_NOT_TRACK": "true",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
"""MLflow takes only `true` for DO_NOT_TRACK, Prefect takes it too; LiteLLM's price map is the installed package's."""


def keep_quiet(environment: MutableMapping[str, str]) -> None:
    """Sets what the user has not set. Call it before anything else is imported."""
    for name, value in SILENCE.items():
        environment.setdefault(name, value)


def use_prefect_home(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Keeps Prefect's state in a workspace, quiet, and away from the user's own profile, unless the user names another.

    Call it before Prefect is imported.
    """
    for name, value in {
        "PREFECT_HOME": str(folder),
        "PREFECT_LOCAL_STORAGE_PATH": str(folder / "storage"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        # At its end Prefect's own server may cut a query short, and SQLAlchemy tells that with a traceback.
        "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }.items():
        environment.setdefault(name, value)
