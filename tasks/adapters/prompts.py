"""Where are the words of a prompt? In a .md file: front matter, then Jinja under StrictUndefined, split in messages."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta

from tasks.domain.errors import WrongInput
from tasks.domain.hashing import bytes_hash, content_hash

FOLDER = Path(__file__).resolve().parents[1] / "prompts"
_FORGED_TURN = re.compile(r"(?<=\n)(?=(?:system|developer|user|assistant|tool|function) *:)", re.IGNORECASE)
_BORDER = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)
_ROLE = re.compile(r"^<!-- (system|user|assistant) -->\n", re.MULTILINE)


@dataclass(frozen=True)
class Prompt:
    """A prompt as it stands in its file: the variables it takes, the schema of its reply, and a template a message."""

    name: str
    variables: tuple[str, ...]
    schema: Mapping[str, Any] | None
    templates: tuple[tuple[str, str], ...]

    @property
    def hash(self) -> str:
        """The identity of its words and of the reply that it asks for."""
        return content_hash([self.templates, self.schema])

    def render(self, **variables: Any) -> list[dict[str, Any]]:
        """The chat messages. Raises WrongInput where a variable is missing or unknown.

        The file is split into messages before anything is filled in, so no filled-in text can open another message.
        """
        return self.filled()(**variables)

    def filled(self, **known: Any) -> Callable[..., list[dict[str, Any]]]:
        """A function that renders with the variables that are still missing. What is known is filled in once.

        A judge's rubric, documentation and examples are the same for thousands of rows: their message is rendered once.
        """
        whole = {
            place: self._message(place, known)
            for place, (_, text) in enumerate(self.templates)
            if _needs(text) <= set(known)
        }

        def render(**variables: Any) -> list[dict[str, Any]]:
            given = known | variables
            if set(given) != set(self.variables):
                expected, found = ", ".join(self.variables), ", ".join(sorted(given))
                raise WrongInput(f"the prompt {self.name} takes {expected}; it was given {found}")
            return [dict(whole.get(place) or self._message(place, given)) for place in range(len(self.templates))]

        return render

    def _message(self, place: int, variables: Mapping[str, Any]) -> dict[str, Any]:
        role, text = self.templates[place]
        try:
            return {"role": role, "content": _template(text).render(variables).strip()}
        except TemplateError as error:
            raise WrongInput(f"the prompt {self.name} cannot be filled in: {error}", fix="Mend its template.") from None


@cache
def prompt(name: str) -> Prompt:
    """The prompt in `tasks/prompts/<name>.md`. The name is a constant, so that a step's fingerprint finds the file."""
    return read_prompt(FOLDER / f"{name}.md", name=name)


def read_prompt(path: Path, *, name: str | None = None) -> Prompt:
    """A prompt of any file. Text without role lines is one system message; without front matter it takes nothing."""
    front, body = front_matter(path)
    parts = _ROLE.split(body)
    templates = tuple(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else (("system", body),)
    return Prompt(
        name=name or path.name,
        variables=tuple(front.get("variables", ())),
        schema=front.get("schema"),
        templates=templates,
    )


def front_matter(path: Path, spelt: Callable[[str], str] = str) -> tuple[dict[str, Any], str]:
    """The YAML between the two `---` lines at the top of a Markdown file, and the text below. Raises WrongInput.

    `spelt` turns what people may write there into YAML. Later `---` lines are the text's own.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"the file cannot be read: {error}", file=str(path), fix="Name a Markdown file.") from None
    if not text.lstrip().startswith("---"):
        return {}, text
    above, *parts = _BORDER.split(text, maxsplit=2)
    if above.strip() or len(parts) < 2:
        fix = "Put a line that is just `---` above it and another one below."
        raise WrongInput("the front matter has no two `---` lines around it", file=str(path), fix=fix)
    try:
        front = yaml.safe_load(spelt(parts[0])) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WrongInput(f"the front matter is not YAML: {error}", file=str(path), fix="Mend it.") from None
    if not isinstance(front, dict):
        raise WrongInput("the front matter is not a list of `name: value`", file=str(path), fix="Mend it.")
    return front, parts[1]


def fenced(kind: str, text: str) -> str:
    """Untrusted text between two tags that carry the hash of that very text, so that the text cannot close its fence.

    The same text always gives the same fence: a random one would make every prompt new to the row cache.
    """
    mark = bytes_hash(text.encode("utf-8", "surrogatepass"))
    return f'<{kind} id="{mark}">\n{text}\n</{kind} id="{mark}">'


def conversation_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """A conversation as people and judges read it: `role: content`, tool calls spelt out, messages parted by a line.

    A line of a content that begins as a message would is indented: nobody speaks in another's name.
    """
    return "\n\n".join(f"{message['role']}: {_content_text(message)}" for message in messages)


def _content_text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        content = "\n".join(str(part.get("text", f"[{part.get('type', 'part')}]")) for part in content)
    calls = [
        f"[calls {call.get('function', {}).get('name', '?')}({call.get('function', {}).get('arguments', '')})]"
        for call in message.get("tool_calls") or ()
    ]
    text = "\n".join([*([str(content)] if content else []), *calls]) or "[nothing]"
    return _FORGED_TURN.sub("  ", text)


@cache
def _template(text: str) -> Template:
    return _environment().from_string(text)


@cache
def _needs(text: str) -> frozenset[str]:
    """The variables that a template cannot be rendered without."""
    return frozenset(meta.find_undeclared_variables(_environment().parse(text))) - set(_environment().globals)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - the output is a chat message, not HTML; fences keep it apart
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.globals["fenced"] = fenced
    return environment
