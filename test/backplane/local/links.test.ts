import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { Links } from '../../../src/backplane/local/links.js';
import { encodeFrame } from '../../../src/backplane/talk/frames.js';
import type { Replies, TalkMember } from '../../../src/backplane/talk/talk.js';
import { systemClock } from '../../../src/base/clock.js';
import { makeFolder } from '../../kit/folders.js';

const TALKER = fileURLToPath(new URL('./talker.mjs', import.meta.url));
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Starts another process that takes part. `lines` are what it has heard. */
async function startTalker(folder: string): Promise<{ child: ChildProcess; node: string; lines(): string[] }> {
  const child = spawn(process.execPath, [TALKER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  await once(child.stdout, 'data');
  const [node = ''] = said.split('\n');
  return { child, node, lines: () => said.split('\n').slice(1, -1) };
}

function open(folder: string): { links: Links; member: TalkMember; heard: string[] } {
  const links = new Links(folder, systemClock);
  onTestFinished(() => links.close());
  const heard: string[] = [];
  const member = links.join({
    onMessage: (from, namespace, message) => heard.push(`${from} ${namespace} ${text(message)}`),
    onQuestion: () => bytes('here'),
  });
  return { links, member, heard };
}

const answersOf = ({ answers }: Replies): Record<string, string> =>
  Object.fromEntries([...answers].map(([node, answer]) => [node, text(answer)]));

it('connects processes, and names one that is killed while it is asked', async () => {
  const folder = makeFolder({});
  const { member } = open(folder);
  const [one, two] = await Promise.all([startTalker(folder), startTalker(folder)]);
  await expect.poll(() => [...member.others].sort()).toEqual([one.node, two.node].sort());
  for (let n = 0; n < 1_000; n += 1) member.publish('/', bytes(`${n}`));
  expect(answersOf(await member.ask('/', bytes('ready'), 5_000))).toEqual({
    [one.node]: 'ready!',
    [two.node]: 'ready!',
  });
  await expect.poll(() => [one.lines().length, two.lines().length]).toEqual([1_000, 1_000]);
  expect(one.lines()).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n}`));
  const asking = member.ask('/', bytes('never'), 60_000, [two.node]);
  two.child.kill('SIGKILL');
  expect(await asking).toEqual({ answers: new Map(), missing: [two.node] });
  expect(member.others).toEqual([one.node]);
});

it('names a process that stands still, and hears it again when it goes on', async () => {
  const folder = makeFolder({});
  const { member } = open(folder);
  const { child, node } = await startTalker(folder);
  await expect.poll(() => member.others).toEqual([node]);
  child.kill('SIGSTOP');
  expect((await member.ask('/', bytes('now'), 100)).missing).toEqual([node]);
  child.kill('SIGCONT');
  expect(answersOf(await member.ask('/', bytes('again'), 5_000))).toEqual({ [node]: 'again!' });
});

it('removes the socket of a process that was killed', async () => {
  const folder = makeFolder({});
  const { child } = await startTalker(folder);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(readdirSync(join(folder, 'nodes'))).toHaveLength(1);
  const { links } = open(folder);
  await expect.poll(() => readdirSync(join(folder, 'nodes'))).toHaveLength(1);
  links.close();
  await expect.poll(() => readdirSync(join(folder, 'nodes'))).toEqual([]);
});

it('lets nobody else in', () => {
  const folder = makeFolder({});
  open(folder);
  expect(statSync(join(folder, 'nodes')).mode & 0o077).toBe(0);
});

it('opens sockets elsewhere if the path of the folder is too long', async () => {
  const folder = join(makeFolder({}), 'x'.repeat(100));
  mkdirSync(folder);
  const [one, two] = [open(folder), open(folder)];
  await expect.poll(() => one.member.others).toEqual([two.member.node]);
  expect(existsSync(join(folder, 'nodes'))).toBe(false);
});

it.each([
  ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['another version', Buffer.concat(encodeFrame({ kind: 'nodes', version: 2, name: 'a.sock', nodes: ['forged'] }))],
  [
    'a name outside of the folder',
    Buffer.concat(encodeFrame({ kind: 'nodes', version: 1, name: '../a.sock', nodes: ['forged'] })),
  ],
])('closes a link with %s, and keeps the others', async (_, noise) => {
  const folder = makeFolder({});
  const [one, two] = [open(folder), open(folder)];
  await expect.poll(() => one.member.others).toEqual([two.member.node]);
  for (const name of readdirSync(join(folder, 'nodes'))) {
    const socket = connect(join(folder, 'nodes', name));
    socket.end(noise);
    await once(socket, 'close');
  }
  expect([one.member.others, two.member.others]).toEqual([[two.member.node], [one.member.node]]);
  expect(answersOf(await one.member.ask('/', bytes('?'), 5_000))).toEqual({ [two.member.node]: 'here' });
});
