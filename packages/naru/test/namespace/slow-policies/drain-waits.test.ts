import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { readOptions } from '../../../src/base/options/table.js';
import { drainedTable, Waits } from '../../../src/namespace/slow-policies/drain-waits.js';
import { walkOptions } from '../../base/options/walk.js';

function build() {
  const clock = new FakeClock();
  const waits = new Waits<{ connected: boolean }>(clock);
  const socket = { connected: true };
  const state = { isOver: true };
  return { clock, waits, socket, state, isOver: () => state.isOver };
}

describe('waiting for a socket', () => {
  it('ends at once for a socket that has read enough, or has left', async () => {
    const { waits, socket, isOver, state } = build();
    state.isOver = false;
    expect(await waits.wait(socket, isOver)).toBe('drained');
    socket.connected = false;
    expect(await waits.wait(socket, isOver)).toBe('gone');
    expect(waits.has(socket)).toBe(false);
  });

  it('ends for all callers when the socket has read enough, and not before', async () => {
    const { waits, socket, isOver, state } = build();
    const both = Promise.all([waits.wait(socket, isOver), waits.wait(socket, isOver)]);
    waits.look(socket);
    expect(waits.has(socket)).toBe(true);
    state.isOver = false;
    waits.look(socket);
    expect(waits.has(socket)).toBe(false);
    expect(await both).toEqual(['drained', 'drained']);
  });

  it('ends when the socket leaves', async () => {
    const { waits, socket, isOver } = build();
    const waiting = waits.wait(socket, isOver);
    waits.end(socket);
    expect(await waiting).toBe('gone');
  });

  it('ends after its time, and leaves no timer when it ends earlier', async () => {
    const { clock, waits, socket, isOver } = build();
    const waiting = waits.wait(socket, isOver, { timeoutMs: 100 });
    await clock.advance(99);
    expect(waits.has(socket)).toBe(true);
    await clock.advance(1);
    expect(await waiting).toBe('timeout');
    const other = waits.wait(socket, isOver, { timeoutMs: 100 });
    expect(clock.timerCount).toBe(1);
    waits.end(socket);
    await other;
    expect(clock.timerCount).toBe(0);
  });

  it('rejects with the reason of its signal', async () => {
    const { waits, socket, isOver } = build();
    const controller = new AbortController();
    const waiting = waits.wait(socket, isOver, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(waits.has(socket)).toBe(false);
    await expect(waits.wait(socket, isOver, { signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('the options of drained()', () => walkOptions(drainedTable, (given) => readOptions(drainedTable, given)));
