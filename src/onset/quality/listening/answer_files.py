"""The JSON files that the page exports: one listener's answers, as they were given.

Nothing in a file is derived: what was right is counted by `tally`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onset.errors import InvalidRequest

LARGEST = 4_000_000
"""Bytes of a file: MOST answers have some 150 each."""

MOST = 20_000
"""Answers in a file."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
Clip = Literal["a", "b"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judgement(_Strict):
    """An answer. item: which sentence. is_a, is_b: the conditions. x: which one X was.

    x is None where the question was which is better to listen to. answer: the clip chosen, in ABX
    the one that X is said to be.
    """

    test: Literal["abx", "preference"]
    round: Annotated[int, Field(ge=0)]
    item: Annotated[int, Field(ge=0)]
    is_a: Name
    is_b: Name
    x: Clip | None
    answer: Clip

    @property
    def chosen(self) -> str:
        """The condition that was chosen."""
        return self.is_a if self.answer == "a" else self.is_b


class ListenerAnswers(_Strict):
    """A file. page: which test; session: which listener. reference: of all comparisons."""

    format: Literal["onset-listening-answers"]
    version: Literal[1]
    page: Name
    session: Name
    reference: Name
    answers: Annotated[tuple[Judgement, ...], Field(max_length=MOST)]


def read_answers(paths: Sequence[Path]) -> list[ListenerAnswers]:
    """All files, each of another session of the same test.

    Raises InvalidRequest for a file that cannot be read, and for files that do not belong together.
    """
    files = [(path, _read(path)) for path in paths]
    sessions: dict[str, Path] = {}
    for path, file in files:
        if file.page != files[0][1].page:
            raise InvalidRequest(f"{path} and {files[0][0]} are answers to different tests.")
        if file.session in sessions:
            both = f"{path} and {sessions[file.session]}"
            raise InvalidRequest(f"{both} are of the same session: give one of them.")
        sessions[file.session] = path
    return [file for _, file in files]


def _read(path: Path) -> ListenerAnswers:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST:
        raise InvalidRequest(f"{path} has more than {LARGEST} bytes.")
    try:
        answers = ListenerAnswers.model_validate_json(data)
        _check(answers)
    except (ValidationError, ValueError) as error:
        raise InvalidRequest(f"{path} is no file that a listening test exported.") from error
    return answers


def _check(file: ListenerAnswers) -> None:
    """Raises ValueError where a question is there twice or is none."""
    asked = set[tuple[object, ...]]()
    for answer in file.answers:
        names = frozenset((answer.is_a, answer.is_b))
        if file.reference not in names or len(names) < 2:
            raise ValueError("a comparison without the reference")
        if (answer.x is None) != (answer.test == "preference"):
            raise ValueError("a question that is not the test's")
        asked.add((answer.test, answer.round, answer.item, names))
    if len(asked) < len(file.answers):
        raise ValueError("a question that was answered twice")
