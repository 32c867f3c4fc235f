"""How near the native generator is to ONNX Runtime's: `python scripts/figures/native_accuracy.py`.

A voice of every language speaks sentences that nothing was fitted on; both sides decode the same
trunk, as a stream, with the same true statistics. Prints for int16 and float32 the lowest ratio of
signal to noise in dB, and the largest distance of log-mel spectrograms in dB (quality/log_mel.py).
Exits with 1 if a promise is broken.
"""

import argparse
from collections import defaultdict

import numpy as np
from native_speed import decibels, streamed
from verdicts import conclude

from onset import Engine
from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine.engine import load_backend
from onset.model.decoding.runtimes import native_runtime
from onset.model.voice_styles import language
from onset.native.library import kinds
from onset.quality.log_mel import log_mel_rmse
from onset.types import Halt, Request

VOICES = (
    *("af_heart", "am_michael", "bf_emma", "ef_dora", "ff_siwis"),
    *("hf_alpha", "if_sara", "jf_alpha", "pf_dora", "zf_xiaobei"),
)

LEAST_DB = {"int16": 50.0, "float32": 95.0}
MOST_LOG_MEL = 0.05


def main() -> None:
    """Print a row for each voice, then the verdicts."""
    parser = argparse.ArgumentParser(description="Accuracy of the native generator")
    parser.add_argument("--sentences", type=int, default=2, help="Of each voice.")
    options = parser.parse_args()
    settings = load_settings({}, generator="onnx", pace=0.4, fallback=False)
    onnx = load_backend(settings)
    engine = Engine(settings, backend=onnx)
    kind = kinds()[0]
    sides = {
        name: native_runtime(onnx.folder, kind, settings.threads, name == "int16").generator
        for name in LEAST_DB
    }
    print(f"{kind}, {options.sentences} sentences of each voice: SNR and log-mel, worst")
    ratios, apart = defaultdict(list), defaultdict(list)
    for voice in VOICES:
        row = []
        for text in corpus("heldout", language(voice))[: options.sentences]:
            request = Request(text, voice)
            front = engine.front(next(engine.readings(request)), request, Halt())
            prosody = onnx.trunk(front, Halt())
            _, statistics = onnx.generator.decode(prosody, Halt())
            reference = streamed(onnx.generator, prosody, statistics)
            for name, generator in sides.items():
                found = streamed(generator, prosody, statistics)
                ratios[name].append(decibels(reference, found))
                apart[name].append(log_mel_rmse(found, reference))
        for name in sides:
            recent = slice(-options.sentences, None)
            row.append(f"{name} {min(ratios[name][recent]):5.1f} dB")
            row.append(f"{max(apart[name][recent]):.4f} dB")
        print(f"{voice:12}", *row, sep="   ", flush=True)
    verdicts = {}
    for name, least in LEAST_DB.items():
        low, far = min(ratios[name]), max(apart[name])
        print(f"{name}: median {np.median(ratios[name]):.1f} dB, {np.median(apart[name]):.4f} dB")
        verdicts[f"{name}: SNR {low:.1f} dB, at least {least:g}"] = low >= least
        kept = far <= MOST_LOG_MEL
        verdicts[f"{name}: log-mel {far:.4f} dB, at most {MOST_LOG_MEL:g}"] = kept
    conclude(verdicts)


if __name__ == "__main__":
    main()
