"""From a feature file to a bundle folder, and what is refused on the way."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.bundle import baseline_of, features_hash
from training.catalogue import Absence, absence_of
from training.dataset import Dataset, DatasetError, Sources, mask_some, read_features, split_by_time
from training.reasons import ReasonError, group_features
from training.synthetic import synthetic_frame

PROJECT = Path(__file__).parent.parent
FEATURES = ["amount", "card_tx_count_1h", "customer_age_days", "merchant_tx_count_1d"]


def train(file: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", str(file), "--out", str(out), *options]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_a_bundle_has_right_hashes_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    file = tmp_path / "features.csv.gz"
    synthetic_frame(FEATURES, 20_000, 4).to_csv(file, index=False)
    folders = [tmp_path / name / "fraud" / "7" for name in ("first", "second")]
    for folder in folders:
        done = train(file, folder, "--threads", "1")
        assert done.returncode == 0, done.stderr
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    assert manifest["id"] == "fraud" and manifest["version"] == "7"
    assert manifest["features"] == FEATURES
    assert manifest["featuresHash"] == features_hash(FEATURES)
    for name, digest in manifest["files"].items():
        contents = [(folder / name).read_bytes() for folder in folders]
        assert hashlib.sha256(contents[0]).hexdigest() == digest
        assert contents[0] == contents[1]
    assert (tmp_path / "first" / "fraud" / "config.pbtxt").exists()


def test_labels_and_times_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    frame = synthetic_frame(FEATURES, 100, 4)
    times, labels = tmp_path / "tx.csv", tmp_path / "labels.csv"
    frame[["transaction_id", "event_time"]].assign(
        event_time=pd.to_datetime(frame["event_time"], unit="ms", utc=True).dt.strftime(
            "%Y-%m-%dT%H:%M:%S.%fZ"
        )
    ).to_csv(times, index=False)
    labels.write_text(
        "transaction_id,label,known_at\n"
        "t7,fraud,2026-03-01T00:00:00Z\nt9,fraud,2026-03-01T00:00:00Z\nt9,legit,2026-03-09T00:00:00Z\n"
    )
    features = tmp_path / "features.csv"
    frame.drop(columns=["event_time", "label"]).to_csv(features, index=False)
    data = read_features(features, Sources(labels, times))
    assert list(np.flatnonzero(data.labels)) == [7]
    assert (np.diff(data.times.astype("int64")) >= 0).all()
    with pytest.raises(DatasetError, match="--transactions"):
        read_features(features, Sources(labels, None))


def test_columns_of_text_are_left_out_and_booleans_become_numbers(tmp_path: Path) -> None:
    file = tmp_path / "features.csv"
    file.write_text(
        "transaction_id,event_time,label,currency,is_new,amount\n"
        "a,2026-01-02T00:00:00Z,1,EUR,true,2.5\nb,2026-01-01T00:00:00Z,0,USD,,\n"
    )
    data = read_features(file, Sources())
    assert data.features == ["is_new", "amount"]
    np.testing.assert_array_equal(data.values, [[np.nan, np.nan], [1, 2.5]])


def test_each_window_is_later_than_the_one_before() -> None:
    rows = 1_000
    labels = np.arange(rows) % 7 == 0
    times = np.arange(rows).astype("datetime64[ms]")
    data = Dataset(["a"], np.zeros((rows, 1), np.float32), labels.astype(np.int8), times)
    split = split_by_time(data)
    parts = (split.train, split.stopping, split.calibration, split.test)
    assert [len(part) for part in parts] == [600, 100, 100, 200]
    assert all(a.times.max() < b.times.min() for a, b in zip(parts, parts[1:]))


def test_a_window_without_fraud_is_refused() -> None:
    data = Dataset(["a"], np.zeros((99, 1)), np.zeros(99, np.int8), np.zeros(99, "datetime64[ms]"))
    with pytest.raises(DatasetError, match="train window has 0 frauds"):
        split_by_time(data)


def test_masking_adds_rows_without_history_and_keeps_the_originals() -> None:
    values = np.ones((100, 3), np.float32)
    data = Dataset(["now", "old", "older"], values, np.ones(100, np.int8), np.zeros(100))
    absence = Absence(np.array([False, True, True]), np.array([np.nan, np.nan, 0], np.float32))
    masked = mask_some(data, np.random.default_rng(1), absence)
    assert len(masked) == 110
    np.testing.assert_array_equal(masked.values[:100], values)
    blind = masked.values[100:105]
    assert (blind[:, 0] == 1).all() and np.isnan(blind[:, 1]).all() and (blind[:, 2] == 0).all()


def test_history_is_told_from_the_catalogue_through_derived_features() -> None:
    catalogue = """
entities:
  card: {kind: bounded, features: {card_count: {default: 0}, card_mean: {aggregate: mean}}}
derived:
  far: {expression: "ratio > 3.0", default: -1}
  ratio: {expression: amount / card_mean}
  round_amount: {expression: amount}
"""
    absence = absence_of(catalogue, ["amount", "card_count", "card_mean", "ratio", "far", "round_amount"])
    assert absence.needs_history.tolist() == [False, True, True, True, True, False]
    np.testing.assert_array_equal(absence.values, [np.nan, 0, np.nan, np.nan, -1, np.nan])


def test_the_baseline_is_the_median_of_honest_rows_and_null_where_mostly_missing() -> None:
    values = np.array([[1, np.nan], [2, np.nan], [3, 5], [99, 5]], np.float32)
    assert baseline_of(values, np.array([0, 0, 0, 1])) == [2.0, None]


def test_every_feature_is_in_one_reason_group() -> None:
    groups = group_features(FEATURES)
    assert sorted(name for group in groups for name in group["features"]) == sorted(FEATURES)


def test_a_feature_without_a_reason_group_is_named() -> None:
    with pytest.raises(ReasonError, match="zyx"):
        group_features(["amount", "zyx"])
