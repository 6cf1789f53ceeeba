import { describe, expect, it } from 'vitest';
import { checkAlone, checkLanes, checkNoticed, longestSilence } from './checker.mjs';

const OPTIONS = { pingInterval: 2_000, pingTimeout: 5_000 };
const CUT_AT = 100_000;
const cut = (loss: object) => [{ at: CUT_AT, ms: 15_000, ...loss }];
const joined = (wire: string) => ({ at: 1_000, what: 'in', wire, id: 'a', recovered: false });
const left = (wire: string, afterMs: number) => ({
  at: CUT_AT + afterMs,
  what: 'out',
  wire,
  id: 'a',
  reason: 'ping timeout',
});

describe('a silent client', () => {
  it.each([
    ['websocket socket.io', 7_000],
    ['udp socket.io', 7_000],
    ['tcp stomp', 4_000],
    ['websocket stomp', 4_000],
  ])('on %s must be noticed within %s ms and a little', (wire, limit) => {
    const held = (notes: object[], loss: object = { up: 1 }) => checkNoticed(notes, cut(loss), OPTIONS).length;
    expect(held([joined(wire), left(wire, limit)])).toBe(0);
    expect(held([joined(wire), left(wire, limit + 3_000)])).toBe(1);
    expect(held([joined(wire)])).toBe(1);
    // A client that left earlier is not counted, nor is any client while only a part of the packets is lost.
    expect(held([joined(wire), left(wire, -10)])).toBe(0);
    expect(held([joined(wire)], { up: 0.9 })).toBe(0);
  });

  it('does not count when it only hears nothing but sends, or when only the system watches it', () => {
    expect(checkNoticed([joined('tcp stomp')], cut({ down: 1 }), OPTIONS)).toEqual([]);
    expect(checkNoticed([joined('sse events')], cut({ up: 1 }), OPTIONS)).toEqual([]);
    expect(checkNoticed([joined('tcp socket.io')], cut({ down: 1 }), OPTIONS)).toHaveLength(1);
  });
});

describe('clients over UDP', () => {
  const client = (over: object = {}) => ({
    name: 'one',
    faults: [],
    counts: { states: 3, asks: 2 },
    sessions: [{}],
    ...over,
  });
  const server = { faults: [], counts: { sessions: 1 } };

  it('pass without faults and without missing data', () => {
    expect(checkAlone([client()], server, { keepsUdp: true })).toEqual([]);
  });

  it.each([
    ['a fault of its own', client({ faults: ['x'] }), server],
    ['a fault of the server', client(), { ...server, faults: ['x'] }],
    ['nothing that came', client({ counts: { states: 0, asks: 2 } }), server],
    ['nothing that came to the server', client(), { ...server, counts: { sessions: 0 } }],
    ['a second session', client({ sessions: [{ reason: 'ping timeout' }, {}] }), server],
  ])('fail with %s', (_title, one, other) => {
    expect(checkAlone([one], other, { keepsUdp: true })).toHaveLength(1);
  });
});

describe('lanes', () => {
  const states = (...at: number[]) => at.map((each, n) => [n, each]);
  const lane = { name: 'one', faults: [], heard: states(0, 25, 50), sent: 3 };
  const server = (heard: number[][]) => ({ lanes: [{ name: 'one', heard }] });
  const scene = { laneSilenceMsMax: 100 };

  it('pass when both sides heard often enough, and nothing twice', () => {
    expect(checkLanes([lane], server(states(0, 100)), scene)).toEqual([]);
    expect(longestSilence(states(0, 10, 35, 40))).toBe(25);
  });

  it.each([
    ['a fault of its own', { ...lane, faults: ['x'] }, states(0, 25)],
    ['a client that heard nothing', { ...lane, heard: [] }, states(0, 25)],
    ['a server that heard nothing', lane, []],
    ['a long silence at the client', { ...lane, heard: states(0, 101) }, states(0, 25)],
    ['a long silence at the server', lane, states(0, 101)],
    ['a state that came twice', lane, [...states(0, 25), [1, 30]]],
  ])('fail with %s', (_title, one, heard) => {
    expect(checkLanes([one], server(heard), scene)).toHaveLength(1);
  });
});
