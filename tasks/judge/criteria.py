"""Where do criteria come from? From Markdown files that a product expert can edit: front matter, then the rubric."""

import json
import re
from pathlib import Path

from pydantic import ValidationError

from tasks.adapters.prompts import front_matter
from tasks.domain.criterion import Criterion, Scale
from tasks.domain.errors import WrongInput

KNOWN = ("name", "scale", "kind", "subjective")
_BARE_NOMINAL = re.compile(r"^(scale[ \t]*:)[ \t]*(nominal:.*?)(?=[ \t]+#|[ \t]*$)", re.MULTILINE)


def read_criterion(path: Path) -> Criterion:
    """The criterion of a file. Raises WrongInput that names the file and what is wrong with it."""
    front, rubric = front_matter(path, _spelt)
    unknown = sorted(str(key) for key in set(front) - set(KNOWN))
    if unknown:
        raise WrongInput(f"unknown key '{unknown[0]}'", file=str(path), fix=f"It may have {', '.join(KNOWN)}.")
    if not rubric.strip():
        raise WrongInput("there is no rubric below the front matter", file=str(path), fix="Say what passes and fails.")
    try:
        return Criterion(
            name=front.get("name", path.stem),
            scale=Scale.parse(str(front.get("scale", "binary"))),
            kind=str(front.get("kind", "llm")),
            subjective=front.get("subjective", False),
            rubric=rubric.strip(),
        )
    except WrongInput as error:
        raise WrongInput(error.message, file=str(path), fix=error.fix) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongInput(f"'{first['loc'][0]}': {first['msg']}", file=str(path), fix="Mend the front matter.") from None


def read_criteria(folder: Path, names: tuple[str, ...]) -> dict[str, Criterion]:
    """The named criteria of a workspace, in the order of the names."""
    criteria = {name: read_criterion(folder / f"{name}.md") for name in names}
    for name, criterion in criteria.items():
        path = str(folder / f"{name}.md")
        if criterion.name != name:
            raise WrongInput(f"it is named '{criterion.name}'", file=path, fix=f"Name it '{name}', as its file.")
        if criterion.scale.level != "binary":
            fix = "Write `scale: binary`: a nightly cycle judges pass or fail."
            raise WrongInput(f"its scale is {criterion.scale.level}", file=path, fix=fix)
    return criteria


def _spelt(front: str) -> str:
    """`scale: nominal: a|b|tie` with the quotation marks that YAML wants for the second colon."""
    return _BARE_NOMINAL.sub(lambda found: f"{found[1]} {json.dumps(found[2], ensure_ascii=False)}", front)
