"""The table of AdaIN layers, and that a missing weight is named."""

import onnx
import pytest
from onnx import helper

from onset.errors import ModelError
from onset.model.graph import istftnet
from onset.model.graph.decoder_weights import DecoderWeights
from onset.model.graph.onnx_graph import OnnxGraph


def test_48_adain_read_44_tensors() -> None:
    layers = istftnet.ADAIN_LAYERS.values()
    assert len(layers) == 48 and len({layer.statistics.start for layer in layers}) == 44
    assert max(layer.channels.stop for layer in layers) == 9216
    assert max(layer.statistics.stop for layer in layers) == 8448


def test_the_three_blocks_of_a_stage_share_the_statistics_of_their_first_adain() -> None:
    layers = istftnet.ADAIN_LAYERS
    first = [layers[f"resblocks.{block}/adain1.0"].statistics.start for block in range(6)]
    assert first[0] == first[1] == first[2] != first[3] == first[4] == first[5]


def test_a_missing_weight_is_named() -> None:
    empty = OnnxGraph(helper.make_model(onnx.GraphProto(name="g")))
    with pytest.raises(ModelError, match="no ConvTranspose at ups.0"):
        istftnet.streaming_step(DecoderWeights(empty), 0)
