"""What may a team set, and what does a wrong setting look like? One frozen `Settings`, read from `flywheel.toml`."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tasks.domain.errors import WrongInput

SETTINGS_FILE = "flywheel.toml"
"""What makes a folder a workspace."""
MOST_DOLLARS = 1e9
"""Of a limit, and of the price of a million tokens: they are counted in billionths, and more is a slip."""


class Section(BaseModel):
    """A part of the settings: frozen, and closed to keys that it does not know and to numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Ingest(Section):
    """Where production's traces come from."""

    traces: tuple[str, ...] = Field(("traces/*.jsonl",), min_length=1)
    """Files or patterns, relative to the workspace: JSONL, Parquet, or what `select` reads."""
    select: str | None = None
    """A .sql file whose one `select` turns `$file` into canonical columns, for logs of any other shape."""
    max_quarantined: float = Field(0.2, ge=0, le=1)
    """The share of refused rows above which a file is not believed at all."""
    checks: Literal["stop", "warn"] = "stop"
    """What a failed expectation over the whole file does."""


class Privacy(Section):
    """What happens to personal data before anything is stored."""

    redact: Literal["basic", "off"] = "basic"


class Sample(Section):
    """How the production distribution is drawn."""

    size: int = Field(400, ge=1)
    window_days: int = Field(14, ge=1)
    strata: tuple[str, ...] = ()
    """Trace columns or keys of `metadata`: feature, scenario, persona, tenant, outcome, …"""
    seed: int = 7
    near_duplicates: float = Field(0.9, gt=0, le=1)
    """Requests at least this similar (Jaccard, over word triples) count as one."""


class JudgeSettings(Section):
    """The judge in force: one model, one prompt, and what is put into it."""

    model: str
    api_base: str | None = None
    criteria: tuple[str, ...] = Field(("safety", "goal_fulfilment", "grounding", "sentiment", "overall"), min_length=1)
    gate: str = "overall"
    """The criterion that headlines and decisions speak of."""
    documentation: str | None = None
    """A file that the judge reads as the product's documentation."""
    examples: int = Field(0, ge=0)
    """Experts' critiques from the train split that the prompt shows, where there are labels."""
    together: bool = False
    """One call an answer asks for all criteria, where otherwise each has a call of its own."""
    temperature: float | None = 0.0
    max_tokens: int = 600

    @model_validator(mode="after")
    def _gate_is_judged(self) -> Self:
        if self.gate not in self.criteria:
            raise ValueError(f"the gate '{self.gate}' is not among the criteria")
        if len(set(self.criteria)) < len(self.criteria):
            raise ValueError("a criterion is named twice")
        return self


class System(Section):
    """A system under test: a LiteLLM model with a prompt, an OpenAI-compatible endpoint, or a Python callable."""

    model: str | None = None
    api_base: str | None = None
    prompt: str | None = None
    """A file with the system message; it may use `{{ documentation }}`."""
    documentation: str | None = None
    callable: str | None = None
    """`package.module:function`, given the chat messages, returning the answer's text."""
    version: str = "1"
    """Of a callable or an endpoint whose code cannot be hashed: raise it when the system changes."""
    temperature: float | None = 0.0
    max_tokens: int = 1200


class Synthesis(Section):
    """How synthetic requests are made from real workflows."""

    workflows: str | None = None
    """A JSONL file: workflow_id, tenant, descriptor, workflow, last_run_at."""
    size: int = Field(100, ge=0)
    writer: str | None = None
    reader: str | None = None
    api_base: str | None = None
    documentation: str | None = None


class Benchmark(Section):
    """The team's own benchmark, to be held against production."""

    file: str | None = None
    """A JSONL file: item_id, messages."""


class Mirror(Section):
    """How a candidate is held against the current system."""

    candidate: str | None = None
    """The candidate that the nightly mirrors; an on-demand mirror names its own."""
    margin: float = Field(0.02, ge=0, lt=1)


