import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import { ClosingStreams } from '../../../src/transport/closing-streams.js';
import { corkForTurn, destroyLate, GREETING } from '../../../src/transport/sse/stream.js';

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

  it('is destroyed when its peer does not close it in time', async () => {
    const clock = new FakeClock();
    const settings = { closeDeadlines: waitsOf(clock, 1_000), closing: new ClosingStreams(clock) };
    const [late, prompt] = [new PassThrough(), new PassThrough()];
    destroyLate(late, settings);
    destroyLate(prompt, settings);
    const closed = new Promise((resolve) => prompt.once('close', resolve));
    prompt.destroy();
    await closed;
    expect([settings.closeDeadlines.count, late.destroyed]).toEqual([1, false]);
    await clock.advance(1_000);
    expect([settings.closeDeadlines.count, late.destroyed]).toEqual([0, true]);
  });
});
