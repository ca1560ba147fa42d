"""Writes reference.json: what SciPy and GrowthBook's gbstats give for the cases of the tests.

python -m venv /tmp/reference && /tmp/reference/bin/pip install -r requirements.txt
/tmp/reference/bin/python write-reference.py > reference.json, then prettier --write
"""

import json
import sys

import numpy as np
from gbstats.frequentist.tests import (
    FrequentistConfig,
    SequentialConfig,
    SequentialTwoSidedTTest,
    TwoSidedTTest,
)
from gbstats.models.statistics import (
    ProportionStatistic,
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
    compute_theta,
)
from gbstats.utils import check_srm
from scipy import special, stats

ALPHA = 0.05
TUNING_UNITS = 5000


def distributions():
    freedoms = [1, 2, 3.7, 10, 57.25, 1_000, 123_456.7, 9e5, 1.1e6, 3e7]
    return {
        "logGamma": [[x, float(special.gammaln(x))] for x in [1e-3, 0.5, 1.5, 3.2, 9.99, 10, 77.7, 12_345.6, 1e8]],
        "logBeta": [
            [a, b, float(special.betaln(a, b))]
            for a, b in [(0.5, 0.5), (3, 0.5), (5e5, 0.5), (2e4, 3e4), (12, 14), (9, 11), (1e-2, 40)]
        ],
        "normalCdf": [[z, float(stats.norm.cdf(z))] for z in [-12, -5.5, -1.96, -0.3, 0, 0.7, 2.5, 6]],
        "normalQuantile": [[p, float(stats.norm.ppf(p))] for p in [1e-12, 1e-5, 0.001, 0.025, 0.3, 0.49, 0.8, 0.975, 0.9999]],
        "studentTwoSided": [
            [t, v, float(2 * stats.t.sf(t, v))] for v in freedoms for t in [0.01, 0.5, 1.3, 2.1, 4.7, 7.5]
        ],
        "studentCritical": [
            [a, v, float(stats.t.isf(a / 2, v))] for v in freedoms for a in [0.2, 0.05, 0.01, 0.001, 1e-6]
        ],
        "chiSquareUpper": [
            [x, k, float(stats.chi2.sf(x, k))] for k in [1, 2, 3, 9, 40] for x in [0.02, 0.8, 3.84, 12.5, 60.0]
        ],
        "fairCoinCdf": [
            [k, n, float(stats.binom.cdf(k, n, 0.5))]
            for k, n in [(0, 1), (0, 9), (3, 10), (10, 10), (45, 100), (400, 1_000), (49_500, 100_000)]
        ],
        "fairCoinPmf": [
            [k, n, float(stats.binom.pmf(k, n, 0.5))]
            for k, n in [(0, 1), (3, 10), (10, 10), (45, 100), (400, 1_000), (49_500, 100_000)]
        ],
    }


def mean_sums(values, covariate=None):
    sums = {"units": len(values), "sum": float(values.sum()), "squares": float((values**2).sum())}
    if covariate is not None:
        sums["covariate"] = {
            "sum": float(covariate.sum()),
            "squares": float((covariate**2).sum()),
            "products": float((values * covariate).sum()),
        }
    return sums


def ratio_sums(over, under):
    return {
        "units": len(over),
        "numerator": float(over.sum()),
        "numeratorSquares": float((over**2).sum()),
        "denominator": float(under.sum()),
        "denominatorSquares": float((under**2).sum()),
        "products": float((over * under).sum()),
        "covariate": None,
    }


def mean_statistic(sums):
    return SampleMeanStatistic(n=sums["units"], sum=sums["sum"], sum_squares=sums["squares"])


def results_of(a, b):
    results = {}
    for kind in ["absolute", "relative"]:
        common = {"alpha": ALPHA, "difference_type": kind}
        fixed = TwoSidedTTest(a, b, FrequentistConfig(**common)).compute_result()
        sequential = SequentialTwoSidedTTest(
            a, b, SequentialConfig(**common, sequential_tuning_parameter=TUNING_UNITS)
        ).compute_result()
        results[kind] = {
            "estimate": float(fixed.expected),
            "fixed": [float(fixed.ci[0]), float(fixed.ci[1]), float(fixed.p_value)],
            "sequential": [float(sequential.ci[0]), float(sequential.ci[1]), float(sequential.p_value)],
        }
    return results


