import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeTimeMsMax, drainTimeMsMax, endOnSignal } from '../../src/workers/signals.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function makeProgram() {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  return {
    exits,
    send: (signal: string) => listeners.get(signal)?.(),
    on: (signal: string, listener: () => void) => listeners.set(signal, listener),
    exit: (code: number) => exits.push(code),
  };
}

describe('endOnSignal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'closes once and exits with 0 on %s, however often it arrives',
    async (signal) => {
      const program = makeProgram();
      const close = vi.fn(async () => {});
      endOnSignal(program, close, () => {});
      program.send(signal);
      program.send(signal);
      program.send('SIGTERM');
      await vi.runAllTimersAsync();
      expect(close).toHaveBeenCalledTimes(1);
      expect(program.exits).toEqual([0]);
    },
  );

  it('leaves the signals alone that it is not given', async () => {
    const program = makeProgram();
    const close = vi.fn(async () => {});
    endOnSignal(program, close, () => {}, ['SIGINT']);
    program.send('SIGHUP');
    program.send('SIGTERM');
    expect(close).not.toHaveBeenCalled();
    program.send('SIGINT');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('exits with 0 when closing takes too long', async () => {
    const program = makeProgram();
    endOnSignal(
      program,
      () => new Promise(() => {}),
      () => {},
    );
    program.send('SIGINT');
    await vi.advanceTimersByTimeAsync(closeTimeMsMax - 1);
    expect(program.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(program.exits).toEqual([0]);
  });

  it('closes gently, and with patience, after an announcement', async () => {
    const program = makeProgram();
    const close = vi.fn(() => new Promise<void>(() => {}));
    endOnSignal(program, close, () => {});
    program.send('SIGTERM');
    expect(close).toHaveBeenCalledWith(true);
    await vi.advanceTimersByTimeAsync(drainTimeMsMax - 1);
    expect(program.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(program.exits).toEqual([0]);
  });

  it.each([
    ['SIGINT', 0],
    ['SIGHUP', 0],
    ['SIGTERM', 2_000],
  ])('closes without waves when %s arrives %i ms after SIGTERM, within the short time', async (signal, afterMs) => {
    const program = makeProgram();
    const close = vi.fn((_isGentle: boolean) => new Promise<void>(() => {}));
    endOnSignal(program, close, () => {});
    program.send('SIGTERM');
    await vi.advanceTimersByTimeAsync(afterMs);
    program.send(signal);
    program.send(signal);
    expect(close.mock.calls).toEqual([[true], [false]]);
    await vi.advanceTimersByTimeAsync(closeTimeMsMax - 1);
    expect(program.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(program.exits).toEqual([0]);
    await vi.advanceTimersByTimeAsync(drainTimeMsMax);
    expect(program.exits).toEqual([0]);
  });

  it('takes a second SIGTERM for the first one when it comes soon, and asks nothing twice', async () => {
    const program = makeProgram();
    const close = vi.fn((_isGentle: boolean) => new Promise<void>(() => {}));
    const end = endOnSignal(program, close, () => {});
    end(true);
    await vi.advanceTimersByTimeAsync(10_000);
    end(true);
    program.send('SIGTERM');
    await vi.advanceTimersByTimeAsync(1_999);
    program.send('SIGTERM');
    expect(close.mock.calls).toEqual([[true]]);
    end(false);
    expect(close.mock.calls).toEqual([[true], [false]]);
  });

  it('reports a failure to close, and exits with 1', async () => {
    const program = makeProgram();
    const report = vi.fn();
    endOnSignal(program, () => Promise.reject(new Error('stuck')), report);
    program.send('SIGINT');
    await vi.runAllTimersAsync();
    expect(report).toHaveBeenCalledWith(new Error('stuck'));
    expect(program.exits).toEqual([1]);
  });
});
