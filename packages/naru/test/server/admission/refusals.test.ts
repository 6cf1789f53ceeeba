import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { REFUSALS, Refusals, refuse } from '../../../src/server/admission/refusals.js';
import { handshakeRefused } from '../../../src/taps/taps.js';
import { requestOf } from '../../session/request.js';
import { hear } from '../../taps/hear.js';

describe('Refusals', () => {
  it('answers an upgrade with the code, and reports it', async () => {
    const told: unknown[] = [];
    const refusals = new Refusals((error) => told.push([error.code, error.message, error.context]));
    const socket = new PassThrough();
    const said: string[] = [];
    socket.on('data', (chunk) => said.push(String(chunk)));
    refusals.upgrade(requestOf('/engine.io/?EIO=4'), socket, refuse('unknownTransport', { transport: 'x' }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(said.join('')).toMatch(/^HTTP\/1\.1 400 /);
    expect(told).toEqual([[0, 'Transport unknown', { transport: 'x' }]]);
  });

  it('adds nothing to a response that has begun, but reports the refusal', () => {
    let count = 0;
    const refusals = new Refusals(() => {
      count += 1;
    });
    const response = { headersSent: true } as never;
    refusals.request(requestOf('/engine.io/'), response, refuse('badRequest'));
    expect(count).toBe(1);
  });
});

it('lets pages of other origins read when to come back', () => {
  const heads: Record<string, unknown>[] = [];
  const response = {
    writeHead: (_status: number, headers: Record<string, unknown>) => heads.push(headers),
    end: () => undefined,
  } as never;
  const refusals = new Refusals(() => undefined);
  for (const refusal of [refuse('crowded', { retryAfterMs: 6_001 }), refuse('badRequest')])
    refusals.request(requestOf('/engine.io/'), response, refusal);
  const names = ['Retry-After', 'Access-Control-Expose-Headers'];
  expect(heads.map((head) => names.map((name) => head[name]))).toEqual([
    ['7', 'Retry-After'],
    [undefined, undefined],
  ]);
});

it('answers with the code and text that engine.io clients know', () => {
  expect(refuse('unknownSid', { sid: 'x' })).toEqual({
    name: 'unknownSid',
    code: 1,
    message: 'Session ID unknown',
    reply: 'Session ID unknown',
    status: 400,
    context: { sid: 'x' },
  });
  expect(refuse('forbidden', {}, 'go away')).toEqual({
    name: 'forbidden',
    code: 4,
    message: 'Forbidden',
    reply: 'go away',
    status: 403,
    context: {},
  });
  expect(Object.values(REFUSALS).map(([code]) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

describe('the tap of refusals', () => {
  const refusals = new Refusals(() => undefined);

  it('tells the reason, and the node that a sid names instead of the sid', () => {
    const heard = hear(handshakeRefused);
    const sid = 'h7Wb0hOqpO7VAAAAAAAA.aB3_-xyZ';
    refusals.report(requestOf(`/engine.io/?EIO=4&transport=polling&sid=${sid}`), refuse('unknownSid', { sid }));
    const facts = { reason: 'unknownSid', detail: 'Session ID unknown', status: 400, transport: 'polling' };
    expect(heard).toEqual([['handshake.refused', { ...facts, node: 'aB3_-xyZ', address: undefined }]]);
    expect(JSON.stringify(heard)).not.toContain('h7Wb0hOqpO7V');
  });

  it('tells the node that the sid of the first packet names', () => {
    const heard = hear(handshakeRefused);
    const sid = 'h7Wb0hOqpO7VAAAAAAAA.aB3_-xyZ';
    refusals.report(requestOf('/engine.io/?EIO=4&transport=webtransport'), refuse('unknownSid', { sid }));
    expect(heard[0]?.[1]).toMatchObject({ transport: 'webtransport', node: 'aB3_-xyZ' });
    refusals.report(requestOf('/engine.io/?EIO=4&transport=webtransport'), refuse('unknownSid', { sid: undefined }));
    expect(heard[1]?.[1]).toMatchObject({ transport: 'webtransport', node: undefined });
  });

  it.each([
    ['the rule that a request broke', refuse('badRequest', { name: 'INVALID_ORIGIN' }), 'INVALID_ORIGIN'],
    ['what the application said', refuse('forbidden', {}, 'go away'), 'go away'],
    ['the text for the client otherwise', refuse('badRequest', { name: 7 }), 'Bad request'],
  ])('tells %s', (_what, refusal, detail) => {
    const heard = hear(handshakeRefused);
    refusals.report(requestOf('/engine.io/?EIO=4&transport=websocket'), refusal);
    expect(heard[0]?.[1]).toMatchObject({ reason: refusal.name, detail, status: refusal.status });
  });
});
