import { expect, it } from 'vitest';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { hostOf } from '../../../src/server/api/server-host.js';
import type { Session } from '../../../src/session/session.js';

type Context = Parameters<typeof hostOf>[1];

function build(isShared: boolean) {
  const sessions: Session[] = [];
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const context = {
    backplane: isShared ? { ...backplane, isCarrier: true } : backplane,
    outbox: {},
    slowTable: { report: (limit?: number) => ({ limit }) },
  } as object as Context;
  const server = { node: 'AAAAAAAA', onconnection: (session: Session) => sessions.push(session) };
  return { host: hostOf(server, context), context, sessions };
}

it('passes sessions to the server, and shares its outbox and its table of slow readers', () => {
  const { host, context, sessions } = build(false);
  const session = {} as Session;
  host.onSession(session);
  expect(sessions).toEqual([session]);
  expect(host.outbox).toBe(context.outbox);
  expect(host.slow(7)).toEqual({ limit: 7 });
});

it('names the node in sids only if other processes share the backplane', () => {
  expect(build(false).host.nodeCode()).toBeUndefined();
  expect(build(true).host.nodeCode()).toBe('AAAAAAAA');
});
