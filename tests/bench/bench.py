"""How much of the time is ours? The bare loop and `flywheel judge` in turn, on one endpoint, in one run.

    python -m tests.bench.bench [--peers] [--large]

Absolute times differ from machine to machine and from hour to hour: compare the ratios, on a machine that is idle.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.bench.job import Job, adds_up
from tests.bench.measuring import Bench, Run, bench
from tests.bench.report import Line, Target, exactly, middle_of, table, targets_text

Peers = dict[str, tuple[str, str]]
"""By name: the module that must be installed, and our script."""
PEERS: Peers = {"openai client alone": ("openai", "openai_client"), "litellm alone": ("litellm", "litellm_alone")}
SLOW_PEERS: Peers = {"mlflow.genai.evaluate": ("mlflow", "mlflow_genai")}
FAULTS = {"rate_limit": 0.1, "error": 0.05, "garbage": 0.05}
LARGE = 100_000
Part = Line | Target


def in_turn(job: Job, rounds: int, peers: Peers, slow: Peers) -> Iterator[Part]:
    """The bare loop, us cold and warm, and the peers, one after the other, several times; the slow peers once."""
    items = job.items()
    bodies = job.bodies(items)
    runs: dict[str, list[Run]] = {}
    broken: dict[str, str] = {}
    job.bench.reset(latency_ms=job.latency_ms)
    for number in range(rounds):
        cache = job.cache()
        turn = {"bare aiohttp loop": job.script("bare_loop", bodies), "flywheel judge, cold": job.judge(items, cache)}
        turn["flywheel judge, warm"] = job.judge(items, cache)
        for name, (module, file) in (peers if number else peers | slow).items():
            if find_spec(module):
                turn[name] = job.script(f"peers.{file}", bodies)
        for name, words in turn.items():
            try:
                runs.setdefault(name, []).append(job.bench.run(words))
            except RuntimeError as error:
                if name not in peers | slow:
                    raise
                broken[name] = str(error).splitlines()[-1]
    middle = {name: middle_of(several) for name, several in runs.items() if several}
    bare, cold, warm, *_ = middle.values()
    yield from (Line(name, run) for name, run in middle.items())
    for name in peers | slow:
        if name not in middle:
            yield Line(name, None, broken.get(name, "not installed"))
    yield Target("cold: wall time over the bare loop's", cold.wall / bare.wall, 1.5)
    yield Target("cold: CPU seconds", cold.cpu, 3.0)
    yield Target("cold: peak MB", cold.peak_mb, 150)
    yield exactly("cold: requests", cold.requests, job.rows)
    yield exactly("cold: rows judged", cold.said["accounting"]["judged"], job.rows)
    yield exactly("warm: requests", warm.requests, 0)
    yield Target("warm: seconds", warm.wall, 1.0)


def changes(job: Job) -> Iterator[Part]:
    """What is asked anew where ten rows, or the rubric, have changed."""
    cache, changed = job.cache(), min(10, job.rows)
    job.bench.reset(latency_ms=job.latency_ms)
    job.bench.run(job.judge(job.items(), cache))
    rows = job.bench.run(job.judge(job.items("changed", changed=changed), cache))
    rubric = job.bench.run(job.judge(job.items(), cache, rubric=job.rubric("Say so where it is close.\n")))
    yield Line(f"{changed} rows changed", rows)
    yield Line("rubric changed", rubric)
    yield exactly(f"{changed} rows changed: requests", rows.requests, changed)
    yield exactly("rubric changed: requests", rubric.requests, job.rows)


def killed(job: Job) -> Iterator[Part]:
    """Killed at half, and run again on the same cache."""
    words = job.judge(job.items(), job.cache())
    job.bench.reset(latency_ms=job.latency_ms)
    job.bench.kill_after(job.rows // 2, words)
    again = job.bench.run(words)
    yield Line("killed at half, then again", again)
    yield Target("killed at half: requests made twice", job.bench.requests() - job.rows, job.workers)
    yield exactly("killed at half: rows judged", again.said["accounting"]["judged"], job.rows)


def faults(job: Job, sets: int) -> Iterator[Part]:
    """One request in five fails, over several sets of rows; then one in a hundred hangs."""
    job.bench.reset(latency_ms=job.latency_ms, **FAULTS)
    runs = [job.bench.run(job.judge(job.items(seed=seed), job.cache())) for seed in range(sets)]
    yield Line("20 % faults" + f", median of {sets} sets" * (sets > 1), middle_of(runs))
    yield exactly("20 % faults: sets of rows that add up", sum(adds_up(run, job.rows) for run in runs), sets)
    job.bench.reset(latency_ms=job.latency_ms, hang=0.01)
    hanging = job.bench.run(job.judge(job.items(), job.cache(), timeout=5))
    yield Line("1 % hang, --timeout 5", hanging)
    yield exactly("1 % hang: rows that add up", job.rows * adds_up(hanging, job.rows), job.rows)


def together(job: Job) -> Iterator[Part]:
    """Two processes on the same rows and the same cache, at the same time."""
    items, cache = job.items(), job.cache()
    job.bench.reset(latency_ms=job.latency_ms)
    one, other = job.bench.together([job.judge(items, cache, out=name) for name in ("one", "other")])
    yield Line("two at once: the first", one)
    yield Line("two at once: the second", other)
    yield Target("two at once: requests of both", one.requests, 1.05 * job.rows, job.rows)
    yield exactly("two at once: same verdicts", same_values(job.verdicts("one"), job.verdicts("other")), job.rows)


def large(job: Job) -> Iterator[Part]:
    """Whether memory grows with the rows."""
    job.bench.reset(latency_ms=2)
    few, many = (job.bench.run(job.judge(job.items(rows=rows), job.cache())) for rows in (job.rows, LARGE))
    yield Line(f"{job.rows:,} rows at 2 ms", few)
    yield Line(f"{LARGE:,} rows at 2 ms", many)
    yield Target(f"{LARGE:,} rows: MB more than for {job.rows:,}", many.peak_mb - few.peak_mb, 200)
    yield exactly(f"{LARGE:,} rows: judged", many.said["accounting"]["judged"], LARGE)


def same_values(one: Path, other: Path) -> int:
    """How many rows have the same verdict in both files."""
    values = [
        {row["item_id"]: row["value"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
        for path in (one, other)
    ]
    return sum(values[0][item] is not None and values[0][item] == values[1].get(item) for item in values[0])


def measured(started: Bench, options: argparse.Namespace, folder: Path) -> Iterator[Part]:
    """Everything that the options ask for, part by part."""
    job = Job(folder, started, options.rows, options.workers, options.latency_ms)
    yield from in_turn(job, options.rounds, PEERS, SLOW_PEERS if options.peers else {})
    yield from changes(job)
    yield from killed(job)
    yield from faults(job, options.sets)
    yield from together(job)
    if options.large:
        yield from large(job)


def chosen(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=50, help="requests under way")
    parser.add_argument("--latency-ms", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", type=int, default=1, help="sets of rows that meet the faults")
    parser.add_argument("--peers", action="store_true", help="also mlflow.genai.evaluate, which takes minutes")
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} rows")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    options, load = chosen(words), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, bench() as started:
        parts = list(measured(started, options, Path(folder)))
    lines = [part for part in parts if isinstance(part, Line)]
    targets = [part for part in parts if isinstance(part, Target)]
    assert lines[0].run is not None, "the bare loop comes first"
    machine = f"{os.cpu_count()} cores, load {load:.1f} at the start"
    sys.stdout.write(f"{options.rows:,} rows, {options.latency_ms:g} ms, {options.workers} under way; {machine}\n\n")
    sys.stdout.write(f"{table(lines, lines[0].run)}\n\n{targets_text(targets)}\n")
    return 0 if all(target.holds for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
