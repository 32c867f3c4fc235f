"""How a screen reader wants to hear: the parameters of SET, and what they mean for our speech."""

from dataclasses import dataclass, replace

from onset.model import voice_styles
from onset.model.voice_styles import VOICES, Voice
from onset.text.g2p.languages import ALIASES, LANGUAGES
from onset.types import FASTEST, SAMPLE_RATE, SLOWEST, Request

RANGE = 100
"""Rate, pitch and volume go from -100 to 100; 0 is normal, and for the volume 100."""

FASTEST_HEARD = 3.0
"""Times the voice's own pace at rate 100; what the model cannot do is done by time stretching."""

SEMITONES = 4.0
"""How far the pitch goes up or down: beyond, the voice becomes another."""

LEVELS = ("none", "some", "most", "all")
"""Of punctuation that is spoken."""

UNCHOSEN = "male1"
"""The type of voice that speech-dispatcher asks for by itself."""

GRADES = "ABCDF"
"""Of voices, the best first, each perhaps with a sign."""


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """The parameters of SET. language, voice: None where the client has no wish."""

    rate: int = 0
    pitch: int = 0
    volume: int = RANGE
    language: str | None = None
    voice_type: str | None = None
    voice: str | None = None
    punctuation: str = "none"
    spelling: bool = False
    capitals: str = "none"

    def updated(self, name: str, value: str) -> "SpeechSettings":
        """With a parameter set. Raises ValueError for a bad value; unknown names are passed over,
        as servers of other versions have more of them."""
        given = None if value in ("NULL", "") else value
        match name:
            case "rate":
                return replace(self, rate=_within(value))
            case "pitch":
                return replace(self, pitch=_within(value))
            case "volume":
                return replace(self, volume=_within(value))
            case "language":
                return replace(self, language=given)
            case "voice":
                return replace(self, voice_type=given and given.lower())
            case "synthesis_voice":
                return replace(self, voice=given)
            case "punctuation_mode":
                return replace(self, punctuation=_one_of(value, LEVELS))
            case "spelling_mode":
                return replace(self, spelling=_one_of(value, ("on", "off")) == "on")
            case "cap_let_recogn":
                return replace(self, capitals=_one_of(value, ("none", "spell", "icon")))
        return self


def _within(value: str) -> int:
    number = int(value)
    if not -RANGE <= number <= RANGE:
        raise ValueError(f"{number} is not between {-RANGE} and {RANGE}")
    return number


def _one_of(value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {choices}")
    return value


@dataclass(frozen=True, slots=True)
class SpokenManner:
    """How samples are made and played. stretch: times faster than made. rate: samples a second."""

    voice: str
    lang: str
    speed: float
    stretch: float
    rate: int
    gain: float

    def request(self, text: str) -> Request:
        """What a source is asked for."""
        return Request(text, self.voice, self.speed, self.lang)


def spoken_manner(settings: SpeechSettings, default: str, faster: float = 1.0) -> SpokenManner:
    """What the settings mean. default: the voice if none is wanted. faster: times the rate.

    The pitch is that of samples played at another rate, for which the model speaks slower.
    """
    voice = chosen_voice(settings, default)
    pitch = 2.0 ** (settings.pitch / RANGE * SEMITONES / 12)
    base = FASTEST_HEARD if settings.rate > 0 else 1 / SLOWEST
    heard = float(base ** (settings.rate / RANGE)) * faster / pitch
    speed = min(FASTEST, max(SLOWEST, heard))
    stretch = max(1.0, heard / speed)
    wanted = known_language(settings.language) if settings.voice is None else None
    return SpokenManner(
        voice,
        _accent(wanted, voice_styles.language(voice)),
        round(speed, 3),
        round(stretch, 3),
        round(SAMPLE_RATE * pitch),
        (settings.volume + RANGE) / (2 * RANGE),
    )


def _accent(wanted: str | None, own: str) -> str:
    """The language that is wanted where a voice's own is another accent of it, else that one."""
    return wanted if wanted and _language_of(wanted) == _language_of(own) else own


def known_language(code: str | None) -> str | None:
    """The one of ours that a code as `pt_BR` means; that of the language if not of the region."""
    lower = (code or "").lower().replace("_", "-")
    for name in (lower, lower.partition("-")[0]):
        if (found := ALIASES.get(name, name)) in LANGUAGES:
            return found
    return None


def chosen_voice(settings: SpeechSettings, default: str) -> str:
    """The voice by its name, else by language and type as `female2`; the best ones come first.

    default: a voice or a mix. It also stands for the type UNCHOSEN, which speech-dispatcher sends
    if nobody chose any.
    """
    if settings.voice is not None and settings.voice in VOICES:
        return settings.voice
    own, wanted = voice_styles.language(default), settings.voice_type or UNCHOSEN
    language = known_language(settings.language) or own
    if _language_of(language) == _language_of(own):
        if wanted == UNCHOSEN:
            return default
        language = own
    ranked = sorted((v for v in VOICES.values() if v.language == language), key=_rank)
    if wanted == UNCHOSEN:
        return ranked[0].name
    gender = "female" if "female" in wanted else "male"
    same = [voice.name for voice in ranked if voice.gender == gender] or [v.name for v in ranked]
    number = int(wanted[-1]) if wanted[-1:].isdigit() else 1
    return same[(number - 1) % len(same)]


def _language_of(code: str) -> str:
    """A language without its region."""
    return code.partition("-")[0]


def _rank(voice: Voice) -> tuple[int, int, str]:
    """The better graded first: A, A-, B+, ..."""
    grade = voice.grade or GRADES[-1]
    return GRADES.find(grade[0]), {"+": 0, "": 1, "-": 2}[grade[1:]], voice.name


def voice_lines() -> list[str]:
    """The voices as LIST VOICES answers: name, language, variant."""
    return [f"{v.name}\t{_tag(v.language)}\t{v.gender}1" for v in VOICES.values()]


def _tag(code: str) -> str:
    """A language with its region in capitals, as speech-dispatcher writes it."""
    language, _, region = code.partition("-")
    return f"{language}-{region.upper()}" if region else language
