"""Writes a listening test: a folder with a page and its clips."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from onset.errors import AssetError, InvalidRequest
from onset.quality.listening.clips import alike, wav
from onset.quality.listening.conditions import Rendering
from onset.quality.listening.listening_items import ListeningItem
from onset.quality.listening.listening_page import page

CLIPS = "clips"
"""The folder of the clips, beside the page."""


def check_folder(folder: Path) -> None:
    """Raises InvalidRequest for a folder with something in it, or a path that is none."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidRequest(f"{folder} is not empty.", "listen")


def write(
    folder: Path,
    items: Sequence[ListeningItem],
    conditions: Mapping[str, Rendering],
    seed: int,
    advance: Callable[[], None],
) -> Path:
    """Render all items under all conditions and write the test; returns its page.

    seed: of the clips' names, which say nothing. `advance` is called after each rendition. Nothing
    is written before everything is rendered. Raises InvalidRequest as `check_folder`, AssetError
    if the folder cannot be written.
    """
    check_folder(folder)
    clips = [_clips(item, conditions, advance) for item in items]
    names = _names(len(items) * len(conditions), seed)
    paths = [{name: names.pop() for name in conditions} for _ in items]
    files = {paths[k][name]: data for k, each in enumerate(clips) for name, data in each.items()}
    index = folder / "index.html"
    try:
        (folder / CLIPS).mkdir(parents=True, exist_ok=True)
        for path in sorted(files):  # so that the times of writing say nothing either
            (folder / path).write_bytes(files[path])
        index.write_text(page(items, paths), encoding="utf-8")
    except OSError as error:
        raise AssetError(f"{folder} cannot be written: {error.strerror}.") from error
    return index


def _clips(
    item: ListeningItem, conditions: Mapping[str, Rendering], advance: Callable[[], None]
) -> dict[str, bytes]:
    renditions = {}
    for name, rendering in conditions.items():
        renditions[name] = rendering(item.text, item.voice)
        advance()
    return {name: wav(clip) for name, clip in alike(renditions).items()}


def _names(count: int, seed: int) -> list[str]:
    """Paths below the folder, all different, in no order."""
    numbers = Random(seed).sample(range(16**8), count)
    return [f"{CLIPS}/{number:08x}.wav" for number in numbers]
