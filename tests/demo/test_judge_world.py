"""The judge against the simulated experts, on a seed that its fixed weights were not set on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

import tasks.demo
from tasks.adapters.prompts import conversation_text, front_matter, prompt
from tasks.demo import judge
from tasks.demo.agent import Agent, train
from tasks.demo.catalogue import load_catalogue
from tasks.demo.documentation import documentation
from tasks.demo.generator.experts import EXPERTS, label, majority
from tasks.demo.generator.history import draw_workflows
from tasks.demo.generator.merchants import draw_merchants
from tasks.demo.generator.production import draw_production
from tasks.demo.generator.training import chat_row, engineering_requests

SEED = 20
CRITERIA = Path(tasks.demo.__file__).with_name("criteria")
VIBE = "Rate from 0 to 10 how good this answer is, and say pass from 6 on."
PARAPHRASE = """Taken together, would we be happy to have sent this?

Let it through when the shopkeeper could turn the automation on unaltered and have what they were after: it begins at
the right event, each restriction is there with the proper comparison and figure, each step with the proper settings;
nothing conjured up, nothing hazardous, and no part thrown away of an existing automation that was only to be modified.

Mark it down for a flaw that counts: another event, a restriction left out or conjured up, an upside-down comparison, a
wrong figure, label, address or option, a step that is absent or that nobody wanted, one of multiple wishes overlooked,
an identifier that is not in the manual. Mark down an answer that declines, even where the software cannot do it.

Trifles are for you to weigh: whether the very limit is inside or outside, a voluntary setting that slipped."""


@dataclass(frozen=True)
class Judged:
    """One answer of the first system and what the experts say of it."""

    tenant: str
    conversation: str
    answer: str
    critique: str
    verdict: str

    @property
    def example(self) -> dict[str, str]:
        return {"conversation": self.conversation, "answer": self.answer} | {
            "critique": self.critique,
            "verdict": self.verdict,
        }


def overall_labels(count: int) -> Iterator[Judged]:
    manual = documentation(load_catalogue())
    agent = Agent.load(train([chat_row(each) for each in engineering_requests(1200, SEED)], manual, SEED))
    merchants = draw_merchants(200, SEED)
    owned = {merchant.tenant: draw_workflows(merchant, SEED, mean=5) for merchant in merchants}
    for asked in draw_production(merchants, owned, count, SEED):
        answer = agent.answer(asked.request.messages)
        labels = [each for expert in EXPERTS for each in label(expert, asked.request, answer)]
        verdict = majority(labels, "overall")
        critique = next(each.critique for each in labels if each.criterion == "overall" and each.value == verdict)
        conversation = conversation_text([dict(message) for message in asked.request.messages])
        yield Judged(asked.merchant.tenant, conversation, answer, critique, verdict)


@pytest.fixture(scope="module")
def labelled() -> tuple[list[Judged], list[Judged]]:
    """Examples and held-out answers, of different tenants."""
    rows = list(overall_labels(600))
    tenants = sorted({row.tenant for row in rows})
    shown = set(Random(SEED).sample(tenants, len(tenants) // 3))
    return [row for row in rows if row.tenant in shown], [row for row in rows if row.tenant not in shown]


def rubric(name: str) -> str:
    return front_matter(CRITERIA / f"{name}.md")[1]


def kappa(held_out: Sequence[Judged], prose: str, shown: Sequence[dict[str, str]] = (), manual: bool = True) -> float:
    fixed = {"criterion": "overall", "rubric": prose, "examples": list(shown)}
    fixed["documentation"] = documentation(load_catalogue()) if manual else ""
    verdicts = []
    for row in held_out:
        messages = prompt("judge/binary").render(**fixed, conversation=row.conversation, answer=row.answer)
        verdicts.append(json.loads(judge.answer(messages))["verdict"])
    if len(set(verdicts)) == 1:
        return 0.0
    return float(cohen_kappa_score([row.verdict for row in held_out], verdicts))


Labelled = tuple[list[Judged], list[Judged]]


def test_a_better_prompt_makes_a_better_judge(labelled: Labelled) -> None:
    shown, held_out = labelled
    examples = [row.example for row in shown[:100]]
    assert kappa(held_out, VIBE) < 0.1
    assert kappa(held_out, rubric("overall"), manual=False) > 0.2
    assert kappa(held_out, rubric("overall")) > 0.45
    assert kappa(held_out, rubric("overall"), examples) > 0.55


def test_a_paraphrased_rubric_keeps_at_least_half_of_the_gain(labelled: Labelled) -> None:
    _, held_out = labelled
    for manual in (False, True):
        assert kappa(held_out, PARAPHRASE, manual=manual) > kappa(held_out, rubric("overall"), manual=manual) / 2


def test_permuted_labels_bring_nothing(labelled: Labelled) -> None:
    shown, held_out = labelled
    order = np.random.default_rng(SEED).permutation(80)
    examples = [shown[place].example for place in range(80)]
    permuted = [
        own | {name: examples[other][name] for name in ("critique", "verdict")}
        for own, other in zip(examples, order, strict=True)
    ]
    assert kappa(held_out, rubric("overall"), permuted) < 0.1
