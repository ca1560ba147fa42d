"""Fits LightGBM and its calibration, and measures them on the test window."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve

from .dataset import Dataset, TimeSplit
from .export import PlattScale

TREES_MAX = 300
PARAMETERS = {
    "objective": "binary",
    "metric": "average_precision",
    "max_depth": 6,
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 255,
    # NaN is missing; zero is a value. The exporter refuses anything else.
    "use_missing": True,
    "zero_as_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
STOPPING_ROUNDS = 40
FALSE_POSITIVE_RATES = {"fpr_0.1pct": 0.001, "fpr_1pct": 0.01}
BINS = 15


@dataclass(frozen=True)
class Trained:
    booster: lgb.Booster
    platt: PlattScale

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """What ONNX must reproduce, in float64."""
        margins = self.booster.predict(values.astype(np.float64), raw_score=True)
        return 1.0 / (1.0 + np.exp(-(self.platt.slope * margins + self.platt.offset)))


def fit(train: Dataset, split: TimeSplit, seed: int, threads: int) -> Trained:
    """Trains on one window, stops on the next, calibrates (Platt 1999) on the one after."""
    booster = lgb.train(
        {**PARAMETERS, "seed": seed, "num_threads": threads},
        lgb.Dataset(train.values, train.labels, feature_name=train.features),
        num_boost_round=TREES_MAX,
        valid_sets=[lgb.Dataset(split.stopping.values, split.stopping.labels)],
        callbacks=[lgb.early_stopping(STOPPING_ROUNDS, verbose=False)],
    )
    margins = booster.predict(split.calibration.values, raw_score=True)
    platt = LogisticRegression(C=1e10).fit(margins.reshape(-1, 1), split.calibration.labels)
    slope, offset = float(platt.coef_[0][0]), float(platt.intercept_[0])
    if slope <= 0:
        raise ValueError(f"Platt's slope is {slope}: the model ranks the calibration window backwards")
    return Trained(booster, PlattScale(slope, offset))


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """Bins of equal row count, the lowest probabilities first."""
    parts = np.array_split(np.argsort(probabilities, kind="stable"), BINS)
    return [
        {
            "predicted": float(probabilities[part].mean()),
            "observed": float(labels[part].mean()),
            "count": int(len(part)),
        }
        for part in parts
        if len(part)
    ]


def measure(probabilities: np.ndarray, labels: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Metrics of the test window, and the thresholds at the false-positive rates they are given for."""
    false_rate, true_rate, cuts = roc_curve(labels, probabilities)
    metrics = {
        "auc": float(roc_auc_score(labels, probabilities)),
        "average_precision": float(average_precision_score(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "fraud_rate": float(labels.mean()),
        "observed_to_expected": float(labels.sum() / probabilities.sum()),
        "test_rows": float(len(labels)),
        "test_frauds": float(labels.sum()),
    }
    thresholds = {}
    for name, rate in FALSE_POSITIVE_RATES.items():
        at = int(np.searchsorted(false_rate, rate, side="right") - 1)
        metrics[f"recall_{name}"] = float(true_rate[at])
        thresholds[name] = float(min(1.0, cuts[at]))
    return metrics, thresholds
