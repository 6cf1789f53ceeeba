import { expect, it } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { startNodes } from '../../../../test/scenario/nodes/nodes.js';
import { readArguments } from '../../src/arguments.js';
import { runExplain } from '../../src/asking/explain.js';

async function explain(...args: string[]): Promise<string> {
  const command = readArguments(['explain', ...args], {});
  if (command.type !== 'explain') expect.fail(JSON.stringify(command));
  const printed: string[] = [];
  await runExplain(command, (text) => printed.push(text));
  return printed.join('');
}

it('says why a client of any node did not get an event, with the facts', async () => {
  const [one, two] = await startNodes(['a', 'b'], 1);
  const at = ['--data', one?.folder ?? ''];
  const [client] = two?.clients ?? [];
  const id = client?.id ?? '';
  await two?.run(`io.in(${JSON.stringify(id)}).socketsJoin("room"); await new Promise((r) => setTimeout(r, 50));`);
  await one?.run('io.to("room").emit("said", "secret"); await new Promise((r) => setTimeout(r, 50));');
  await two?.run(`io.in(${JSON.stringify(id)}).socketsLeave("room"); await new Promise((r) => setTimeout(r, 50));`);
  await one?.run('io.to("room").emit("missed"); await new Promise((r) => setTimeout(r, 50));');
  expect(await explain('--client', id, '--event', 'said', ...at)).toMatch(
    new RegExp(`^"said" was delivered to ${id} on the node ${two?.code} at .*\\n(  .*\\n)+$`),
  );
  const text = await explain('--client', id, '--event', 'missed', ...at);
  expect(text).toMatch(/was not in there: it had left "room" at \S+Z\.\n/);
  expect(text).not.toContain('secret');
  const json = JSON.parse(await explain('--client', id, '--event', 'missed', '--json', ...at)) as object;
  expect(json).toMatchObject({ verdict: 'not-in-room', missing: [], event: { event: 'missed', rooms: ['room'] } });
});

it('finds an event of a namespace that it does not serve itself', async () => {
  const [node] = await startNodes(['a'], 1);
  const id = node?.clients[0]?.id ?? '';
  await node?.run('io.of("/chat").emit("heard"); await new Promise((r) => setTimeout(r, 50));');
  expect(await explain('--client', id, '--event', 'heard', '--data', node?.folder ?? '')).toMatch(
    /^"heard" was sent in the namespace "?\/chat"?, and .* is in another one\./,
  );
});

it.each(['-h', '-Zb3', '--aSd_f'])('takes the id %s of a socket, which may begin with a dash', (client) => {
  expect(readArguments(['explain', '--client', client, '--event', 'said'], {})).toMatchObject({ client });
});

it.each([
  [['--client', '--event', 'said'], "'--client' argument is ambiguous"],
  [['--event', 'said'], "'naru explain' needs --client"],
  [['--client', 'a'], "'naru explain' needs --event"],
  [['--client', 'a', '--event', 'said', 'more'], "takes options only, got 'more'"],
  [['--client', 'a', '--event', 'said', '--data', 'memory'], 'no server reads a log in the memory'],
  [['--client', 'a', '--event', 'said', '--room', 'b'], '--room'],
])('refuses %j', (args, part) => {
  expect(readArguments(['explain', ...args], {})).toMatchObject({
    type: 'mistake',
    message: expect.stringContaining(part),
  });
});

it('asks about the first event of a name from a time on', async () => {
  const [node] = await startNodes(['a'], 1);
  const id = node?.clients[0]?.id ?? '';
  await node?.run('io.emit("said"); await new Promise((r) => setTimeout(r, 50));');
  const ask = async (since: Date) =>
    await explain('--client', id, '--event', 'said', '--since', since.toISOString(), '--data', node?.folder ?? '');
  expect(await ask(new Date(Date.now() - 60_000))).toContain(`"said" was delivered to ${id}`);
  expect(await ask(new Date(Date.now() + 60_000))).toMatch(/^No log and no node has the event "said" from \S+Z on\./);
});

it('makes no log where none is', async () => {
  const folder = makeFolder({});
  await expect(explain('--client', 'a', '--event', 'said', '--data', folder)).rejects.toThrow('there is no log');
});
