import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import type { Replies, TalkMember } from '../../naru/src/backplane/talk/talk.js';
import { type Clock, systemClock } from '../../naru/src/base/clock.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { encodeFrame, type FrameHead } from '../src/frames.js';
import { Links } from '../src/links.js';

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

/** Opens a link to the only process that listens in a folder. */
async function dial(folder: string): Promise<Socket> {
  const nodes = join(folder, 'nodes');
  await expect.poll(() => existsSync(nodes) && readdirSync(nodes).length).toBe(1);
  const socket = connect(join(nodes, readdirSync(nodes)[0] as string));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function open(folder: string, clock: Clock = systemClock): { links: Links; member: TalkMember; heard: string[] } {
  const links = new Links(folder, clock);
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

it('shows its socket to others only when it listens, because they remove one that refuses them', () => {
  const folder = makeFolder({});
  const listen = Server.prototype.listen;
  const shown: string[][] = [];
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
    const server = listen.apply(this, args as never);
    shown.push(readdirSync(join(folder, 'nodes')).filter((name) => name.endsWith('.sock')));
    return server;
  });
  onTestFinished(() => spy.mockRestore());
  open(folder);
  expect(shown).toEqual([[]]);
  expect(readdirSync(join(folder, 'nodes'))).toEqual([expect.stringMatching(/\.sock$/)]);
});

it('takes messages from a process without nodes, which nobody waits for', async () => {
  const folder = makeFolder({});
  const { member, heard } = open(folder);
  const talker = await startTalker(folder);
  await expect.poll(() => member.others).toEqual([talker.node]);
  const links = new Links(folder, systemClock);
  onTestFinished(() => links.close());
  for (let n = 0; n < 100; n += 1) void links.publish('/', bytes(`${n}`), false);
  await links.publish('/elsewhere', bytes('unheard'), true);
  await links.publish('/', bytes('last'), false);
  links.close();
  const all = [...Array.from({ length: 100 }, (_, n) => `${n}`), 'last'];
  await expect.poll(() => heard).toEqual(all.map((each) => ` / ${each}`));
  await expect.poll(() => talker.lines()).toEqual(all);
  const { answers, missing } = await member.ask('/', bytes('ready'), 5_000);
  expect([[...answers.keys()], missing, member.others]).toEqual([[talker.node], [], [talker.node]]);
});

