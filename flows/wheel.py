"""How does the wheel turn? Each method runs one stretch of it, as steps that are done once, and hands on what it made.

Flows and verbs share these methods: what a verb has done is cached in the next nightly, and the other way round.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Self

import polars as pl

from flows.output import StepLog
from tasks.adapters.callables import register as register_callable
from tasks.adapters.context import Context
from tasks.adapters.models.budget import LIMITS, Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.dry_gateway import DryGateway
from tasks.adapters.models.dry_run import DryRun
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.steps import Step, StepFunction, StepRun
from tasks.adapters.store.labels import labels_in_force
from tasks.adapters.workspace import Workspace
from tasks.collect.ingest import find_sources, ingest_file
from tasks.collect.label import snapshot_labels
from tasks.collect.redact import redacted, redacted_text, redaction_key
from tasks.collect.sample import latest_day, sample_traces
from tasks.collect.validate import validate_traces
from tasks.compare.answering import answer_requests
from tasks.compare.deciding import compare_systems
from tasks.compare.requests import benchmark_requests, production_requests, read_benchmark
from tasks.compare.systems import read_system
from tasks.demo.provider import register as register_embedded
from tasks.domain.artifact import Artifact
from tasks.domain.criterion import Criterion
from tasks.domain.cycle import StepSummary
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash
from tasks.domain.judge import Example, Judge
from tasks.domain.system import SystemUnderTest
from tasks.domain.verdict import Accounting
from tasks.improve.failures import collect_failures
from tasks.improve.synthesize import keep_requests, write_requests
from tasks.improve.training_set import training_rows
from tasks.improve.workflows import choose_workflows
from tasks.judge.asking import judge_prompt
from tasks.judge.criteria import read_criteria
from tasks.judge.examples import choose_examples, dev_outputs, labelled_outputs, read_examples
from tasks.judge.judging import judge_outputs
from tasks.judge.preferring import prefer_outputs
from tasks.judge.rates import production_rates, recorded_outputs
from tasks.judge.together import asked_together, choose_shared_examples, judge_together, read_shared_examples
from tasks.judge.trust import judge_trust

RunStep = Callable[[Step], StepRun]
Verdicts = dict[str, Artifact]
"""A table of verdicts for each criterion."""
OWN_PRICES: dict[str, float | tuple[float, float]] = {"embedded/*": 0.0, "callable/*": 0.0}
"""What runs in this process costs nothing; what a callable calls in turn is its own affair."""
ROWS_WITH_A_STATUS = ("answers", "preferences", "verdicts", "written")


def run_here(step: Step) -> StepRun:
    """Runs a step in this process, without an orchestrator."""
    return step.run()


@dataclass(frozen=True)
class Sampled:
    """The production distribution of a window."""

    until: str
    sample: Artifact
    strata: Artifact
    requests: Artifact
    outputs: Artifact


@dataclass(frozen=True)
class Labelled:
    """What the people have labelled, and what their majority says."""

    labels: Artifact
    outputs: Artifact
    majority: Artifact


@dataclass(frozen=True)
class Answered:
    """What one system answered, and what the judges say of it."""

    system: SystemUnderTest
    answers: Artifact
    verdicts: Verdicts


@dataclass(frozen=True)
class Synthetic:
    """Requests written from real workflows."""

    chosen: Artifact
    requests: Artifact
    dropped: Artifact


@dataclass(frozen=True)
class Mirrored:
    """A candidate against the current system: the decision on production's requests, and the synthetic ones apart."""

    candidate_name: str
    current: Answered
    candidate: Answered
    preferences: Verdicts
    """On subjective criteria."""
    decision: Artifact
    synthetic_decision: Artifact | None


