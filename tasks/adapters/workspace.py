"""Where is everything of one team's product? In a workspace: the folder of a `flywheel.toml`."""

from dataclasses import dataclass
from pathlib import Path

from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.store.manifest import StepManifest
from tasks.domain.errors import WrongInput
from tasks.domain.settings import SETTINGS_FILE, Settings, read_settings


@dataclass(frozen=True)
class Workspace:
    """A folder with its settings, and the places in it."""

    root: Path
    settings: Settings

    @property
    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.root / "artifacts")

    @property
    def manifest(self) -> StepManifest:
        return StepManifest(self.root / "steps")

    @property
    def catalogue(self) -> Path:
        return self.root / "flywheel.duckdb"

    @property
    def calls(self) -> Path:
        return self.root / "calls.sqlite"

    @property
    def labels(self) -> Path:
        return self.root / "labels.sqlite"

    @property
    def prefect(self) -> Path:
        return self.root / "prefect"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def training_sets(self) -> Path:
        return self.root / "training_sets"

    def text(self, name: str, key: str) -> str:
        """A text file that the settings name. Raises WrongInput that says which key names it."""
        path = self.root / name
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fix = f"Write it, or change '{key}' in {SETTINGS_FILE}."
            found = (isinstance(error, OSError) and error.strerror) or str(error)
            raise WrongInput(f"the file of '{key}' cannot be read: {found}", file=str(path), fix=fix) from None


def find_workspace(named: Path | None, start: Path) -> Workspace:
    """The named workspace, or the nearest `flywheel.toml` upwards from a folder. Raises WrongInput."""
    folders = [named] if named else [start, *start.parents]
    for folder in folders:
        path = folder / SETTINGS_FILE
        if path.is_file():
            return Workspace(root=folder.resolve(), settings=read_settings(path))
    looked = f"in {named}" if named else f"in {start} or any folder above it"
    fix = "Run `flywheel init DIR` to make one, or name one with --workspace DIR."
    raise WrongInput(f"there is no {SETTINGS_FILE} {looked}", fix=fix)
