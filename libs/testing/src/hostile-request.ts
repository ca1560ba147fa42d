import type { OutgoingHttpHeaders } from 'node:http';
import { fullDecisionRequest, leastDecisionRequest } from './decision-requests.js';
import { hostileBody } from './hostile-body.js';
import type { HttpRequest } from './http-client.js';
import { below, oneOf, type Random } from './seeded-random.js';

const DECISION_ID = '01a2086b-98e7-731c-b586-152eec4a46f6';

const contentTypes = [
  'application/json',
  'application/json; charset=utf-16',
  'application/json; charset="',
  'application/vnd.api+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/xml',
  'application/octet-stream',
  '',
  ';',
  'a'.repeat(500),
] as const;

const headerValues: Readonly<Record<string, readonly string[]>> = {
  'content-type': contentTypes,
  'x-deadline-ms': ['5', '6', '20', '1000', '0', '-1', '1e3', '99999', 'soon', '', '5, 5'],
  'idempotency-key': ['k', 'k'.repeat(255), 'k'.repeat(256), '', 'a b', '\u00e9', '"k"', '%00'],
  traceparent: [
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-00000000000000000000000000000000-0000000000000000-00',
    'ff-x-y-z',
    '0'.repeat(5_000),
  ],
  'x-request-id': ['1', '4242424242424242', '../..', 'x'.repeat(4_000)],
  'content-encoding': ['gzip', 'identity', 'br', 'x'],
  authorization: ['Bearer', 'Bearer x', 'Basic eDp4', 'Bearer tg_0_0', 'Bearer \u00e9', ''],
  'tollgate-signature': ['t=1,v1=00', '', 't=,v1=', 'v1'],
  accept: ['text/html', '*/*;q=0', ''],
  origin: ['null', 'https://example.com'],
};

const strangePaths = [
  '/v1/decisions/',
  '/v1/decisions?x=1',
  '/v1/decisions/%00/outcome',
  '/v1/decisions/%ZZ/outcome',
  `/v1/decisions/${'a'.repeat(300)}/outcome`,
  '/v1/decisions/../labels',
  '//v1/decisions',
  '/V1/Decisions',
  '/v1/decisions;a=b',
  `/${'a/'.repeat(2_000)}`,
  '/errors/__proto__',
  '/errors/constructor',
  '/openapi.json',
] as const;

const methods = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'] as const;

/** A request as it should not be sent; now and then one that is fine. */
export function hostileRequest(index: number, random: Random): HttpRequest {
  const { path, body } = target(index, random);
  const headers: OutgoingHttpHeaders = {};
  while (random() < 0.15) {
    const name = oneOf(Object.keys(headerValues), random);
    headers[name] = oneOf(headerValues[name]!, random);
  }
  // A header beyond Latin-1 cannot be sent at all; Node refuses it here.
  return {
    method: random() < 0.01 ? oneOf(methods, random) : 'POST',
    path: random() < 0.02 ? oneOf(strangePaths, random) : path,
    headers,
    body: hostileBody(body, random),
  };
}

function target(
  index: number,
  random: Random,
): { readonly path: string; readonly body: Record<string, unknown> } {
  // Some ids come again: with another body, or while the first is in flight.
  const id = random() < 0.05 ? `again-${below(20, random)}` : `fuzz-${index}`;
  const kind = random();
  if (kind < 0.08) {
    return {
      path: '/v1/labels',
      body: {
        transaction_id: id,
        label: 'fraud',
        source: 'chargeback',
        reason_code: '10.4',
        occurred_at: '2026-11-20T10:00:00Z',
        amount: { value: 100, currency: 'EUR' },
      },
    };
  }
  if (kind < 0.16) {
    const decision = random() < 0.9 ? DECISION_ID : oneOf(['x', '%20', '1'.repeat(99)], random);
    const body = { outcome: 'captured', occurred_at: '2026-11-20T10:00:00Z' };
    return { path: `/v1/decisions/${decision}/outcome`, body };
  }
  const body = random() < 0.7 ? fullDecisionRequest(id) : leastDecisionRequest(id);
  body['options'] = { include: oneOf([[], ['features'], ['rules', 'trace']], random) };
  return { path: '/v1/decisions', body };
}

/** Bytes that are no HTTP request, or not quite. */
export const brokenFrames: readonly string[] = [
  '\r\n\r\n\r\n',
  'GET\r\n\r\n',
  'POST /v1/decisions\r\n\r\n',
  'POST /v1/decisions HTTP/9.9\r\nHost: x\r\n\r\n',
  'POST /v1/decisions HTTP/1.1\r\n\r\n',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n{}',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-A: \u0001\r\n\r\n',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n',
  `POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
  `POST /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"t',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0000\u00a5\u0001\u0000',
  'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  'GET /v1/decisions HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'POST /v1/decisions HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}',
];
