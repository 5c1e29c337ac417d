"""How does the software tell a person that something is wrong: who, what was found, what was expected, what to do."""

from typing import ClassVar


class FlywheelError(Exception):
    """A condition that the user can mend. The command line prints it without a traceback."""

    exit_code: ClassVar[int] = 2

    def __init__(
        self, message: str, *, fix: str | None = None, file: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        advice = "" if self.fix is None else f"\n  {self.fix}"
        return f"{place}{self.message}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        """Keeps every part across process borders; Exception's own way passes the message alone."""
        return _rebuild, (type(self), self.message, self.fix, self.file, self.line)


class WrongInput(FlywheelError):
    """Wrong use or bad input: exit code 2."""


class Unfinished(FlywheelError):
    """A provider is down or the budget is spent: what was done is kept, the next run goes on from it. Exit code 4."""

    exit_code = 4


def _rebuild(
    kind: type[FlywheelError], message: str, fix: str | None, file: str | None, line: int | None
) -> FlywheelError:
    return kind(message, fix=fix, file=file, line=line)
