import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ClusterKind } from '../../src/cluster/cluster-messages.js';
import { KnownNodes } from '../../src/cluster/known-nodes.js';

const { INITIAL_HEARTBEAT, HEARTBEAT, CLOSE, BROADCAST } = ClusterKind;

function build() {
  const clock = new FakeClock();
  const shown: unknown[] = [];
  const nodes = new KnownNodes(clock, (namespace, kind) => shown.push([namespace, kind]));
  const hear = (uid: string, kind: number, namespace = '/'): boolean =>
    nodes.onMessage({ uid, namespace, kind, data: {} }, 'me');
  const count = async (namespace = '/'): Promise<unknown> => {
    const counted = nodes.count(namespace).catch((error) => error.code);
    await clock.advance(600);
    return counted;
  };
  return { clock, shown, nodes, hear, count };
}

describe('the nodes that show signs of life', () => {
  it('count from their first message until they close or stay silent', async () => {
    const { clock, nodes, hear, count } = build();
    nodes.begin();
    nodes.enter('/');
    hear('me', INITIAL_HEARTBEAT);
    expect(hear('a', HEARTBEAT)).toBe(true);
    expect(hear('b', BROADCAST)).toBe(false);
    hear('emitter', BROADCAST);
    hear('c', HEARTBEAT, '/other');
    expect(await count()).toBe(2);
    expect(await count('/other')).toBe(0);
    expect(hear('b', CLOSE)).toBe(true);
    expect(await count()).toBe(1);
    await clock.advance(5_000);
    hear('me', HEARTBEAT);
    await clock.advance(5_001);
    expect(await count()).toBe(0);
  });

  it('count when this node has read its own first sign, and not while the stream cannot be read', async () => {
    const { clock, shown, nodes, hear, count } = build();
    nodes.enter('/');
    expect(shown).toEqual([]);
    nodes.begin();
    expect(shown).toEqual([['/', INITIAL_HEARTBEAT]]);
    let counted: unknown;
    void nodes.count('/').then((number) => {
      counted = number;
    });
    hear('a', HEARTBEAT);
    await clock.advance(2_000);
    expect(counted).toBe(undefined);
    hear('me', INITIAL_HEARTBEAT);
    await clock.advance(500);
    expect(counted).toBe(1);
    await clock.advance(10_001);
    expect(await count()).toBe('TIMEOUT');
  });

  it('are answered when they come, and shown a sign every five seconds', async () => {
    const { clock, shown, nodes, hear } = build();
    nodes.begin();
    nodes.enter('/');
    nodes.enter('/side');
    expect(shown.splice(0)).toEqual([
      ['/', INITIAL_HEARTBEAT],
      ['/side', INITIAL_HEARTBEAT],
    ]);
    expect(hear('a', INITIAL_HEARTBEAT)).toBe(true);
    hear('me', INITIAL_HEARTBEAT);
    hear('a', INITIAL_HEARTBEAT, '/other');
    expect(shown.splice(0)).toEqual([['/', HEARTBEAT]]);
    await clock.advance(5_000);
    expect(shown.splice(0)).toEqual([
      ['/', HEARTBEAT],
      ['/side', HEARTBEAT],
    ]);
    nodes.leave('/side');
    nodes.leave('/side');
    expect(shown.splice(0)).toEqual([['/side', CLOSE]]);
    nodes.stop();
    expect(shown.splice(0)).toEqual([['/', CLOSE]]);
    await clock.advance(20_000);
    expect(shown).toEqual([]);
  });

  it('are bounded', async () => {
    const { nodes, hear, count } = build();
    nodes.enter('/');
    hear('me', INITIAL_HEARTBEAT);
    for (let n = 0; n < 10_010; n += 1) hear(`node ${n}`, HEARTBEAT);
    expect(await count()).toBe(9_999);
  });
});
