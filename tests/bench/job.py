"""What is everybody given to do? The same rows, the same rubric, the same requests."""

import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measuring import ROOT, Bench, Run

RUBRIC = ROOT / "flows" / "workspace" / "criteria" / "safety.md"
FLYWHEEL = Path(sys.executable).with_name("flywheel")
STATUSES = ("judged", "abstained", "failed", "skipped")
INPUT_WORDS, OUTPUT_WORDS = 60, 120


@dataclass
class Job:
    """A folder with items and caches, and the command lines of those who judge them."""

    folder: Path
    bench: Bench
    rows: int
    workers: int
    latency_ms: float
    _caches: list[Path] = field(default_factory=list)

    def items(self, name: str = "items", *, seed: int = 1, changed: int = 0, rows: int | None = None) -> Path:
        """Rows of words without a meaning. The same seed gives the same rows, but for the first that are changed."""
        draw, words = random.Random(seed), RUBRIC.read_text(encoding="utf-8").split()
        path = self.folder / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(rows or self.rows):
                row = {"item_id": f"row-{number}", "input": " ".join(draw.choices(words, k=INPUT_WORDS))}
                row["output"] = " ".join(draw.choices(words, k=OUTPUT_WORDS)) + " but" * (number < changed)
                file.write(json.dumps(row) + "\n")
        return path

    def rubric(self, more: str = "") -> Path:
        """The criterion, with a sentence more."""
        path = self.folder / f"safety-{len(more)}.md"
        path.write_text(RUBRIC.read_text(encoding="utf-8") + more, encoding="utf-8")
        return path

    def cache(self) -> Path:
        """A row cache in which there is nothing."""
        self._caches.append(self.folder / f"cache-{len(self._caches)}")
        return self._caches[-1]

    def judge(
        self, items: Path, cache: Path, *, rubric: Path | None = None, out: str = "out", **more: object
    ) -> list[object]:
        """`flywheel judge` on the items."""
        named = [word for name, value in more.items() for word in (f"--{name}", value)]
        words = [FLYWHEEL, "judge", items, "--criterion", rubric or self.rubric(), "--json", "--cache", cache]
        words += ["--model", "hosted_vllm/fixed-latency", "--api-base", self.bench.url, "--concurrency", self.workers]
        return [*words, "--out", self.verdicts(out), *named]

    def verdicts(self, out: str = "out") -> Path:
        return self.folder / f"{out}.verdicts.jsonl"

    def bodies(self, items: Path) -> Path:
        """The requests that we make for the items, word by word, for the others to make."""
        path = self.folder / "bodies.jsonl"
        self.bench.reset(record=True)
        self.bench.run(self.judge(items, self.cache()))
        path.write_bytes(self.bench.bodies())
        return path

    def script(self, module: str, bodies: Path) -> list[object]:
        """One of the loops beside us on the same requests."""
        return [sys.executable, "-m", f"tests.bench.{module}", bodies, self.bench.url, self.workers]


def accounting(run: Run) -> str:
    """Where the rows ended up: ours by status, or of another how many it answered."""
    if "answered" in run.said:
        return f"{run.said['answered']:,} answered"
    counts = run.said.get("accounting", {})
    return ", ".join(f"{counts[name]:,} {name}" for name in STATUSES if counts.get(name)) or "none"


def adds_up(run: Run, rows: int) -> bool:
    """Whether every row is accounted for."""
    counts = run.said.get("accounting", {})
    return bool(sum(counts.get(name, 0) for name in STATUSES) == counts.get("n") == rows)
