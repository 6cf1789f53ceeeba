import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ClusterKind } from '../../src/cluster/cluster-messages.js';
import { KnownNodes } from '../../src/cluster/known-nodes.js';

function build() {
  const clock = new FakeClock();
  const shown: string[] = [];
  const nodes = new KnownNodes(clock, (namespace) => shown.push(namespace));
  const hear = (uid: string, kind: number, namespace = '/'): boolean =>
    nodes.onMessage({ uid, namespace, kind, data: {} });
  const count = async (namespace = '/'): Promise<number> => {
    const counted = nodes.count(namespace);
    await clock.advance(600);
    return counted;
  };
  return { clock, shown, nodes, hear, count };
}

describe('the nodes that show signs of life', () => {
  it('count from their first message until they close or stay silent', async () => {
    const { clock, nodes, hear, count } = build();
    nodes.enter('/');
    expect(hear('a', ClusterKind.HEARTBEAT)).toBe(true);
    expect(hear('b', ClusterKind.BROADCAST)).toBe(false);
    hear('emitter', ClusterKind.BROADCAST);
    hear('c', ClusterKind.HEARTBEAT, '/other');
    expect(await count()).toBe(2);
    expect(await count('/other')).toBe(0);
    expect(hear('b', ClusterKind.CLOSE)).toBe(true);
    expect(await count()).toBe(1);
    await clock.advance(10_001);
    expect(await count()).toBe(0);
  });

  it('are answered when they come, and shown a sign every five seconds', async () => {
    const { clock, shown, nodes, hear } = build();
    nodes.enter('/');
    nodes.enter('/side');
    expect(hear('a', ClusterKind.INITIAL_HEARTBEAT)).toBe(true);
    hear('a', ClusterKind.INITIAL_HEARTBEAT, '/other');
    expect(shown.splice(0)).toEqual(['/']);
    await clock.advance(5_000);
    expect(shown.splice(0)).toEqual(['/', '/side']);
    nodes.leave('/side');
    await clock.advance(5_000);
    expect(shown.splice(0)).toEqual(['/']);
    nodes.stop();
    await clock.advance(20_000);
    expect(shown).toEqual([]);
  });

  it('are bounded', async () => {
    const { nodes, hear, count } = build();
    nodes.enter('/');
    for (let n = 0; n < 10_010; n += 1) hear(`node ${n}`, ClusterKind.HEARTBEAT);
    expect(await count()).toBe(10_000);
  });
});
