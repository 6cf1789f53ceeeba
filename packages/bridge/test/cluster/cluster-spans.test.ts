import { describe, expect, it } from 'vitest';
import type { BridgedNamespace } from '../../../naru/src/entry/bridge.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ClusterSpans } from '../../src/cluster/cluster-spans.js';
import { encode } from '../../src/codec.js';
import type { Heard } from '../../src/kept-messages.js';

const OPTS = { rooms: ['home'], except: [], flags: {} };
const EVENT = { packet: { type: 2, data: ['said', 1], nsp: '/' }, opts: OPTS };

function build() {
  const heard: Heard[] = [];
  const calls: string[] = [];
  let strange = 0;
  const spans = new ClusterSpans({
    ...{ clock: new FakeClock(), uid: 'naru-1', requestsTimeout: 5_000, recoveryMs: 0 },
    createId: () => 'id',
    onHeard: (each) => heard.push(each),
    onSaid: () => false,
    onLost: () => undefined,
    onLate: () => undefined,
    onGap: () => undefined,
    onStrange: () => {
      strange += 1;
    },
    onError: (error) => expect.fail(String(error)),
  });
  const namespace = { name: '/', describe: () => [], whenKept: (callback: () => void) => callback() };
  const way = {
    prepare: () => () => undefined,
    respond: (to: string, kind: number) => void calls.push(`${kind} to ${to}`),
    enter: async () => void calls.push('enter'),
    leave: () => void calls.push('leave'),
    count: async () => 0,
  };
  const span = spans.join(namespace as object as BridgedNamespace, way, () => void calls.push('closed'));
  return { spans, span, heard, calls, strange: () => strange };
}

describe('the namespaces of a server among nodes with a ClusterAdapter', () => {
  it('get requests and events of other nodes, and not their own or those of Naru', async () => {
    const { spans, heard, calls, strange } = build();
    await Promise.resolve();
    for (const uid of ['old', 'naru-1', 'naru-2']) {
      spans.takeBytes(encode({ uid, nsp: '/', type: 3, data: EVENT }));
      spans.takeBytes(encode({ uid, nsp: '/', type: 7, data: { requestId: 'r', opts: OPTS } }));
    }
    expect(heard.map(({ uid, data }) => [uid, data])).toEqual([['old', ['said', 1]]]);
    expect(calls).toEqual(['enter', '8 to old', '8 to naru-2']);
    expect(strange()).toBe(0);
    for (const bytes of [new Uint8Array([0xc1]), encode(5), encode({ uid: 'old', nsp: '/', type: 3, data: {} })])
      spans.takeBytes(bytes);
    expect(strange()).toBe(3);
  });

  it('are entered again over new connections, and end', () => {
    const { spans, span, calls } = build();
    spans.enter();
    expect(spans.has('/')).toBe(true);
    span.close();
    expect(spans.has('/')).toBe(false);
    expect(calls).toEqual(['enter', 'enter', 'leave', 'closed']);
  });
});
