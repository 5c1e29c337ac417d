"""A million traces come in without filling the memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHILD = """
import json, resource, sys
from pathlib import Path
from tasks.adapters.context import Context
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.collect.ingest import find_sources, ingest_file
from tasks.collect.redact import redaction_key
from tasks.domain.hashing import bytes_hash
from tasks.domain.settings import Privacy

root = Path(sys.argv[1])
told = []
context = Context(root, ArtifactStore(root / "artifacts"), None, lambda done, of: told.append((done, of)))
(source,) = find_sources(root, ("traces/*.jsonl",))
key = bytes_hash(redaction_key(root))
made = ingest_file(context, source=source, select=None, privacy=Privacy(), redaction=key, max_quarantined=0.2)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": made["traces"].rows, "told": len(told), "last": told[-1], "peak": peak}))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_traces_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "traces" / "load.jsonl"
    path.parent.mkdir()
    words = [f"word{n}" for n in range(2000)]
    with path.open("w", encoding="utf-8") as file:
        for n in range(1_000_000):
            wish = " ".join(words[n * step % 2000] for step in (1, 3, 7, 11, 13, 17, 19, 23, 29))
            mail = f" and mail user{n % 5000}@shop{n % 400}.test" if n % 5 == 0 else ""
            row = {
                "trace_id": f"trace-{n:07}",
                "timestamp": f"2026-03-{1 + n % 28:02}T10:{n % 60:02}:00Z",
                "tenant": f"shop-{n % 4000}",
                "messages": [{"role": "user", "content": wish + mail}],
                "output": " ".join(words[n * step % 2000] for step in (31, 37, 41, 43)),
                "metadata": {"feature": f"feature {n % 7}"},
            }
            file.write(json.dumps(row) + "\n")
    assert path.stat().st_size > 250e6
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(child.stdout)
    assert seen["rows"] == 1_000_000
    assert seen["told"] > 50, "progress is told all along"
    assert seen["last"] == [1_000_000, 1_000_000]
    kilobytes = seen["peak"] if sys.platform != "darwin" else seen["peak"] // 1024
    assert kilobytes < 1_000_000
