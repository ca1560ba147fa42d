interface Series {
  readonly name: string;
  /** A class of the page's style sheet, which knows light and dark. */
  readonly style: string;
  readonly points: readonly (readonly [number, number])[];
  readonly area?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** Positions and words under the horizontal axis; by default round numbers with `xUnit`. */
  readonly xTicks?: readonly (readonly [number, string])[];
  readonly xUnit?: string;
}

const WIDTH = 920;
const HEIGHT = 280;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 32;
const TICKS = 5;

/**
 * A line chart as inline SVG, with its title and legend around it. Values that are not finite leave
 * a gap.
 */
export function lineChart(options: ChartOptions): string {
  const finite = options.series.flatMap(({ points }) => points.filter(isFinitePoint));
  const xs = finite.map(([x]) => x);
  const xMin = Math.min(0, ...xs);
  const xMax = Math.max(xMin + 1, ...xs);
  const yTicks = niceTicks(Math.max(...finite.map(([, y]) => y), Number.MIN_VALUE));
  const yMax = yTicks.at(-1) ?? 1;
  const x = (value: number): number =>
    LEFT + ((value - xMin) / (xMax - xMin)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - TOP - BOTTOM);

  const xTicks = options.xTicks ?? niceTicks(xMax).map((tick) => [tick, `${tick}`] as const);
  const grid = yTicks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>` +
      `<text class="axis" x="${LEFT - 8}" y="${px(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
  );
  const below = xTicks
    .filter(([at]) => at <= xMax)
    .map(
      ([at, words]) =>
        `<text class="axis" x="${px(x(at))}" y="${HEIGHT - 10}" text-anchor="middle">` +
        `${words}${options.xUnit ?? ''}</text>`,
    );
  const lines = options.series.map((series) => path(series, x, y, y(0)));
  const legend = options.series.map(
    ({ name, style }) => `<span class="key ${style}">${name}</span>`,
  );
  return `<figure>
<figcaption><b>${options.title}</b><span>${options.note}</span></figcaption>
<div class="legend">${legend.join('')}<span class="unit">${options.unit}</span></div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${options.title}">
${grid.join('\n')}
${below.join('\n')}
${lines.join('\n')}
</svg>
</figure>`;
}

/** Round numbers from 0 to at least `max`. */
export function niceTicks(max: number): number[] {
  const rough = max / TICKS;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

type Scale = (value: number) => number;

function path({ points, style, area }: Series, x: Scale, y: Scale, base: number): string {
  const runs: (readonly [number, number])[][] = [[]];
  for (const point of points) {
    if (isFinitePoint(point)) runs.at(-1)?.push(point);
    else runs.push([]);
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const line = run.map(([px0, py0]) => `${px(x(px0))},${px(y(py0))}`).join(' L');
      const first = run[0]?.[0] ?? 0;
      const last = run.at(-1)?.[0] ?? 0;
      const filled = `M${px(x(first))},${px(base)} L${line} L${px(x(last))},${px(base)} Z`;
      return area === true
        ? `<path class="area ${style}" d="${filled}"/>`
        : `<path class="line ${style}" d="M${line}"/>`;
    })
    .join('\n');
}

function isFinitePoint([x, y]: readonly [number, number]): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

function px(value: number): string {
  return value.toFixed(1);
}
