"""Which system is meant by a name in `flywheel.toml`? A value with everything that decides how it answers."""

from tasks.adapters.prompts import read_prompt
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput
from tasks.domain.settings import SETTINGS_FILE, System
from tasks.domain.system import SystemUnderTest


def read_system(workspace: Workspace, name: str) -> SystemUnderTest:
    """The system of that name, its prompt filled in. Raises WrongInput where it is unknown or says too much."""
    named = workspace.settings.systems.get(name)
    place = str(workspace.root / SETTINGS_FILE)
    if named is None:
        known = ", ".join(sorted(workspace.settings.systems)) or "none"
        raise WrongInput(f"there is no system '{name}'; there are: {known}", file=place, fix=f"Add [systems.{name}].")
    if (named.model is None) == (named.callable is None):
        fix = "Give it a LiteLLM model, or a callable `package.module:function`."
        raise WrongInput(f"[systems.{name}] needs either 'model' or 'callable'", file=place, fix=fix)
    return SystemUnderTest(
        model=named.model,
        api_base=named.api_base,
        instructions=_instructions(workspace, name, named),
        callable=named.callable,
        version=named.version,
        temperature=named.temperature,
        max_tokens=named.max_tokens,
    )


def _instructions(workspace: Workspace, name: str, named: System) -> str | None:
    """The system message: the prompt's file, with the documentation where it asks for it."""
    if named.prompt is None:
        return None
    workspace.text(named.prompt, f"systems.{name}.prompt")
    template = read_prompt(workspace.root / named.prompt)
    known = {}
    if named.documentation is not None:
        known["documentation"] = workspace.text(named.documentation, f"systems.{name}.documentation")
    if not template.variables and "{{" in template.templates[0][1]:
        fix = "Put `---`, `variables: [documentation]` and `---` above it."
        raise WrongInput("it uses a variable that its front matter does not name", file=named.prompt, fix=fix)
    rendered = template.render(**{key: known[key] for key in template.variables if key in known})
    return str(rendered[0]["content"])
