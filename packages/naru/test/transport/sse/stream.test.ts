import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { corkForTurn, GREETING } from '../../../src/transport/sse/stream.js';

describe('an event stream', () => {
  it('begins with text that clients ignore', () => {
    expect(GREETING.text.toString()).toBe(':\n\n');
  });

  it('holds writes back until the end of the turn', async () => {
    const socket = new PassThrough();
    corkForTurn(socket);
    socket.write('a');
    expect([socket.writableCorked, socket.writableLength]).toEqual([1, 1]);
    await Promise.resolve();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(socket.writableCorked).toBe(0);
  });
});
