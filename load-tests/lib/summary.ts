interface SummaryMetric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric | undefined>>;
}

const SHOWN = [
  'http_reqs',
  'http_req_duration',
  'server_ms',
  'http_req_failed',
  'degraded',
  'dropped_iterations',
  'checks',
];

/**
 * The end of a run: a line per metric, and the same as JSON where SUMMARY names a file, as HTML
 * where REPORT does.
 */
export function handleSummary(data: SummaryData): Record<string, string> {
  const metrics = SHOWN.flatMap((name) => {
    const metric = data.metrics[name];
    return metric === undefined ? [] : [{ name, ...metric }];
  });
  const broken = metrics.flatMap(({ name, thresholds }) =>
    Object.entries(thresholds ?? {}).flatMap(([limit, { ok }]) => (ok ? [] : [`${name} ${limit}`])),
  );
  const rows = metrics.map(({ name, values }) => ({ name, values: describe(values) }));
  const verdict = broken.length === 0 ? 'every threshold kept' : `BROKEN: ${broken.join(', ')}`;
  const text = rows.map(({ name, values }) => `${name.padEnd(20)} ${values}`).join('\n');
  return {
    stdout: `${text}\n${verdict}\n`,
    ...(__ENV.SUMMARY ? { [__ENV.SUMMARY]: JSON.stringify(byName(metrics)) } : {}),
    ...(__ENV.REPORT ? { [__ENV.REPORT]: page(rows, verdict) } : {}),
  };
}

function byName(metrics: readonly (SummaryMetric & { readonly name: string })[]): object {
  return Object.fromEntries(metrics.map(({ name, values }) => [name, values]));
}

function describe(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${Number(value.toPrecision(5))}`)
    .join('  ');
}

function page(rows: readonly { name: string; values: string }[], verdict: string): string {
  const cells = rows.map(({ name, values }) => `<tr><th>${name}</th><td>${values}</td></tr>`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tollgate load test, k6</title>
<style>:root{color-scheme:light dark}body{font:15px/1.6 system-ui,sans-serif;max-width:960px;margin:40px auto;
padding:0 24px}
th{text-align:left;padding-right:24px;font-weight:500}td{font-variant-numeric:tabular-nums}
tr>*{border-bottom:1px solid #8884;padding-block:6px}</style>
<h1>Load test</h1><p><b>${verdict}</b></p><table>${cells.join('')}</table></html>
`;
}
