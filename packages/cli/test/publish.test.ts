import { expect, it } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { startNodes } from '../../../test/scenario/nodes/nodes.js';
import { readArguments } from '../src/arguments.js';
import { runPublish } from '../src/publish.js';

async function publish(...args: string[]): Promise<void> {
  const command = readArguments(['publish', ...args], {});
  if (command.type !== 'publish') expect.fail(JSON.stringify(command));
  await runPublish(command);
}

it('publishes to the clients of a running server, in order, and names the person in the log', async () => {
  const [node] = await startNodes(['a'], 1);
  const heard: unknown[][] = [];
  node?.clients[0]?.onAny((...event: unknown[]) => heard.push(event.slice(0, -1)));
  const at = ['--data', node?.folder ?? ''];
  await publish('news', '"all"', '{"n":[1]}', ...at);
  await publish('news', '"elsewhere"', '--room', 'nowhere', ...at);
  await publish('news', '"other"', '--namespace', 'other', ...at);
  await publish('news', '--room', 'a', '--room', 'nowhere', '--by', 'mina', ...at);
  await expect.poll(() => heard).toEqual([['news', 'all', { n: [1] }], ['news']]);
  expect((await node?.run('return io.erase({ by: "mina" })'))?.value).toBe(1);
});

it('makes no log where none is', async () => {
  const folder = makeFolder({});
  await expect(publish('news', '--data', folder)).rejects.toThrow(`there is no log in ${folder}`);
  await expect(publish('news', '--data', folder)).rejects.toThrow('there is no log');
});

it('refuses a reserved name', async () => {
  const [node] = await startNodes(['a'], 0);
  await expect(publish('connect', '--data', node?.folder ?? '')).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
});
