import { expect, it } from 'vitest';
import { openStage, openStream, openTexts, post } from '../../../../../../test/kit/clients/plain-events.js';
import { handshakeRefused } from '../../../../src/taps/taps.js';
import { hear } from '../../../taps/hear.js';

/** Returns the reason, the detail and the status of each refusal. */
function hearRefusals(): () => unknown[] {
  const heard = hear(handshakeRefused);
  return () =>
    heard.splice(0).map(([, facts]) => {
      const { reason, detail, status } = facts as Record<string, unknown>;
      return [reason, detail, status];
    });
}

it('tells the taps why a client was refused, whatever it asked for', async () => {
  const refusals = hearRefusals();
  const { url } = await openStage();
  const headers = { origin: 'https://evil.example' };
  await openStream(`${url}/events/a`, headers);
  await post(`${url}/events/a`, '1', headers);
  await expect(openTexts(`${url}/events/a`, headers)).rejects.toThrow(/^403/);
  expect(refusals()).toEqual([1, 2, 3].map(() => ['forbidden', 'FOREIGN_ORIGIN', 403]));
  await fetch(`${url}/events/%zz`);
  await openStream(`${url}/events/a`, { accept: 'text/html' });
  expect(refusals()).toEqual([
    ['badRequest', 'BAD_ADDRESS', 400],
    ['badRequest', 'NOT_ACCEPTABLE', 400],
  ]);
});

it('tells once of a client that may come back later, also if it gets an empty stream', async () => {
  const refusals = hearRefusals();
  const stream = { accept: 'text/event-stream' };
  const { io, url } = await openStage({ sessionsMax: 1 });
  await openTexts(`${url}/events/a`);
  await openStream(`${url}/events/a`, stream);
  await post(`${url}/events/a`, '1');
  expect(refusals()).toEqual([1, 2].map(() => ['overloaded', 'Too many sessions', 503]));
  void io.drain({ withinMs: 5_000 });
  await openStream(`${url}/events/a`, stream);
  await post(`${url}/events/a`, '1');
  expect(refusals()).toEqual([1, 2].map(() => ['closed', 'Server shutting down', 503]));
});

it('tells the reason also if a stream that may come back later gets no refusal', async () => {
  const refusals = hearRefusals();
  const { url } = await openStage({ allowRequest: () => undefined, handshakeTimeout: 50 });
  const { response } = await openStream(`${url}/events/a`, { accept: 'text/event-stream' });
  expect(response.status).toBe(200);
  expect(refusals()).toEqual([['undecided', 'UNAVAILABLE', 503]]);
});
