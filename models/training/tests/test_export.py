"""The exported model must answer as LightGBM does, whatever the row."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from training.export import ExportError, PlattScale, missing_goes_left, threshold_float32, to_onnx
from training.train import Trained
from training.verify import VerificationError, adversarial_rows, predict, verify

PLATT = PlattScale(1.3, -0.4)
# Float32 sums of 60 leaves. One row sent down a wrong branch differs by far more.
SUM_DIFFERENCE_MAX = 4e-6


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    values = rng.lognormal(size=(8_000, 6)).astype(np.float32)
    # Feature 5 has no missing value, so LightGBM gives it missing type None.
    values[:, :5][rng.random((8_000, 5)) < 0.1] = np.nan
    risk = np.nan_to_num(values[:, 0]) * (values[:, 5] > 1) - np.nan_to_num(values[:, 1])
    return values, (risk + rng.normal(size=8_000) > 2).astype(int)


@pytest.fixture(scope="module")
def trained(data: tuple[np.ndarray, np.ndarray]) -> Trained:
    parameters = {"objective": "binary", "num_leaves": 31, "max_depth": 6, "verbose": -1, "seed": 1}
    booster = lgb.train({**parameters, "num_threads": 1}, lgb.Dataset(*data), 60)
    return Trained(booster, PLATT)


@pytest.mark.parametrize("threshold", [0.1, 1e-35, 1.0000000180025095e-35, -0.3, 1e200, 0.0])
def test_a_threshold_becomes_the_largest_float32_not_above_it(threshold: float) -> None:
    exact = threshold_float32(threshold)
    assert exact <= threshold
    with np.errstate(over="ignore"):
        above = np.nextafter(np.float32(exact), np.float32(np.inf))
    assert float(above) > threshold


def test_a_split_of_missing_against_all_else_sends_infinity_with_all_else() -> None:
    assert threshold_float32(1e300) == np.inf


@pytest.mark.parametrize(
    ("node", "left"),
    [
        ({"missing_type": "NaN", "default_left": True, "threshold": -1.0}, True),
        ({"missing_type": "NaN", "default_left": False, "threshold": 1.0}, False),
        ({"missing_type": "None", "default_left": False, "threshold": 0.0}, True),
        ({"missing_type": "None", "default_left": True, "threshold": -0.1}, False),
    ],
)
def test_missing_values_go_where_lightgbm_sends_them(node: dict, left: bool) -> None:
    assert missing_goes_left(node) is left


def test_zero_as_missing_is_refused() -> None:
    with pytest.raises(ExportError, match="zero_as_missing"):
        missing_goes_left({"missing_type": "Zero", "threshold": 1.0, "default_left": True})


def test_both_missing_types_occur_and_the_export_is_exact(
    trained: Trained, data: tuple[np.ndarray, np.ndarray]
) -> None:
    dump = trained.booster.dump_model()
    assert '"missing_type": "None"' in str(dump).replace("'", '"')
    model = to_onnx(dump, PLATT, 6, {"version": "t"})
    report = verify(model, trained, data[0], seed=5)
    assert max(report.values()) <= SUM_DIFFERENCE_MAX


def test_rows_on_the_edges_of_every_split_are_routed_exactly(
    trained: Trained, data: tuple[np.ndarray, np.ndarray]
) -> None:
    dump = trained.booster.dump_model()
    rows = adversarial_rows(dump, data[0], np.random.default_rng(9))
    answered = predict(to_onnx(dump, PLATT, 6, {}), rows)
    assert np.abs(answered - trained.probabilities(rows)).max() <= SUM_DIFFERENCE_MAX


def test_a_wrong_export_is_found(trained: Trained, data: tuple[np.ndarray, np.ndarray]) -> None:
    model = to_onnx(trained.booster.dump_model(), PlattScale(1.3, -0.401), 6, {})
    with pytest.raises(VerificationError, match="LightGBM"):
        verify(model, trained, data[0], seed=5)


def test_a_tree_of_one_leaf_is_exported(data: tuple[np.ndarray, np.ndarray]) -> None:
    parameters = {"objective": "binary", "min_data_in_leaf": 10**6, "verbose": -1}
    booster = lgb.train(parameters, lgb.Dataset(*data), 1)
    trained = Trained(booster, PLATT)
    rows = data[0][:10]
    model = to_onnx(booster.dump_model(), PLATT, 6, {})
    assert np.abs(predict(model, rows) - trained.probabilities(rows)).max() <= SUM_DIFFERENCE_MAX
