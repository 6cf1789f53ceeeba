import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/base/errors.js';
import type { JoiningClient } from '../../../src/namespace/socket/joining-client.js';
import { isTurnedAway, putOff, UNUSABLE } from '../../../src/namespace/socket/turned-away.js';

/** A client, and what happens to it. */
function clientOf(kind: Partial<JoiningClient>): { client: JoiningClient; happened: unknown[] } {
  const happened: unknown[] = [];
  const client = {
    ...kind,
    refuse: (...refusal: unknown[]) => happened.push(...refusal),
    close: (reason: string) => happened.push(reason),
  } as object as JoiningClient;
  return { client, happened };
}

/** Returns what happens to a client. */
function turnAway(message: string | undefined, auth = {}, isRecoverable = true, isNaruClient = false): unknown[] {
  const { client, happened } = clientOf({ isRecoverable, isNaruClient });
  const namespace = { name: '/chat', checkEmpty: () => happened.push('checked') };
  const unusable = message === undefined ? undefined : new ConfigError('WRONG_STATE', message);
  happened.push(isTurnedAway(namespace, client, auth, { unusable }));
  return happened;
}

describe('a client of a server whose backplane cannot be used', () => {
  it('is refused with the reason, without the addresses of the servers', () => {
    const reason = 'NATS at 10.0.0.5:4222, [::1]:4222 has no JetStream. Start it.';
    expect(turnAway(reason)).toEqual([
      '/chat',
      'The backplane of the server cannot be used. NATS has no JetStream. Start it.',
      UNUSABLE,
      'checked',
      true,
    ]);
  });

  it('does not learn the value of an option', () => {
    const [, message] = turnAway('Option "credsFile" must name a readable file, got "/etc/secret".');
    expect(message).toBe('The backplane of the server cannot be used. One of its options is wrong.');
  });

  it('loses its connection if it asks for its session, so that it comes back by itself', () => {
    expect(turnAway('wrong policy', { pid: 'pid' })).toEqual(['forced server close', 'checked', true]);
    expect(turnAway('wrong policy', { pid: 'pid' }, false)).toContain(UNUSABLE);
  });

  it("learns when to ask again, also for its session if it is Naru's", () => {
    expect(UNUSABLE).toEqual({ code: 'BACKPLANE_UNUSABLE', retryAfter: 2_000 });
    expect(turnAway('wrong policy', { pid: 'pid' }, true, true)).toContain(UNUSABLE);
  });
});

describe('a client whose session was not found in time', () => {
  it.each([
    ["Naru's", true, ['/chat', expect.any(String), { code: 'UNAVAILABLE', retryAfter: 1_000 }]],
    ["Socket.IO's", false, ['forced server close']],
  ])('is %s: it asks again by itself', (_name, isNaruClient, expected) => {
    const { client, happened } = clientOf({ isNaruClient });
    putOff('/chat', client);
    expect(happened).toEqual(expected);
  });
});

describe('a client of any other server', () => {
  it('gets in', () => {
    expect(turnAway(undefined)).toEqual([false]);
  });
});
