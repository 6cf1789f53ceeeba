import { expect, it, onTestFinished, vi } from 'vitest';
import type { Backplane } from '../../src/backplane/backplane.js';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { FakeClock } from '../../src/entry/testing.js';
import { join, stage } from '../kit/servers/test-server.js';

/** A backplane in memory, which may claim to be shared by several processes. */
function backplaneOf(clock: FakeClock, isDurable: boolean): Backplane {
  const { talk: _, ...backplane } = memoryBackplane(clock, { ageMs: 60_000, bytes: 1_000_000 });
  Object.defineProperty(backplane.store, 'isDurable', { value: isDurable });
  return backplane;
}

it.each([
  [true, 3],
  [false, 0],
])('warns once for each method if processes may share the backplane: %s', async (isDurable, count) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  const clock = new FakeClock();
  const server = stage({ backplane: backplaneOf(clock, isDurable) }, clock);
  await join(server);
  for (let round = 0; round < 2; round += 1) {
    await server.io.local.fetchSockets();
    server.io.local.volatile.emit('x');
    expect(await server.io.fetchSockets()).toHaveLength(1);
    await server.io.of('/other').to('a').fetchSockets();
    server.io.to('a').socketsJoin('b');
    server.io.volatile.emit('x');
    server.io.emit('x');
  }
  expect(warn.mock.calls.map(([text, options]) => [String(text).split(' reaches')[0], options])).toEqual(
    ['fetchSockets()', 'socketsJoin()', 'A volatile event']
      .slice(0, count)
      .map((method) => [method, { code: 'NARU_LOCAL_ONLY' }]),
  );
});
