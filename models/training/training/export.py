"""Writes a LightGBM binary classifier, with its calibration, as ONNX: one TreeEnsembleRegressor and a Sigmoid.

Why not a converter: routing must be exact. LightGBM compares float64 thresholds, ONNX float32 ones; for float32 inputs
the comparison `x <= t` stays exact when t becomes the largest float32 that is not above t.

Calibration costs nothing: Platt's slope is folded into the leaves and its offset into base_values. The Sigmoid is a node
of its own because ONNX Runtime ignores post_transform LOGISTIC on a regressor of one target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

INPUT_NAME = "features"
OUTPUT_NAME = "probability"


class ExportError(Exception):
    """The booster uses something this exporter does not write exactly."""


@dataclass(frozen=True)
class PlattScale:
    """probability = 1 / (1 + exp(-(slope * margin + offset))), margin in log-odds."""

    slope: float
    offset: float


@dataclass
class _Nodes:
    """The parallel attribute lists of TreeEnsembleRegressor."""

    tree_ids: list[int] = field(default_factory=list)
    node_ids: list[int] = field(default_factory=list)
    feature_ids: list[int] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    true_ids: list[int] = field(default_factory=list)
    false_ids: list[int] = field(default_factory=list)
    missing_true: list[int] = field(default_factory=list)
    leaf_tree_ids: list[int] = field(default_factory=list)
    leaf_node_ids: list[int] = field(default_factory=list)
    leaf_weights: list[float] = field(default_factory=list)


# dump_model() writes an infinite threshold, as splits of "missing" against all else have, as this.
DUMPED_INFINITY = 1e300


def threshold_float32(threshold: float) -> float:
    """The largest float32 that is not above a float64 threshold."""
    if abs(threshold) >= DUMPED_INFINITY:
        return float(np.copysign(np.inf, threshold))
    with np.errstate(over="ignore"):
        nearest = np.float32(threshold)
    if float(nearest) > threshold:
        nearest = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest)


def missing_goes_left(node: dict[str, Any]) -> bool:
    """Where LightGBM sends NaN at a split.

    A feature without missing values in training has missing type None: LightGBM then reads NaN as zero.
    """
    missing_type = node["missing_type"]
    if missing_type == "NaN":
        return bool(node["default_left"])
    if missing_type == "None":
        return 0.0 <= float(node["threshold"])
    raise ExportError(f"missing type {missing_type}: train with zero_as_missing off")


def _append_tree(nodes: _Nodes, tree_id: int, root: dict[str, Any], slope: float) -> None:
    """Appends one tree; node ids follow a walk in preorder, so that a left child sits beside its parent."""
    next_id = 0

    def visit(node: dict[str, Any]) -> int:
        nonlocal next_id
        node_id, position = next_id, len(nodes.node_ids)
        next_id += 1
        nodes.tree_ids.append(tree_id)
        nodes.node_ids.append(node_id)
        if "split_feature" not in node:
            for target, value in (
                (nodes.feature_ids, 0),
                (nodes.modes, "LEAF"),
                (nodes.values, 0.0),
                (nodes.true_ids, 0),
                (nodes.false_ids, 0),
                (nodes.missing_true, 0),
                (nodes.leaf_tree_ids, tree_id),
                (nodes.leaf_node_ids, node_id),
                (nodes.leaf_weights, slope * float(node["leaf_value"])),
            ):
                target.append(value)
            return node_id
        if node["decision_type"] != "<=":
            raise ExportError(f"split {node['decision_type']}: train without categorical features")
        nodes.feature_ids.append(int(node["split_feature"]))
        nodes.modes.append("BRANCH_LEQ")
        nodes.values.append(threshold_float32(float(node["threshold"])))
        nodes.missing_true.append(int(missing_goes_left(node)))
        nodes.true_ids.append(0)
        nodes.false_ids.append(0)
        nodes.true_ids[position] = visit(node["left_child"])
        nodes.false_ids[position] = visit(node["right_child"])
        return node_id

    visit(root)


def to_onnx(
    dump: dict[str, Any], platt: PlattScale, feature_count: int, metadata: dict[str, str]
) -> onnx.ModelProto:
    """Turns `booster.dump_model()` into a model: features float32 [n, feature_count] to probability [n, 1]."""
    nodes = _Nodes()
    for tree_id, tree in enumerate(dump["tree_info"]):
        _append_tree(nodes, tree_id, tree["tree_structure"], platt.slope)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT_NAME],
        ["log_odds"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        base_values=[platt.offset],
        nodes_treeids=nodes.tree_ids,
        nodes_nodeids=nodes.node_ids,
        nodes_featureids=nodes.feature_ids,
        nodes_modes=nodes.modes,
        nodes_values=nodes.values,
        nodes_truenodeids=nodes.true_ids,
        nodes_falsenodeids=nodes.false_ids,
        nodes_missing_value_tracks_true=nodes.missing_true,
        target_treeids=nodes.leaf_tree_ids,
        target_nodeids=nodes.leaf_node_ids,
        target_ids=[0] * len(nodes.leaf_weights),
        target_weights=nodes.leaf_weights,
    )
    graph = helper.make_graph(
        [node, helper.make_node("Sigmoid", ["log_odds"], [OUTPUT_NAME])],
        "fraud",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, ["batch", feature_count])],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ["batch", 1])],
    )
    model = helper.make_model(
        graph,
        producer_name="tollgate-training",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
    )
    model.ir_version = 8
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model