class TrainingSet(Section):
    """What the training set is made of."""

    passing_share: float = Field(0.25, ge=0, le=1)
    """Rows that the current system already gets right, against forgetting, as a share of all rows."""


class Budget(Section):
    """Hard limits on what model calls may take: what is under way ends, nothing new starts.

    A call is one request, further attempts and repairs included; a day is a UTC day, over all processes.
    """

    usd_per_day: float = Field(5.0, ge=0, le=MOST_DOLLARS)
    usd_per_run: float | None = Field(None, ge=0, le=MOST_DOLLARS)
    calls_per_day: int | None = Field(None, ge=0)
    calls_per_run: int | None = Field(None, ge=0)
    tokens_per_day: int | None = Field(None, ge=0)
    tokens_per_run: int | None = Field(None, ge=0)
    price_per_million: dict[str, float | tuple[float, float]] = {}
    """US dollars a million tokens by model or pattern (prompt and completion, or one for both); 0 for one's own."""
    concurrency: int = Field(16, ge=1)
    timeout_seconds: float = Field(60.0, gt=0)
    retries: int = Field(4, ge=0)

    @field_validator("price_per_million", mode="before")
    @classmethod
    def _prices_are_dollars(cls, prices: Any) -> Any:
        for model, price in prices.items() if isinstance(prices, dict) else ():
            dollars = price if isinstance(price, list | tuple) else [price, price]
            numbers = [each for each in dollars if isinstance(each, int | float) and 0 <= each <= MOST_DOLLARS]
            if len(dollars) != 2 or len(numbers) != 2:
                raise ValueError(f"the price of '{model}' is {price!r}; expected dollars from 0 on, or two of them")
        return prices


class Tracking(Section):
    """Where cycles are logged."""

    uri: str | None = None
    """An MLflow server or store; the workspace's own `mlflow.db` where none is named."""
    experiment: str | None = None


class Settings(Section):
    """Everything that `flywheel.toml` may say."""

    name: str = Field("flywheel", pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$")
    simulated: bool = False
    """Whether the traces come from a simulated world: then every view of them says so."""
    ingest: Ingest = Ingest()
    privacy: Privacy = Privacy()
    sample: Sample = Sample()
    judge: JudgeSettings
    systems: dict[str, System] = {}
    synthesis: Synthesis = Synthesis()
    benchmark: Benchmark = Benchmark()
    mirror: Mirror = Mirror()
    training_set: TrainingSet = TrainingSet()
    budget: Budget = Budget()
    mlflow: Tracking = Tracking()


def read_settings(path: Path) -> Settings:
    """The settings of a `flywheel.toml`. Raises WrongInput that names the key, and the nearest known one."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongInput(
            f"there is no {path.name} here", file=str(path), fix="Run `flywheel init DIR` first."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"this is not TOML: {error}", file=str(path), fix="Mend the line that it names.") from None
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise _explained(error, path) from None


def _explained(error: ValidationError, path: Path) -> WrongInput:
    """The first of pydantic's complaints, in the words of the file."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(
            str(first["loc"][-1]), sorted(_known_keys(first["loc"][:-1])), n=1, cutoff=0
        )
        return WrongInput(
            f"unknown key '{key}'", file=str(path), fix=f"Did you mean '{nearest[0]}'?" if nearest else None
        )
    if first["type"] == "missing":
        return WrongInput(f"the key '{key}' is missing", file=str(path), fix="`flywheel init DIR` writes an example.")
    if first["type"] == "value_error":
        return WrongInput(f"[{key}]: {first['ctx']['error']}", file=str(path), fix=f"Change it in [{key}].")
    return WrongInput(f"'{key}' is {first['input']!r}: {first['msg']}", file=str(path), fix=f"Change '{key}'.")


def _known_keys(location: tuple[Any, ...]) -> set[str]:
    """The keys that the section at this place of the file knows."""
    section: type[BaseModel] = Settings
    for part in location:
        field = section.model_fields.get(str(part))
        if field is None:
            return set(System.model_fields)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            section = field.annotation
    return set(section.model_fields)
