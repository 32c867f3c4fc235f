"""What is to be asked, when and why: the plan of a run, made before anything is sent."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Warm-up requests are kept and marked, and no figure contains them."""

    WARM_UP = "warm_up"
    MEASURED = "measured"


class Temperature(StrEnum):
    """Of the server's process: COLD is its first request since it was started."""

    COLD = "cold"
    WARM = "warm"


class Extent(StrEnum):
    """How much of an answer the listener takes."""

    WHOLE = "whole"
    ONSET = "onset"


class TextCut(StrEnum):
    """What of a text an arm is given: all of it, or the best that a splitter by clause can do."""

    WHOLE = "whole"
    FIRST_CLAUSE = "first_clause"


class LoadShape(StrEnum):
    """How the requests of a case follow each other.

    SERIAL: one at a time, the server at rest before each; CLOSED: `concurrency` listeners, each
    asking again when its answer is over; OPEN: at planned times, whatever has been answered.
    """

    SERIAL = "serial"
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request to be made; a line of plan.jsonl.

    id: its number in the run. case: what is varied within the scenario, such as "c=4"; requests
    are pooled within (scenario, case, arm) and never across. arm: who is asked. number: pairs the
    arms, which say the same text under the same number. block: repetition that a text belongs to.
    due_s: seconds after the case began, None: when its turn has come. cancel_after: seconds of
    audio after which the listener leaves. tokens_per_second: the text is sent in words, not whole.
    """

    id: int
    scenario: str
    case: str
    arm: str
    phase: Phase
    number: int
    text: str
    text_class: str
    model: str | None = None
    voice: str | None = None
    speed: float = 1.0
    format: str = "pcm"
    exact: bool = False
    extent: Extent = Extent.WHOLE
    block: int = 0
    due_s: float | None = None
    cancel_after: float | None = None
    tokens_per_second: float | None = None
    temperature: Temperature = Temperature.WARM

    @property
    def text_sha256(self) -> str:
        """Digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class AttemptFilter(StrEnum):
    """Which attempts of a case a target is for.

    SERVED: those that a full server did not refuse (status 429); REFUSED: those that it refused;
    UNFIT: those that did not fit. Not among them is one that the server had room for by the time
    it came (mark "grown").
    """

    ALL = "all"
    SERVED = "served"
    REFUSED = "refused"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Target:
    """A promise. metric: a key of `metrics.METRICS`, or of a whole case's figures.

    share: at least this share of all attempts must hold `most` or `least` (an attempt that
    failed, or was not measured, does not); None: the figure of the whole case must hold it.
    cases: those it is for, all when empty. of: the attempts it is for. origin: who asks for it.
    """

    metric: str
    most: float | None = None
    least: float | None = None
    share: float | None = None
    cases: tuple[str, ...] = ()
    of: AttemptFilter = AttemptFilter.ALL
    origin: str = ""

    def __post_init__(self) -> None:
        if (self.most is None) == (self.least is None):
            raise ValueError(f"a target for {self.metric} needs either most or least")

    def holds(self, figure: float | None) -> bool:
        """Whether a figure keeps the promise; what was not measured never does."""
        if figure is None:
            return False
        least, most = self.least, self.most
        return (most is None or figure <= most) and (least is None or figure >= least)


@dataclass(frozen=True, slots=True)
class Case:
    """One setting of a scenario. shape and concurrency say how its requests follow each other.

    rate: requests a second asked for (OPEN), None otherwise. settings: what a server was started
    with for this case alone. not_measured: why there is nothing of it, empty when it was measured.
    """

    name: str
    shape: LoadShape = LoadShape.SERIAL
    concurrency: int = 1
    rate: float | None = None
    settings: dict[str, str] = field(default_factory=dict)
    not_measured: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """A scenario as it was run. not_measured: why nothing of it was, empty when it was."""

    name: str
    title: str
    targets: tuple[Target, ...] = ()
    cases: tuple[Case, ...] = ()
    texts_sha256: dict[str, str] = field(default_factory=dict)
    not_measured: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """Who is asked. settings: what it was started with, as declared; said: how texts are cut.

    model, voice, exact: fields of every request to it, None for what the scenario says or the
    server's own. few_long: long texts take it so long that it is asked for few. pid: its
    process, None when it is not on this machine or not ours to watch.
    """

    name: str
    url: str
    settings: dict[str, str] = field(default_factory=dict)
    said: TextCut = TextCut.WHOLE
    model: str | None = None
    voice: str | None = None
    exact: bool = False
    few_long: bool = False
    pid: int | None = None