it('reaches nobody from a process without nodes in a folder where nobody listens, and does not wait', async () => {
  const links = new Links(makeFolder({}), new FakeClock());
  await links.publish('/', bytes('hello'), false);
  links.close();
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

it('asks every process that was there before it, from the first moment on', async () => {
  const folder = makeFolder({});
  const [one, two] = [open(folder), open(folder)];
  await expect.poll(() => one.member.others).toEqual([two.member.node]);
  const { member } = open(folder);
  expect(member.others).toEqual([]);
  expect(answersOf(await member.ask('/', bytes('?'), 5_000))).toEqual({
    [one.member.node]: 'here',
    [two.member.node]: 'here',
  });
  expect([member.whenKnown?.(1), one.member.others]).toEqual([undefined, expect.arrayContaining([member.node])]);
});

it('names a process that stood still before this one began', async () => {
  const folder = makeFolder({});
  const { child, node } = await startTalker(folder);
  child.kill('SIGSTOP');
  const [name = ''] = readdirSync(join(folder, 'nodes'));
  const { member } = open(folder);
  expect(await member.ask('/', bytes('?'), 100)).toEqual({ answers: new Map(), missing: [name.replace('.sock', '')] });
  child.kill('SIGCONT');
  await expect.poll(() => member.whenKnown?.(1)).toBeUndefined();
  expect(answersOf(await member.ask('/', bytes('?'), 5_000))).toEqual({ [node]: '?!' });
});

it('names a process that ended before it could say anything', async () => {
  const folder = makeFolder({});
  const { child } = await startTalker(folder);
  child.kill('SIGSTOP');
  const [name = ''] = readdirSync(join(folder, 'nodes'));
  const { member } = open(folder);
  const asking = member.ask('/', bytes('?'), 5_000);
  await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGKILL');
  expect(await asking).toEqual({ answers: new Map(), missing: [name.replace('.sock', '')] });
  expect(await member.ask('/', bytes('?'), 5_000)).toEqual({ answers: new Map(), missing: [] });
});

it('opens its socket again when somebody has deleted it', async () => {
  const folder = makeFolder({});
  const [one, two] = [open(folder), open(folder)];
  await expect.poll(() => one.member.others).toEqual([two.member.node]);
  rmSync(join(folder, 'nodes'), { recursive: true });
  // The links that are open stay so.
  expect(answersOf(await one.member.ask('/', bytes('?'), 5_000))).toEqual({ [two.member.node]: 'here' });
  const three = open(folder);
  const all = [one, two, three];
  await expect.poll(() => all.map(({ member }) => member.others.length), { timeout: 10_000 }).toEqual([2, 2, 2]);
  expect(readdirSync(join(folder, 'nodes'))).toHaveLength(3);
});

it('warns once where no socket can be opened, however often it looks', async () => {
  const clock = new FakeClock();
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const listen = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    setImmediate(() => this.emit('error', new Error('listen EOPNOTSUPP')));
    return this;
  });
  onTestFinished(() => {
    warn.mockRestore();
    listen.mockRestore();
  });
  open(makeFolder({}), clock);
  for (let looks = 0; looks < 3; looks += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
  }
  expect(listen.mock.calls.length).toBeGreaterThan(2);
  expect(warn).toHaveBeenCalledTimes(1);
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

it('refuses a folder for its sockets that another user may have made, to listen and to publish', async () => {
  const temporary = makeFolder({});
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = join(makeFolder({}), 'x'.repeat(100));
  mkdirSync(folder);
  open(folder).links.close();
  const [name = ''] = readdirSync(temporary);
  const sockets = join(temporary, name);
  chmodSync(sockets, 0o777);
  let count = 0;
  const stranger = createServer(() => {
    count += 1;
  });
  stranger.listen(join(sockets, 'x.sock'));
  await once(stranger, 'listening');
  onTestFinished(() => void stranger.close());
  const refused = expect.objectContaining({ name: 'UnavailableError', message: expect.stringContaining(sockets) });
  const links = new Links(folder, systemClock);
  onTestFinished(() => links.close());
  await expect(links.publish('/', bytes('secret'), false)).rejects.toEqual(refused);
  const enter = (): TalkMember => links.join({ onMessage: () => undefined, onQuestion: () => bytes('') });
  // The second time, too.
  for (let tries = 0; tries < 2; tries += 1) expect(enter).toThrow(refused);
  expect([count, readdirSync(sockets)]).toEqual([0, ['x.sock']]);
  chmodSync(sockets, 0o700);
  await links.publish('/', bytes('hello'), false);
  await expect.poll(() => count).toBe(1);
});

const hello = (head: object): Buffer =>
  Buffer.concat(encodeFrame({ kind: 'nodes', version: 1, name: 'a.sock', nodes: [], ...head } as FrameHead));
const say = (from: string, to: string): Buffer =>
  Buffer.concat(encodeFrame({ kind: 'talk', to, envelope: { kind: 'say', from, namespace: '/' } }, bytes('forged')));

it.each([
  ['noise', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['another version', () => hello({ version: 2, nodes: ['forged'] })],
  ['a name outside of the folder', () => hello({ name: '../a.sock', nodes: ['forged'] })],
  ['a message before its nodes', (node: string) => say('forged', node)],
  ['a message for a node that it has not named', (node: string) => Buffer.concat([hello({}), say('forged', node)])],
  ['the code of a node of this process', (node: string) => hello({ nodes: [node] })],
  ['the code of a node of another process', (_node: string, other: string) => hello({ nodes: [other] })],
  ['another name than before', () => Buffer.concat([hello({}), hello({ name: 'b.sock' })])],
  ['more nodes than a process has', () => hello({ nodes: Array.from({ length: 10_001 }, (_, n) => `${n}`) })],
  ['the end of a frame missing', () => hello({ nodes: ['forged'] }).subarray(0, 40)],
])('closes a link with %s, and keeps the others', async (_, noise) => {
  const folder = makeFolder({});
  const [one, two] = [open(folder), open(folder)];
  await expect.poll(() => one.member.others).toEqual([two.member.node]);
  for (const name of readdirSync(join(folder, 'nodes'))) {
    const socket = connect(join(folder, 'nodes', name));
    // The end may come while much is still on its way.
    socket.on('error', () => undefined);
    socket.end(Buffer.concat([noise(one.member.node, two.member.node), noise(two.member.node, one.member.node)]));
    await new Promise((resolve) => socket.on('close', resolve));
  }
  expect([one.member.others, two.member.others]).toEqual([[two.member.node], [one.member.node]]);
  expect([one.heard, two.heard]).toEqual([[], []]);
  expect(answersOf(await one.member.ask('/', bytes('?'), 5_000))).toEqual({ [two.member.node]: 'here' });
});

it('ends a link on which nobody says who it is, after five seconds', async () => {
  const folder = makeFolder({});
  const clock = new FakeClock();
  open(folder, clock);
  const socket = await dial(folder);
  socket.write(hello({}).subarray(0, 20));
  await clock.settle();
  await clock.advance(4_900);
  expect(socket.readyState).toBe('open');
  const closed = once(socket, 'close');
  await clock.advance(200);
  await closed;
});

it('keeps a file in the folder of the sockets that is not a socket', async () => {
  const folder = makeFolder({ 'nodes/mine.sock': 'a file' });
  const clock = new FakeClock();
  const { member } = open(folder, clock);
  const other = open(folder, clock);
  await expect.poll(() => member.others).toEqual([other.member.node]);
  for (let tries = 0; tries < 3; tries += 1) await clock.advance(1_000);
  expect(readdirSync(join(folder, 'nodes'))).toContain('mine.sock');
});

it('opens a link less and less often to a process that ends it each time', async () => {
  const folder = makeFolder({ 'nodes/keep': '' });
  // Each end of a link takes a few turns of the event loop.
  const clock = new FakeClock({ quietTurns: 20 });
  let count = 0;
  const stranger = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  stranger.listen(join(folder, 'nodes', 'stranger.sock'));
  await once(stranger, 'listening');
  onTestFinished(() => void stranger.close());
  open(folder, clock);
  await expect.poll(() => count).toBe(1);
  for (let seconds = 0; seconds < 60; seconds += 1) await clock.advance(1_000);
  expect(count).toBeGreaterThan(2);
  expect(count).toBeLessThan(14);
});

it.runIf(process.platform === 'linux')(
  'opens a link later that the system has no room for now, and waits for that process meanwhile',
  async () => {
    const folder = makeFolder({ 'nodes/keep': '' });
    const clock = new FakeClock({ quietTurns: 20 });
    const path = join(folder, 'nodes', 'stranger.sock');
    const heard: Buffer[] = [];
    const stranger = createServer((socket) => socket.on('data', (chunk) => heard.push(chunk)));
    stranger.listen({ path, backlog: 1 });
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    // The system answers further connections of this turn with EAGAIN. Other systems than Linux refuse them.
    const others = Array.from({ length: 4 }, () => connect(path).on('error', () => undefined));
    onTestFinished(() => {
      for (const other of others) other.destroy();
    });
    const { member } = open(folder, clock);
    await clock.settle();
    expect([heard, member.whenKnown?.(1_000)]).toEqual([[], expect.any(Promise)]);
    for (let tries = 0; tries < 10 && heard.length === 0; tries += 1) await clock.advance(100);
    expect(String(Buffer.concat(heard))).toContain(member.node);
  },
);

it('takes a node back on a new link of its process, and then hears of no end of the former one', async () => {
  const folder = makeFolder({});
  const { member } = open(folder);
  const [one, two] = [await dial(folder), await dial(folder)];
  one.write(hello({ name: 'b.sock', nodes: ['b'] }));
  await expect.poll(() => member.others).toEqual(['b']);
  two.write(hello({ name: 'b.sock', nodes: ['b'] }));
  two.write(say('b', member.node));
  await expect.poll(() => member.others).toEqual(['b']);
  one.destroy();
  await once(one, 'close');
  const asked = Buffer.concat(encodeFrame({ kind: 'nodes', version: 1, name: 'b.sock', nodes: ['b', 'c'] }));
  two.write(asked);
  await expect.poll(() => member.others).toEqual(['b', 'c']);
  two.destroy();
  await expect.poll(() => member.others).toEqual([]);
});