@dataclass
class Wheel:
    """A workspace at work. Use it in a `with` block: the models' door is closed at the end."""

    workspace: Workspace
    run_step: RunStep = run_here
    log: StepLog = field(default_factory=StepLog)
    allow_unknown_cost: bool = False
    dry: bool = False
    """Ask no model: calls that the cache does not answer are planned and skipped."""
    steps: dict[str, list[StepRun]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_gateway" in self.__dict__:
            self._gateway.cache.close()

    def ingest(self) -> tuple[Artifact, ...]:
        """Every source file, checked row by row and as a whole; one that has not changed is not read again."""
        settings = self.workspace.settings
        root = self.workspace.root
        select = settings.ingest.select and self.workspace.text(settings.ingest.select, "ingest.select")
        files = [
            self._run(
                "ingest",
                ingest_file,
                source=source,
                select=select,
                privacy=settings.privacy,
                redaction=self._redaction and bytes_hash(self._redaction),
                max_quarantined=settings.ingest.max_quarantined,
            )
            for source in find_sources(root, settings.ingest.traces)
        ]
        traces = tuple(each["traces"] for each in files)
        profiles = tuple(each["profile"] for each in files)
        self._run("validate", validate_traces, traces=traces, profiles=profiles, settings=settings.ingest)
        return traces

    def sample(self, traces: tuple[Artifact, ...], as_of: str | None = None) -> Sampled:
        """The production distribution of the window that ends at `as_of`, or after the latest trace."""
        until = _day(as_of) if as_of else latest_day(self.context, traces)
        settings = self.workspace.settings.sample
        drawn = self._run("sample", sample_traces, traces=traces, settings=settings, until=until)
        requests = self._run("sample.requests", production_requests, sample=drawn["sample"])
        outputs = self._run("sample.outputs", recorded_outputs, sample=drawn["sample"])
        return Sampled(until, drawn["sample"], drawn["strata"], requests["requests"], outputs["outputs"])

    @property
    def has_labels(self) -> bool:
        """Whether anybody has labelled anything yet."""
        return not labels_in_force(self.workspace.labels).is_empty()

    def labelled(self, traces: tuple[Artifact, ...]) -> Labelled | None:
        """The labels of this moment, where there are any."""
        rows = labels_in_force(self.workspace.labels)
        if rows.is_empty():
            return None
        stored = self.context.store.write(rows)
        labels = self._run("labels", snapshot_labels, labels=stored)["labels"]
        made = self._run("labels.outputs", labelled_outputs, traces=traces, labels=labels)
        return Labelled(labels, made["outputs"], made["majority"])

    def judges(self, labelled: Labelled | None) -> dict[str, Judge]:
        """The judge of each criterion: the workspace's model, rubric and documentation, and the experts' critiques."""
        settings = self.workspace.settings.judge
        documentation = settings.documentation and self.workspace.text(settings.documentation, "judge.documentation")
        examples = self._examples(labelled)
        judges = {
            name: Judge(
                model=settings.model,
                api_base=settings.api_base,
                prompt=judge_prompt(criterion.scale).hash,
                criterion=criterion,
                documentation=documentation,
                examples=examples.get(name, ()),
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
            )
            for name, criterion in self.criteria.items()
        }
        if not self.together:
            return judges
        return dict(zip(judges, asked_together(tuple(judges.values())), strict=True))

    def judge(self, which: str, outputs: Artifact, judges: Mapping[str, Judge]) -> Verdicts:
        """Every judge's verdicts on the outputs: one criterion a step, or all in one where they are asked together."""
        if self.together:
            told = self._run(f"judge.{which}", judge_together, outputs=outputs, judges=tuple(judges.values()))
            return {name: told[f"verdicts.{name}"] for name in judges}
        return {
            name: self._run(f"judge.{which}.{name}", judge_outputs, outputs=outputs, judge=judge)["verdicts"]
            for name, judge in judges.items()
        }

    def prefer(self, which: str, current: Artifact, candidate: Artifact, judges: Mapping[str, Judge]) -> Verdicts:
        """For each subjective criterion which of two systems' outputs its judge prefers, asked in both orders."""
        return {
            name: self._run(
                f"prefer.{which}.{name}", prefer_outputs, current=current, candidate=candidate, judge=judge
            )["preferences"]
            for name, judge in judges.items()
            if judge.criterion.subjective
        }

    def rates(self, sampled: Sampled, verdicts: Verdicts) -> Artifact:
        """The pass rate of production, by criterion and stratum."""
        tables = tuple(verdicts.values())
        return self._run("rates", production_rates, sample=sampled.sample, verdicts=tables)["rates"]

    def trust(self, labelled: Labelled | None, judges: Mapping[str, Judge]) -> Artifact | None:
        """How well the judges agree with the people, on labelled outputs that no prompt has shown."""
        if labelled is None:
            return None
        unseen = self._run("labels.dev", dev_outputs, outputs=labelled.outputs)["outputs"]
        verdicts = self.judge("labelled", unseen, judges)
        return self._run(
            "trust", judge_trust, labels=labelled.labels, outputs=unseen, verdicts=tuple(verdicts.values())
        )["trust"]

    def benchmark(self) -> Artifact | None:
        """The team's own benchmark, where it has one."""
        settings = self.workspace.settings.benchmark
        if settings.file is None:
            return None
        text = self._redacted(read_benchmark(self.workspace.root, settings.file))
        return self._run("benchmark", benchmark_requests, text=text, file=settings.file)["requests"]

    def answered(self, which: str, name: str, requests: Artifact, judges: Mapping[str, Judge]) -> Answered:
        """What the named system answers to the requests, judged blind: a verdict's call holds no system's name."""
        system = read_system(self.workspace, name)
        answers = self._run(f"answer.{which}", answer_requests, requests=requests, system=system)["answers"]
        return Answered(system, answers, self.judge(which, answers, judges))

    def synthesize(self, until: str, benchmark: Artifact | None) -> Synthetic | None:
        """Requests written from real workflows, where the workspace names them."""
        settings = self.workspace.settings.synthesis
        if settings.workflows is None or settings.writer is None or settings.size == 0:
            return None
        text = self.workspace.text(settings.workflows, "synthesis.workflows")
        documentation = settings.documentation and self.workspace.text(
            settings.documentation, "synthesis.documentation"
        )
        chosen = self._run(
            "synthesize.choose",
            choose_workflows,
            file=settings.workflows,
            file_hash=bytes_hash(text.encode()),
            redaction=self._redaction and bytes_hash(self._redaction),
            until=until,
            size=settings.size,
            seed=self.workspace.settings.sample.seed,
        )["workflows"]
        spoken = {"api_base": settings.api_base, "documentation": documentation}
        written = self._run("synthesize.write", write_requests, workflows=chosen, model=settings.writer, **spoken)[
            "written"
        ]
        kept = self._run(
            "synthesize.keep",
            keep_requests,
            written=written,
            benchmark=benchmark,
            model=settings.reader or settings.writer,
            near_duplicates=self.workspace.settings.sample.near_duplicates,
            **spoken,
        )
        return Synthetic(chosen, kept["synthetic"], kept["dropped"])

    def mirror(
        self, candidate: str, sampled: Sampled, synthetic: Synthetic | None, judges: Mapping[str, Judge]
    ) -> Mirrored:
        """The same requests through the current system and the candidate, and the decision between them."""
        settings = self.workspace.settings
        systems = {"current": "current", "candidate": candidate}
        answered = {which: self.answered(which, name, sampled.requests, judges) for which, name in systems.items()}
        apart = (
            {
                which: self.answered(f"{which}.synthetic", name, synthetic.requests, judges)
                for which, name in systems.items()
            }
            if synthetic is not None and synthetic.requests.rows
            else None
        )

        def preferred(which: str, sides: Mapping[str, Answered]) -> Verdicts:
            return self.prefer(which, sides["current"].answers, sides["candidate"].answers, judges)

        def decided(where: str, requests: Artifact, sides: Mapping[str, Answered], preferences: Verdicts) -> Artifact:
            return self._run(
                where,
                compare_systems,
                requests=requests,
                current=tuple(sides["current"].verdicts.values()),
                candidate=tuple(sides["candidate"].verdicts.values()),
                margin=settings.mirror.margin,
                preferences=tuple(preferences.values()),
            )["decision"]

        preferences = preferred("production", answered)
        return Mirrored(
            candidate,
            answered["current"],
            answered["candidate"],
            preferences,
            decided("decide", sampled.requests, answered, preferences),
            decided("decide.synthetic", synthetic.requests, apart, preferred("synthetic", apart))
            if synthetic and apart
            else None,
        )

    def failures(self, sampled: Sampled, verdicts: Verdicts) -> Artifact:
        """Production's failed verdicts, with what explains them."""
        tables = tuple(verdicts.values())
        return self._run("failures", collect_failures, sample=sampled.sample, verdicts=tables)["failures"]

    def training_rows(
        self,
        sampled: Sampled,
        verdicts: Verdicts,
        mirrored: Mirrored | None,
        synthetic: Synthetic | None,
        benchmark: Artifact | None,
    ) -> Artifact:
        """What a system can learn from this cycle."""
        settings = self.workspace.settings
        gate = settings.judge.gate
        return self._run(
            "training_set",
            training_rows,
            sample=sampled.sample,
            verdicts=(verdicts[gate],),
            candidate_answers=mirrored.candidate.answers if mirrored else None,
            candidate_verdicts=(mirrored.candidate.verdicts[gate],) if mirrored else (),
            synthetic=synthetic.requests if synthetic else None,
            benchmark=benchmark,
            gate=gate,
            passing_share=settings.training_set.passing_share,
        )["rows"]

    @cached_property
    def context(self) -> Context:
        """The doors that steps are given."""
        return Context(
            root=self.workspace.root,
            store=self.workspace.artifacts,
            gateway=lambda: self._gateway,
            progress=self.log.progress,
        )

    @cached_property
    def criteria(self) -> dict[str, Criterion]:
        """The workspace's criteria, by name."""
        return read_criteria(self.workspace.root / "criteria", self.workspace.settings.judge.criteria)

    @cached_property
    def _redaction(self) -> bytes | None:
        """The workspace's key for pseudonyms; None where it keeps texts as they are."""
        return redaction_key(self.workspace.root) if self.workspace.settings.privacy.redact != "off" else None

    def _redacted(self, text: str) -> str:
        return redacted_text(text, self._redaction) if self._redaction else text

    def redacted(self, texts: pl.Series) -> pl.Series:
        """A column of texts with pseudonyms in the place of personal data."""
        return redacted(texts, self._redaction) if self._redaction else texts

    def summary(self) -> dict[str, StepSummary]:
        """What became of each step. Steps of one name (a file each, say) are told together."""
        return {
            name: StepSummary(
                state="ran" if any(run.state == "ran" for run in runs) else "cached",
                seconds=round(sum(run.record.seconds for run in runs if run.state == "ran"), 3),
                model_calls=sum(run.record.model_calls for run in runs if run.state == "ran"),
                cost_usd=sum(run.record.cost_usd for run in runs if run.state == "ran"),
                accounting=self._accounting(runs),
            )
            for name, runs in self.steps.items()
        }

    def _accounting(self, runs: list[StepRun]) -> Accounting | None:
        """Where the rows ended up that steps judged or answered; None for steps that do neither."""
        tables = [table for run in runs for name, table in run.record.outputs.items() if _has_statuses(name)]
        if not tables:
            return None
        statuses = (status for table in tables for status in self.context.store.read(table)["status"])
        return Accounting.of(statuses)

    @property
    def planned(self) -> DryRun:
        """What the calls of a dry wheel would take, as far as they are known."""
        if not isinstance(self._gateway, DryGateway):
            raise TypeError("only a dry wheel plans")
        return self._gateway.planned

    @property
    def together(self) -> bool:
        """Whether one call asks for all criteria; a single criterion is asked alone in any case."""
        return self.workspace.settings.judge.together and len(self.criteria) > 1

    def _run(self, name: str, function: StepFunction, **inputs: Any) -> StepRun:
        self.log.begin(name)
        began = time.monotonic()
        done = self.run_step(Step(name, function, inputs, self.context, self.workspace.manifest))
        self.steps.setdefault(name, []).append(done)
        if "_gateway" in self.__dict__:
            self._gateway.raise_if_stopped()
        self.log.end(done.state, time.monotonic() - began, done.record.model_calls)
        return done

    def _examples(self, labelled: Labelled | None) -> dict[str, tuple[Example, ...]]:
        """The experts' critiques that the judge of each criterion is shown."""
        settings = self.workspace.settings.judge
        if labelled is None or settings.examples == 0:
            return {}
        given = {"outputs": labelled.outputs, "majority": labelled.majority, "size": settings.examples}
        if self.together:
            shared = self._run("examples.shared", choose_shared_examples, gate=settings.gate, **given)["examples"]
            rows = self.context.store.read(shared)
            return {name: read_shared_examples(rows, name) for name in self.criteria}
        chosen = {
            name: self._run(f"examples.{name}", choose_examples, criterion=name, **given)["examples"]
            for name in self.criteria
        }
        return {name: read_examples(self.context.store.read(each)) for name, each in chosen.items()}

    @cached_property
    def _gateway(self) -> Gateway:
        """The one door to the models, opened by the first step that needs it."""
        limits = self.workspace.settings.budget
        return (DryGateway if self.dry else Gateway)(
            cache=CallCache(self.workspace.calls),
            budget=Budget(
                **{name: getattr(limits, name) for name in LIMITS},
                price_per_million=OWN_PRICES | limits.price_per_million,
                allow_unknown_cost=self.allow_unknown_cost,
            ),
            concurrency=limits.concurrency,
            timeout=limits.timeout_seconds,
            retries=limits.retries,
            providers={
                "embedded": register_embedded,
                "callable": lambda: register_callable(self.workspace.root),
            },
        )


def _has_statuses(table: str) -> bool:
    """Whether the rows of a table end in a status. What follows a dot in its name tells tables of one kind apart."""
    return table.partition(".")[0] in ROWS_WITH_A_STATUS


def _day(text: str) -> str:
    """A day in the one way of writing it, so that equal windows are the same step. Raises WrongInput."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise WrongInput(f"'{text}' is not a day", fix="Write it as 2026-01-31.") from None
