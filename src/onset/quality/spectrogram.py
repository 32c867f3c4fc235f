"""Pictures: streaming over exact over their difference, as log-mel spectrograms."""

from pathlib import Path
from textwrap import shorten

from onset.quality.extra import require
from onset.quality.log_mel import HOP, log_mel, log_mel_rmse
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE

PACKAGES = ("matplotlib",)

QUIETEST = -40.0
"""dB at the bottom of the colours: FLOOR of the measure, where the model is silent."""

LOUDEST = 45.0
LATIN = 0x250
"""The first code point behind the Latin letters of Unicode."""

FARTHEST = 10.0
"""dB of difference at which its colours end."""


def draw(pair: Renditions, path: Path) -> None:
    """Write a PNG. Raises AssetError without matplotlib."""
    require("Pictures need", PACKAGES)
    from matplotlib.figure import Figure  # noqa: PLC0415  an optional extra

    figure = Figure(figsize=(9, 7.2), layout="constrained")
    rows = figure.subplots(3, 1, sharex=True)
    streaming, exact = log_mel(pair.streaming), log_mel(pair.exact)
    panels = (
        ("streaming", streaming, "magma", (QUIETEST, LOUDEST)),
        ("exact", exact, "magma", (QUIETEST, LOUDEST)),
        ("streaming less exact", streaming - exact, "RdBu_r", (-FARTHEST, FARTHEST)),
    )
    for axes, (title, values, colors, limits) in zip(rows, panels, strict=True):
        extent = (0, len(values) * HOP / SAMPLE_RATE, 0, values.shape[1])
        axes.set_ylabel("mel band")
        axes.set_title(title, fontsize=9, loc="left")
        shown = {"cmap": colors, "clim": limits, "extent": extent, "interpolation": "nearest"}
        image = axes.imshow(values.T, origin="lower", aspect="auto", **shown)
        figure.colorbar(image, ax=axes, label="dB", pad=0.01)
    rows[-1].set_xlabel("seconds")
    figure.suptitle(_title(pair), fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the date and the version that wrote it: the same audio gives the same file.
    figure.savefig(path, dpi=100, format="png", metadata={"Software": None})


def _title(pair: Renditions) -> str:
    request = pair.request
    distance = log_mel_rmse(pair.exact, pair.streaming)
    title = f"{request.voice}, speed {request.speed:g}, {distance:.2f} dB"
    if not all(ord(letter) < LATIN or letter in "“”‘’—…" for letter in request.text):
        return title  # the font that is always there has no other scripts
    text = shorten(request.text, 90, placeholder=" ...").replace("$", r"\$")
    return f"{title}: {text}"
