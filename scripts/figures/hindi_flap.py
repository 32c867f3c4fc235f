"""Whether the model pauses inside Hindi ड़, which espeak-ng writes `r.`.

    scripts/figures/hindi_flap.py

Prints, for each way to write the flap, how long it is and the least of the model's energy curve
within it, over some sentences and voices; speech begins and ends where that curve crosses -1. Then
the length of each token's vector in the phoneme encoder: a token the model was not trained with has
a short one.
"""

from pathlib import Path
from statistics import fmean, median

import numpy as np
import onnx
from onnx import numpy_helper

from onset.config import load_settings
from onset.engine.engine import load_backend
from onset.model.assets import model_file
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import VoiceStyles
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import VOCABULARY, encode
from onset.types import Halt

VOICES = ("hf_alpha", "hf_beta", "hm_omega", "hm_psi")

SENTENCES = (
    "वह लड़का बड़ा है.", "सड़क पर गाड़ी खड़ी है.", "उसने पाँच करोड़ रुपये दिए.", "मुझे पढ़ना अच्छा लगता है.",
    "पेड़ पर चिड़िया बैठी है.", "लड़की ने कपड़े धोए.", "थोड़ा पानी और चढ़ाई.", "घोड़ा दौड़ रहा है और भीड़ बढ़ी.",
)  # fmt: skip

WAYS = ("r.", "ɾ", "r", "ɽ", "ɖ")
TOKENS = "ɽɾrʈɖ."
EMBEDDING = "encoder.bert.embeddings.word_embeddings.weight"


def flaps(
    backend: KokoroBackend, styles: VoiceStyles, phonemes: str, way: str, voice: str
) -> list[tuple[int, float]]:
    """Frames (25 ms) and least energy of each flap of `phonemes`, written in this way."""
    before = phonemes.split("r.")
    tokens = encode(way.join(before))
    front = backend.front(tokens, styles.style(voice, len(tokens)), 1.0, Halt())
    ends = np.concatenate([[0], np.cumsum(front.durations)])
    found, place = [], 1  # behind the pad
    for part in before[:-1]:
        begin, end = (int(ends[place + len(part) + more]) for more in (0, len(way)))
        found.append((end - begin, float(front.energy[2 * begin : 2 * end].min())))
        place += len(part) + len(way)
    return found


def vector_lengths(model: Path) -> list[float]:
    """Of each token's vector in the phoneme encoder."""
    weights = {part.name: part for part in onnx.load(model).graph.initializer}
    quantized, scale, zero = (
        numpy_helper.to_array(weights[EMBEDDING + end]).astype(np.float64)
        for end in ("_quantized", "_scale", "_zero_point")
    )
    lengths: list[float] = np.linalg.norm((quantized - zero) * scale, axis=1).tolist()
    return lengths


def main() -> None:
    """Print both tables."""
    settings = load_settings()
    backend, styles, phonemizer = load_backend(settings), VoiceStyles(), Phonemizer()
    said = [
        "".join(word.phonemes + word.space for word in phonemizer.words(sentence, "hi"))
        for sentence in SENTENCES
    ]
    for way in WAYS:
        found = [flap for voice in VOICES for phonemes in said
                 for flap in flaps(backend, styles, phonemes, way, voice)]  # fmt: skip
        frames, least = fmean(f for f, _ in found), median(e for _, e in found)
        print(f"{way:3} {len(found)} flaps, {frames:.2f} frames, least energy {least:.2f}")
    path = model_file(settings)
    lengths = vector_lengths(path)
    unused = [lengths[token] for token in set(range(len(lengths))) - set(VOCABULARY.values())]
    print(" ".join(f"{token} {lengths[VOCABULARY[token]]:.2f}" for token in TOKENS))
    print(f"tokens without a phoneme {fmean(unused):.2f}")


if __name__ == "__main__":
    main()
