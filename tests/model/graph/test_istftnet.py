"""The table of norms, and that a missing weight is named."""

import onnx
import pytest
from onnx import helper

from onset.errors import ModelError
from onset.model.graph import istftnet
from onset.model.graph.onnx_graph import OnnxGraph


def test_there_are_48_norms_on_44_tensors() -> None:
    norms = istftnet.adain_layers()
    assert len(norms) == len({norm.key for norm in norms}) == 48
    assert len({norm.slot for norm in norms}) == len(istftnet.slot_channels()) == 44
    assert sum(istftnet.slot_channels()) == 8448


def test_the_three_blocks_of_a_stage_share_their_first_norm() -> None:
    slots = {norm.key: norm.slot for norm in istftnet.adain_layers()}
    first = [slots[f"resblocks.{block}/adain1.0"] for block in range(6)]
    assert first[0] == first[1] == first[2] != first[3] == first[4] == first[5]


def test_a_missing_weight_is_named() -> None:
    empty = OnnxGraph(helper.make_model(onnx.GraphProto(name="g")))
    with pytest.raises(ModelError, match="no ConvTranspose at generator/ups.0"):
        istftnet.streaming_step(istftnet.GeneratorWeights(empty), 0)
