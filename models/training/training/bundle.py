"""Writes a bundle folder: model.onnx, golden.json, manifest.json, and config.pbtxt one level up for Triton."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import onnx

BATCH_MAX = 64
GOLDEN_ROWS = 64


def _nullable(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]


def features_hash(features: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(features).encode()).hexdigest()


def baseline_of(values: np.ndarray, labels: np.ndarray) -> list[float | None]:
    """Per feature the median of honest rows, or null when it is missing in more than half of them."""
    honest = values[labels == 0]
    missing = np.isnan(honest).mean(axis=0)
    baseline = np.full(values.shape[1], np.nan)
    present = missing <= 0.5
    baseline[present] = np.nanmedian(honest[:, present], axis=0)
    return _nullable(baseline.astype(np.float32))


def golden_rows(values: np.ndarray, probabilities: np.ndarray, seed: int) -> np.ndarray:
    """Finite real rows over the whole range of scores, some with values missing, one with all missing."""
    rng = np.random.default_rng(seed)
    order = np.argsort(probabilities)
    picked = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS - 1).astype(int)]
    rows = values[picked].copy()
    rows[~np.isfinite(rows)] = np.nan
    sparse = rows[::4]
    sparse[rng.random(sparse.shape) < 0.3] = np.nan
    return np.concatenate([rows, np.full((1, values.shape[1]), np.nan, np.float32)])


def triton_config(name: str, feature_count: int) -> str:
    return (
        f'name: "{name}"\n'
        'platform: "onnxruntime_onnx"\n'
        f"max_batch_size: {BATCH_MAX}\n"
        f'input [{{ name: "features" data_type: TYPE_FP32 dims: [ {feature_count} ] }}]\n'
        'output [{ name: "probability" data_type: TYPE_FP32 dims: [ 1 ] }]\n'
        "dynamic_batching { }\n"
        "instance_group [{ kind: KIND_CPU count: 1 }]\n"
    )


def write_bundle(
    folder: Path, model: onnx.ModelProto, golden: dict[str, Any], manifest: dict[str, Any]
) -> None:
    """Writes beside the target and renames: whoever watches the folder never sees half a bundle."""
    staged = folder.with_name(f".{folder.name}.{os.getpid()}")
    staged.mkdir(parents=True)
    (staged / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (staged / "golden.json").write_text(json.dumps(golden, allow_nan=False) + "\n")
    manifest["files"] = {
        name: hashlib.sha256((staged / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "golden.json")
    }
    (staged / "manifest.json").write_text(json.dumps(manifest, indent=2, allow_nan=False) + "\n")
    if folder.exists():
        shutil.rmtree(folder)
    staged.rename(folder)
    config = folder.parent / "config.pbtxt"
    config.write_text(triton_config(manifest["id"], len(manifest["features"])))


def make_golden(rows: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    return {
        "rows": [_nullable(row) for row in rows],
        "probabilities": [float(p) for p in probabilities],
    }
