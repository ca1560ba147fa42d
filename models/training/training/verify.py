"""Proves that the exported model answers as LightGBM does, on ordinary and on adversarial rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime

from .export import INPUT_NAME, threshold_float32
from .train import Trained

DIFFERENCE_MAX = 1e-5
ROWS = 10_000


class VerificationError(Exception):
    """The exported model differs from the trained one."""


def thresholds_of(dump: dict[str, Any]) -> dict[int, list[float]]:
    """Every split's float64 threshold, by feature."""
    found: dict[int, list[float]] = {}
    waiting = [tree["tree_structure"] for tree in dump["tree_info"]]
    while waiting:
        node = waiting.pop()
        if "split_feature" in node:
            found.setdefault(int(node["split_feature"]), []).append(float(node["threshold"]))
            waiting += [node["left_child"], node["right_child"]]
    return found


def adversarial_rows(dump: dict[str, Any], base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Real rows in which values were replaced by thresholds, their float32 neighbours, NaN, infinities and zeros."""
    rows = base[rng.integers(0, len(base), ROWS)].copy()
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 3.4e38, -3.4e38, 1e-40], np.float32)
    for feature, thresholds in thresholds_of(dump).items():
        exact = np.array([threshold_float32(t) for t in thresholds], np.float32)
        with np.errstate(over="ignore"):
            above = np.nextafter(exact, np.float32(np.inf))
        edges = np.concatenate([exact, above, special])
        chosen = rng.random(ROWS) < 0.5
        rows[chosen, feature] = rng.choice(edges, int(chosen.sum()))
    rows[rng.random(rows.shape) < 0.05] = np.nan
    return rows


def predict(model: onnx.ModelProto, rows: np.ndarray) -> np.ndarray:
    """The served probabilities, by ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {INPUT_NAME: np.ascontiguousarray(rows, np.float32)})[0][:, 0]


def verify(model: onnx.ModelProto, trained: Trained, base: np.ndarray, seed: int) -> dict[str, float]:
    """The largest differences over 10,000 real and 10,000 adversarial rows; raises above 1e-5."""
    rng = np.random.default_rng(seed)
    dump = trained.booster.dump_model()
    ordinary = base[rng.integers(0, len(base), ROWS)].copy()
    ordinary[rng.random(ordinary.shape) < 0.1] = np.nan
    report = {}
    for name, rows in (("real", ordinary), ("adversarial", adversarial_rows(dump, base, rng))):
        answered, expected = predict(model, rows), trained.probabilities(rows)
        worst = float(np.abs(answered - expected).max())
        report[f"difference_{name}_max"] = worst
        if not worst <= DIFFERENCE_MAX:
            at = int(np.abs(answered - expected).argmax())
            raise VerificationError(
                f"{name} row {at}: ONNX says {answered[at]}, LightGBM {expected[at]} (seed {seed})"
            )
    return report
