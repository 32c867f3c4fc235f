"""`onset voices`: lists the voices and how each is decoded."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from onset.model.opening_predictor import OpeningPredictor, load_predictor
from onset.model.voice_styles import VOICES, parse


def voices(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the voices.

    The grade is the model author's. "streaming" begins to sound before a sentence is synthesised,
    "exact" after. Mixes of voices are written af_heart(2)+am_michael(1).
    """
    decode = decodes(load_predictor())
    if as_json:
        rows = [asdict(voice) | {"decode": decode[name]} for name, voice in VOICES.items()]
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("voice", "language", "", "gender", "grade", "decode", box=None, pad_edge=False)
    for name, voice in VOICES.items():
        cells = voice.language_name, voice.language, voice.gender, voice.grade or "-"
        table.add_row(name, *cells, decode[name])
    Console().print(table)


def decodes(predictor: OpeningPredictor) -> dict[str, str]:
    """How each voice is decoded unless `exact` is asked for."""
    return {name: "streaming" if predictor.covers(parse(name)) else "exact" for name in VOICES}
