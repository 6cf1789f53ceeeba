import { describe, expect, it } from 'vitest';
import type { Target } from '../../../naru/src/entry/bridge.js';
import {
  ClusterKind,
  changeOf,
  eventOf,
  isRequest,
  isResponse,
  readBroadcast,
  readChange,
  readMessage,
} from '../../src/cluster/cluster-messages.js';

const TARGET: Target = { rooms: new Set(['home']), except: new Set(['b']), flags: { compress: false } };

describe('the messages of a cluster', () => {
  it('are read, and nothing else is', () => {
    expect(readMessage('a', '/', 3, { x: 1 })).toEqual({ uid: 'a', namespace: '/', kind: 3, data: { x: 1 } });
    expect(readMessage('a', '/', 2)).toEqual({ uid: 'a', namespace: '/', kind: 2, data: {} });
    for (const [uid, nsp, kind, data] of [
      [1, '/', 3, {}],
      ['a', undefined, 3, {}],
      ['a', 'x'.repeat(501), 3, {}],
      ['a', '/', Number.NaN, {}],
      ['a', '/', 3, 'text'],
      ['a', '/', 3, null],
    ] as const)
      expect(readMessage(uid, nsp, kind, data)).toBe(undefined);
  });

  it('tell requests, responses and the rest apart', () => {
    const kinds = Object.values(ClusterKind);
    expect(kinds.filter((kind) => isRequest({ kind, data: {} }))).toEqual([7, 9]);
    expect(kinds.filter((kind) => isRequest({ kind, data: { requestId: 'r' } }))).toEqual([3, 7, 9]);
    expect(kinds.filter((kind) => isResponse({ uid: '', namespace: '/', kind, data: {} }))).toEqual([8, 10, 11, 12]);
  });

  it('have events and changes that are read as they were written', () => {
    expect(readBroadcast(JSON.parse(JSON.stringify(eventOf('/', TARGET, ['said', 1]))))).toEqual({
      target: TARGET,
      data: ['said', 1],
    });
    for (const action of [
      ['join', ['new']],
      ['leave', ['new']],
      ['disconnect', true],
    ] as const) {
      const [kind, data] = changeOf(TARGET, action);
      const message = { uid: 'a', namespace: '/', kind, data: JSON.parse(JSON.stringify(data)) };
      expect(readChange(message)).toEqual({ target: TARGET, action });
    }
    const change = { uid: 'a', namespace: '/', kind: ClusterKind.JOIN };
    expect(readChange({ ...change, data: { opts: { rooms: [{}] } } })).toBe(undefined);
    expect(readChange({ ...change, data: { opts: { rooms: [] }, rooms: [{}] } })).toBe(undefined);
    expect(readChange({ ...change, kind: 99, data: { opts: { rooms: [] } } })).toBe(undefined);
    expect(readBroadcast({ opts: {}, packet: 5 })).toBe(undefined);
    expect(() => readBroadcast({ opts: {}, packet: { data: ['connect'] } })).toThrow('cannot read');
  });
});
