import { expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { NodeLines } from '../../../src/server/api/node-lines.js';
import { Server } from '../../../src/server/api/server.js';

/** Returns the lines that are printed on standard error from here on, with the codes of nodes as letters. */
function listen(): (names: Readonly<Record<string, string>>) => string[] {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => spy.mockRestore());
  return (names) =>
    spy.mock.calls.map(([line]) =>
      Object.entries(names).reduce((text, [code, name]) => text.replaceAll(code, name), String(line)),
    );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('tells of servers that come and go, and of a drain', async () => {
  const lines = listen();
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const one = new Server({ backplane });
  const two = new Server({ backplane });
  await turn();
  const names = { [String(one.node)]: 'A', [String(two.node)]: 'B' };
  expect(lines(names)).toEqual(['naru A: node B is there']);
  await two.drain();
  await two.close();
  await turn();
  expect(lines(names).slice(1)).toEqual(['naru B: drains 0 clients', 'naru A: node B is gone: left by itself']);
  await one.close();
});

it('prints nothing with `printNodes: false`, or without other servers', async () => {
  const lines = listen();
  const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
  const servers = [new Server({ backplane, printNodes: false }), new Server({ backplane, printNodes: false })];
  await turn();
  for (const server of [...servers, new Server()]) {
    await server.drain();
    await server.close();
  }
  await turn();
  expect(lines({})).toEqual([]);
});

it('names five nodes in a line, and counts the others', async () => {
  const lines = listen();
  const clock = new FakeClock();
  const own = new NodeLines(clock, () => ({ node: 'own', others: [] }));
  for (let node = 1; node <= 7; node += 1) own.note(`n${node}`, 'lost');
  own.note('n8', 'come');
  await clock.settle();
  expect(lines({})).toEqual([
    'naru own: nodes n1, n2, n3, n4, n5 and 2 more are gone: ended, or out of reach',
    'naru own: node n8 is there',
  ]);
});
