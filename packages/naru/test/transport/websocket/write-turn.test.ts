import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.js';
import { systemClock } from '../../../src/base/clock.js';
import { WriteTurn } from '../../../src/transport/websocket/write-turn.js';

function stillTurn() {
  const deferred: (() => void)[] = [];
  const clock: Clock = { ...systemClock, defer: (callback, argument) => void deferred.push(() => callback(argument)) };
  return { turn: new WriteTurn(clock), deferred };
}

function recorder(): { duplex: Duplex; written: Buffer[] } {
  const written: Buffer[] = [];
  const duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  return { duplex, written };
}

describe('WriteTurn', () => {
  it('defers once per turn, however many wait, and flushes later ones in the next', () => {
    const { turn, deferred } = stillTurn();
    const log: string[] = [];
    const again = { flush: () => void log.push('again') };
    turn.add({ flush: () => void log.push('a') });
    turn.add({
      flush() {
        log.push('b');
        turn.add(again);
      },
    });
    expect(deferred).toHaveLength(1);
    deferred.shift()?.();
    expect(log).toEqual(['a', 'b']);
    expect(deferred).toHaveLength(1);
    deferred.shift()?.();
    expect(log).toEqual(['a', 'b', 'again']);
  });

  it('joins small frames into one write, shared by connections with the same frames', () => {
    const { turn } = stillTurn();
    const frames = [Buffer.from('a'), Buffer.from('b')];
    const [one, two, other] = [recorder(), recorder(), recorder()];
    turn.write(one.duplex, frames, 2);
    turn.write(two.duplex, [...frames], 2);
    turn.write(other.duplex, [Buffer.from('a'), Buffer.from('c')], 2);
    expect(one.written).toHaveLength(1);
    expect(two.written[0]).toBe(one.written[0]);
    expect([String(one.written[0]), String(other.written[0])]).toEqual(['ab', 'ac']);
  });

  it('writes large frames unchanged and keeps the order', () => {
    const { turn } = stillTurn();
    const { duplex, written } = recorder();
    const big = Buffer.alloc(80_000, 'B');
    const frames = [Buffer.from('1'), Buffer.from('2'), big, Buffer.from('3'), Buffer.from('4')];
    turn.write(duplex, frames, 80_004);
    expect(written.map((chunk) => chunk.length)).toEqual([2, 80_000, 2]);
    expect(written[1]?.buffer).toBe(big.buffer);
    turn.write(duplex, [big], 80_000);
    expect(Buffer.concat(written).toString('latin1')).toBe(`12${big}34${big}`);
  });
});
