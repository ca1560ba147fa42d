/**
 * What is kept of one metric in one arm: sums over units, so that days, nodes and batches add up
 * and no unit's values are stored. Every metric is a ratio of two things each unit has, such as
 * approved decisions over decisions: units are what was randomised, and the decisions of one card
 * are not independent of one another. A mean per unit has 1 as denominator.
 */
export interface UnitSums {
  readonly units: number;
  readonly numerator: number;
  readonly numeratorSquares: number;
  readonly denominator: number;
  readonly denominatorSquares: number;
  /** Sum of numerator times denominator. */
  readonly products: number;
  readonly covariate: CovariateSums | null;
}

/** A value of the same unit from before the experiment, which no arm can have changed. */
export interface CovariateSums {
  readonly sum: number;
  readonly squares: number;
  readonly numeratorProducts: number;
  readonly denominatorProducts: number;
}

export const emptySums: UnitSums = {
  units: 0,
  numerator: 0,
  numeratorSquares: 0,
  denominator: 0,
  denominatorSquares: 0,
  products: 0,
  covariate: null,
};

export interface MeanSums {
  readonly units: number;
  readonly sum: number;
  readonly squares: number;
  readonly covariate?: {
    readonly sum: number;
    readonly squares: number;
    readonly products: number;
  };
}

/** The sums of a mean per unit: a ratio whose denominator is always 1. */
export function meanSums({ units, sum, squares, covariate }: MeanSums): UnitSums {
  return {
    units,
    numerator: sum,
    numeratorSquares: squares,
    denominator: units,
    denominatorSquares: units,
    products: sum,
    covariate:
      covariate === undefined
        ? null
        : {
            sum: covariate.sum,
            squares: covariate.squares,
            numeratorProducts: covariate.products,
            denominatorProducts: covariate.sum,
          },
  };
}

/** One unit's numerator and denominator, and its value from before where there is one. */
export interface UnitValues {
  readonly numerator: number;
  readonly denominator: number;
  readonly covariate: number | null;
}

/** Sums over units one by one; for tests, simulations and small sets. */
export function sumUnits(units: Iterable<UnitValues>): UnitSums {
  let total = emptySums;
  for (const { numerator, denominator, covariate } of units) {
    total = addSums(total, {
      units: 1,
      numerator,
      numeratorSquares: numerator * numerator,
      denominator,
      denominatorSquares: denominator * denominator,
      products: numerator * denominator,
      covariate:
        covariate === null
          ? null
          : {
              sum: covariate,
              squares: covariate * covariate,
              numeratorProducts: covariate * numerator,
              denominatorProducts: covariate * denominator,
            },
    });
  }
  return total;
}

/** Covariates count only where both sides have them, or one side is empty. */
export function addSums(a: UnitSums, b: UnitSums): UnitSums {
  if (a.units === 0) return b;
  if (b.units === 0) return a;
  return {
    units: a.units + b.units,
    numerator: a.numerator + b.numerator,
    numeratorSquares: a.numeratorSquares + b.numeratorSquares,
    denominator: a.denominator + b.denominator,
    denominatorSquares: a.denominatorSquares + b.denominatorSquares,
    products: a.products + b.products,
    covariate: addCovariates(a.covariate, b.covariate),
  };
}

function addCovariates(a: CovariateSums | null, b: CovariateSums | null): CovariateSums | null {
  if (a === null || b === null) return null;
  return {
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
    numeratorProducts: a.numeratorProducts + b.numeratorProducts,
    denominatorProducts: a.denominatorProducts + b.denominatorProducts,
  };
}
