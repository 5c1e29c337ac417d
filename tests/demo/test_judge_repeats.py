"""The embedded judge says the same in every process: no verdict and no critique hangs on the order of a set."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, sys
from pathlib import Path
from tasks.adapters.prompts import conversation_text, prompt
from tasks.demo import judge
from tasks.domain.hashing import content_hash
from tasks.judge.criteria import read_criterion

folder = Path(sys.argv[1])
files = sorted((folder / "traces").glob("*.jsonl"))
rows = [json.loads(line) for path in files for line in path.open(encoding="utf-8")][:120]
documentation = (folder / "documentation.md").read_text(encoding="utf-8")
said = []
for name in ("overall", "grounding"):
    rubric = read_criterion(folder / "criteria" / f"{name}.md").rubric
    render = prompt("judge/binary").filled(criterion=name, rubric=rubric, documentation=documentation, examples=[])
    said += [judge.answer(render(conversation=conversation_text(r["messages"]), answer=r["output"])) for r in rows]
print(content_hash(said), len(said))
"""


def test_two_processes_say_the_same(world: Path) -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(world / "workspace")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert said.pop().split()[1] == "240"
