"""python -m training FEATURES.csv.gz --out models/fraud/2: features of an offline replay to a checked bundle."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from . import bundle
from .catalogue import absence_of
from .dataset import (
    Dataset,
    DatasetError,
    Sources,
    mask_some,
    read_features,
    split_by_time,
    without_history,
)
from .export import ExportError, to_onnx
from .reasons import DEFAULT_FILE, ReasonError, group_features
from .train import fit, measure, reliability
from .verify import VerificationError, predict, verify


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train.sh", description=__doc__)
    parser.add_argument("features", type=Path, help="CSV of a replay: transaction_id and features")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder: models/<id>/<version>")
    parser.add_argument("--labels", type=Path, help="CSV of transaction_id, label, known_at")
    parser.add_argument("--transactions", type=Path, help="CSV of transaction_id, event_time")
    parser.add_argument("--catalogue", type=Path, help="the features.yaml that the replay used")
    parser.add_argument("--reasons", type=Path, default=DEFAULT_FILE, help="reason groups (YAML)")
    parser.add_argument("--exclude", default="", help="columns to leave out, separated by commas")
    parser.add_argument("--source", default="offline replay", help="a word on the data, for the manifest")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def iso(time: np.datetime64) -> str:
    return f"{np.datetime_as_string(time, unit='ms')}Z"


def manifest_of(options: argparse.Namespace, data: Dataset, facts: dict[str, Any]) -> dict[str, Any]:
    catalogue = options.catalogue.read_bytes() if options.catalogue else None
    return {
        "id": options.out.resolve().parent.name,
        "version": options.out.name,
        "features": data.features,
        "featuresHash": bundle.features_hash(data.features),
        "featureSetVersion": hashlib.sha256(catalogue).hexdigest() if catalogue else None,
        "baseline": facts["baseline"],
        "reasonGroups": group_features(data.features, options.reasons),
        "calibration": facts["calibration"],
        "thresholds": facts["thresholds"],
        "trainingWindow": facts["window"],
        "metrics": facts["metrics"],
        "batching": {"maxBatch": bundle.BATCH_MAX, "maxDelayMs": 0},
    }


def run(options: argparse.Namespace) -> None:
    excluded = [name for name in options.exclude.split(",") if name]
    data = read_features(options.features, Sources(options.labels, options.transactions), excluded)
    group_features(data.features, options.reasons)  # Fails before the long part.
    progress(f"{len(data)} rows, {int(data.labels.sum())} frauds, {len(data.features)} features")
    split = split_by_time(data)
    catalogue = options.catalogue.read_text(encoding="utf-8") if options.catalogue else None
    absence = absence_of(catalogue, data.features)
    rng = np.random.default_rng(options.seed)
    trained = fit(mask_some(split.train, rng, absence), split, options.seed, options.threads)
    progress("trained; verifying")

    expected = trained.probabilities(split.test.values)
    metrics, thresholds = measure(expected, split.test.labels)
    blind = trained.probabilities(without_history(split.test, absence))
    blind_metrics, _ = measure(blind, split.test.labels)
    metrics["auc_request_only"] = blind_metrics["auc"]
    dump = trained.booster.dump_model()
    metrics["trees"] = float(len(dump["tree_info"]))

    model = to_onnx(
        dump,
        trained.platt,
        len(data.features),
        {"features_hash": bundle.features_hash(data.features), "version": options.out.name},
    )
    metrics.update(verify(model, trained, split.test.values, options.seed))
    golden = bundle.golden_rows(split.test.values, expected, options.seed)
    train = split.train
    facts = {
        "baseline": bundle.baseline_of(train.values, train.labels),
        "calibration": {
            "method": "platt",
            "parameters": {"slope": trained.platt.slope, "offset": trained.platt.offset},
            "bins": reliability(expected, split.test.labels),
        },
        "thresholds": thresholds,
        "window": {
            "from": iso(train.times[0]),
            "to": iso(train.times[-1]),
            "rows": len(train),
            "frauds": int(train.labels.sum()),
            "source": options.source,
        },
        "metrics": metrics,
    }
    served = predict(model, golden)
    manifest = manifest_of(options, data, facts)
    bundle.write_bundle(options.out, model, bundle.make_golden(golden, served), manifest)
    print(json.dumps(metrics, indent=2))
    progress(f"wrote {options.out}")


def main() -> int:
    try:
        run(arguments())
    except (DatasetError, ExportError, ReasonError, VerificationError, OSError) as error:
        progress(f"training stopped: {error}")
        return 1
    return 0


sys.exit(main())
