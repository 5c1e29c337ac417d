"""The same rows through `mlflow.genai.evaluate` with a judge of its own, on SQLite.

With as many workers as it takes by itself, and without its pool of connections: in that its threads wait for each other
until nothing moves.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

import mlflow
from mlflow.genai.judges import make_judge

from tests.bench.workers import tell


def main(bodies: str, url: str) -> None:
    os.environ["MLFLOW_SQLALCHEMYSTORE_POOLCLASS"] = "NullPool"
    asked = [json.loads(line)["messages"] for line in Path(bodies).read_text(encoding="utf-8").splitlines()]
    judge = make_judge(
        name="verdict",
        instructions=f"{asked[0][0]['content']}\n\n{{{{ inputs }}}}",
        model="openai:/fixed-latency",
        base_url=f"{url}/chat/completions",
        feedback_value_type=Literal["pass", "fail"],
    )
    with tempfile.TemporaryDirectory() as folder:
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment("bench")
        rows = [{"inputs": {"text": messages[-1]["content"]}} for messages in asked]
        table = mlflow.genai.evaluate(data=rows, scorers=[judge]).tables["eval_results"]
    tell(int(table["verdict/value"].notna().sum()))


if __name__ == "__main__":
    main(*sys.argv[1:3])
