import { describe, expect, it } from 'vitest';
import { ZlibWorkers } from '../../../../src/transport/websocket/deflate/zlib-workers.js';

const LEVELS = { level: -1, memLevel: 8, strategy: 0, chunkSize: 1024 };

describe('ZlibWorkers', () => {
  it('runs a limited number of jobs at once, and the rest in order', () => {
    const workers = new ZlibWorkers(2, LEVELS, 1024);
    const started: number[] = [];
    for (let job = 0; job < 3000; job += 1) workers.run({ start: () => void started.push(job) });
    expect(started).toEqual([0, 1]);
    for (let count = 0; count < 3000; count += 1) workers.release();
    expect(started).toEqual(Array.from({ length: 3000 }, (_, job) => job));
    workers.run({ start: () => void started.push(-1) });
    expect(started.at(-1)).toBe(-1);
  });

  it('lends contexts, and keeps only as many as can be in use', () => {
    const workers = new ZlibWorkers(1, LEVELS, 1024);
    const first = workers.take('deflate', 9);
    const second = workers.take('deflate', 9);
    expect(second).not.toBe(first);
    workers.give('deflate', 9, first);
    workers.give('deflate', 9, second);
    expect(workers.take('deflate', 10)).not.toBe(first);
    expect(workers.take('inflate', 9)).not.toBe(first);
    expect(workers.take('deflate', 9)).toBe(first);
    expect(workers.take('deflate', 9)).not.toBe(second);
  });
});
