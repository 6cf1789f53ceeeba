import { openExplain, type SocketEntry } from 'naru/server/explain';
import { limitReached } from 'naru/taps';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guardedStage } from '../kit.js';

/** A client of a server with limits, and what the tap tells about them. */
async function build(limits: object) {
  const told: object[] = [];
  const listener = (facts: object): unknown => told.push(facts);
  limitReached.subscribe(listener);
  onTestFinished(() => void limitReached.unsubscribe(listener));
  const { server, open } = await guardedStage({ limits, anonymous: true });
  server.io.allow({ subscribe: true, publish: true });
  const { client, seen } = open({});
  await server.clock.advance(1_000);
  return { server, client, seen, told, id: client.id ?? '' };
}

describe('the outcome of a limit, as it is told,', () => {
  it.each([
    ['wait', 'refuse'],
    ['refuse', 'refuse'],
    ['end', 'end'],
  ])('is that of what a client publishes: with "%s" it is "%s"', async (outcome, isTold) => {
    const { server, client, told, id } = await build({ socket: { publish: { perSecond: 0.01, burst: 1 } }, outcome });
    const answers: unknown[] = [];
    for (const text of [1, 2])
      client.emit('naru:publish', 'lobby', 'said', text, (answer: unknown) => answers.push(answer));
    await server.clock.advance(100);
    expect(JSON.stringify(answers[1] ?? 'LIMITED')).toContain('LIMITED');
    expect(told).toEqual([
      { socket: id, namespace: '/', outcome: isTold, event: 'said', retryAfterMs: expect.any(Number) },
    ]);
    const [{ facts }] = [...(await openExplain(server.io).ask({ client: id })).answers.values()] as [
      { facts: SocketEntry[] },
    ];
    expect(facts.filter(({ type }) => type === 'limited')).toMatchObject([{ event: 'said', outcome: isTold }]);
  });

  it('is told once of a session that ends for its bytes', async () => {
    const bytes = { perSecond: 1_000, burst: 1_000, outcome: 'end' };
    const { server, client, seen, told, id } = await build({ socket: { bytes } });
    for (let at = 0; at < 5; at += 1) client.emit('say', 'x'.repeat(3_000));
    await server.clock.advance(100);
    expect(seen).toContain('LIMITED');
    expect(told).toEqual([
      { socket: id, namespace: '/', outcome: 'end', event: 'bytes', retryAfterMs: expect.any(Number) },
    ]);
    expect((told[0] as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(1_000);
  });
});