def comparisons():
    rng = np.random.default_rng(20261123)
    cases = []
    for n_a, n_b, lift in [(12, 9, 0.8), (400, 380, 0.1), (6_000, 3_000, 0.03), (250_000, 120_000, -0.01)]:
        amount_a = np.round(rng.lognormal(8, 1, n_a))
        amount_b = np.round(rng.lognormal(8, 1, n_b) * (1 + lift))
        before_a = np.round(amount_a * rng.uniform(0.5, 1.5, n_a))
        before_b = np.round(amount_b / (1 + lift) * rng.uniform(0.5, 1.5, n_b))
        count_a = rng.poisson(3, n_a) + 1
        count_b = rng.poisson(3, n_b) + 1
        good_a = rng.binomial(count_a, 0.8)
        good_b = rng.binomial(count_b, 0.8 * (1 + lift / 10))

        a, b = mean_sums(amount_a), mean_sums(amount_b)
        cases.append({"kind": "mean", "control": a, "treatment": b, "results": results_of(mean_statistic(a), mean_statistic(b))})

        share = {"units": n_a, "successes": int((good_a == count_a).sum())}
        other = {"units": n_b, "successes": int((good_b == count_b).sum())}
        cases.append(
            {
                "kind": "proportion",
                "control": share,
                "treatment": other,
                "results": results_of(
                    ProportionStatistic(n=n_a, sum=share["successes"]),
                    ProportionStatistic(n=n_b, sum=other["successes"]),
                ),
            }
        )

        over, under = ratio_sums(good_a, count_a), ratio_sums(good_b, count_b)
        cases.append(
            {"kind": "ratio", "control": over, "treatment": under, "results": results_of(*map(ratio_statistic, [over, under]))}
        )

        a, b = mean_sums(amount_a, before_a), mean_sums(amount_b, before_b)
        adjusted = [adjusted_statistic(sums) for sums in (a, b)]
        theta = compute_theta(*adjusted)
        for statistic in adjusted:
            statistic.theta = theta
        results = results_of(*adjusted)
        relative = results.pop("relative")
        results["relativeEstimate"] = relative["estimate"]
        results["relativeStandardError"] = relative_error((amount_a, before_a), (amount_b, before_b), theta)
        cases.append({"kind": "adjusted", "theta": float(theta), "control": a, "treatment": b, "results": results})
    return cases


def relative_error(control, treatment, theta):
    """The delta method on (means of value and covariate, control and treatment), by its gradient.

    gbstats 0.8.0 takes the variance of a relative effect as if the control's adjusted mean stood below
    the line, though its raw mean does; later versions correct that, and PyPI has none of them.
    """
    y_a, y_b = control[0].mean(), treatment[0].mean()
    control_gradient = np.array([-y_b / y_a**2, theta / y_a])
    treatment_gradient = np.array([1 / y_a, -theta / y_a])
    variance = control_gradient @ np.cov(*control) @ control_gradient / len(control[0])
    variance += treatment_gradient @ np.cov(*treatment) @ treatment_gradient / len(treatment[0])
    return float(np.sqrt(variance))


def ratio_statistic(sums):
    return RatioStatistic(
        n=sums["units"],
        m_statistic=SampleMeanStatistic(n=sums["units"], sum=sums["numerator"], sum_squares=sums["numeratorSquares"]),
        d_statistic=SampleMeanStatistic(n=sums["units"], sum=sums["denominator"], sum_squares=sums["denominatorSquares"]),
        m_d_sum_of_products=sums["products"],
    )


def adjusted_statistic(sums):
    before = sums["covariate"]
    return RegressionAdjustedStatistic(
        n=sums["units"],
        post_statistic=mean_statistic(sums),
        pre_statistic=SampleMeanStatistic(n=sums["units"], sum=before["sum"], sum_squares=before["squares"]),
        post_pre_sum_of_products=before["products"],
        theta=0.0,
    )


def sample_ratios():
    cases = [
        ([500, 500], [0.5, 0.5]),
        ([9_010, 990], [0.9, 0.1]),
        ([50_000, 51_000], [0.5, 0.5]),
        ([7_000, 1_010, 1_990], [0.7, 0.1, 0.2]),
    ]
    return [{"units": units, "weights": weights, "pValue": float(check_srm(units, weights))} for units, weights in cases]


def multiple_tests():
    cases = [[0.04], [0.01, 0.02, 0.03], [0.5, 0.001, 0.04, 0.039, 0.9], [0.02, 0.02, 0.02], [1, 0.6, 0.0001]]
    return [
        {"pValues": p, "benjaminiHochberg": [float(q) for q in stats.false_discovery_control(p)]} for p in cases
    ]


if __name__ == "__main__":
    json.dump(
        {
            "alpha": ALPHA,
            "tuningUnits": TUNING_UNITS,
            "distributions": distributions(),
            "comparisons": comparisons(),
            "sampleRatios": sample_ratios(),
            "multipleTests": multiple_tests(),
        },
        sys.stdout,
        indent=1,
    )
