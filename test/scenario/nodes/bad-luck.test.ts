import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Node, standStill, startNodes } from './nodes.js';

const NAMES = ['a', 'b', 'c'] as const;
const SOON = { timeout: 30_000 };

/** Makes all clients answer questions, and notes what each of them hears, as `client event` and the first argument. */
function listen(nodes: readonly Node[], heard: string[] = []): string[] {
  for (const { clients } of nodes) {
    for (const client of clients) {
      const { name } = client.auth as { name: string };
      client.onAny((event: string, ...args: unknown[]) => {
        const answer = args.at(-1);
        heard.push(typeof answer === 'function' ? `${name} ${event}` : `${name} ${event} ${String(args[0])}`);
        if (typeof answer === 'function') answer(name);
      });
      client.on('disconnect', (reason) => heard.push(`${name} ${reason}`));
    }
  }
  return heard;
}

const sorted = (value: unknown): unknown[] => [...((value ?? []) as unknown[])].sort();

it('carries out every call on a process that stands still for ten seconds, or names it', async () => {
  const nodes = await startNodes(NAMES, 2);
  const [a, b, c] = nodes as [Node, Node, Node];
  const heard = listen(nodes);
  const everybody = ['a0', 'a1', 'b0', 'b1', 'c0'];
  await c.run('globalThis.news = []; io.on("news", (what) => globalThis.news.push(what))');
  // Clients get volatile events of other processes once they have been connected for a second.
  await a.run('await new Promise((r) => setTimeout(r, 1_000))');
  const [kicked] = c.clients.slice(1);
  const key = randomUUID();
  const paying = c.clients[0]?.emitWithAck('naru:once', key, 'pay', 7);
  await standStill(c, a);
  // A client that is disconnected cannot answer any more.
  const others = `io.except("${kicked?.id}")`;
  const patient = [
    `return await new Promise((r) => ${others}.emit("patient", (error, answers) => r(answers)))`,
    `return await ${others}.timeout(60_000).emitWithAck("patient")`,
  ].map((program) => a.run(program));
  const hasty = [
    'return await io.timeout(500).emitWithAck("hasty")',
    'return await io.fetchSockets()',
    'return await io.serverSideEmitWithAck("side", 5)',
    'return await io.fetchSlowReaders()',
  ].map((program) => a.run(program));
  await a.run(
    `io.in("c").socketsJoin("den"); io.to("den").emit("den", 1); io.in("c").socketsLeave("den"); io.to("den").emit("den", 2);
    io.to("${kicked?.id}").emit("last", 1); io.in("${kicked?.id}").disconnectSockets(); io.to("${kicked?.id}").emit("never", 1);
    io.volatile.emit("volatile", 1); io.serverSideEmit("news", "new")`,
  );
  for (const outcome of await Promise.all(hasty))
    expect(outcome).toMatchObject({ error: { name: 'UnavailableError', code: 'TIMEOUT', missing: [c.code] } });
  const paidElsewhere = b.clients[0]?.timeout(20_000).emitWithAck('naru:once', key, 'pay', 7);
  await b.run('await new Promise((r) => setTimeout(r, 5_000))');
  expect(heard.filter((text) => text.startsWith('c'))).toEqual([]);
  c.child.kill('SIGCONT');
  for (const outcome of await Promise.all(patient)) expect(sorted(outcome.value)).toEqual(everybody);
  expect(await Promise.all([paying, paidElsewhere])).toEqual(['7 paid', '7 paid']);
  const events = (name: string): string[] =>
    heard.filter((text) => text.startsWith(name) && !/patient|hasty|volatile|presence/.test(text));
  await expect.poll(() => events('c1'), SOON).toEqual(['c1 den 1', 'c1 last 1', 'c1 io server disconnect']);
  expect(events('c0')).toEqual(['c0 den 1']);
  // The connection may have been busy with the other events.
  expect(heard.filter((text) => text === 'c0 volatile 1').length).toBeLessThanOrEqual(1);
  await expect.poll(async () => (await c.run('return globalThis.news')).value, SOON).toEqual(['new']);
  for (const { run } of nodes) {
    await expect
      .poll(async () => sorted((await run('return (await io.fetchSockets()).map((s) => s.data.name)')).value), SOON)
      .toEqual(everybody);
    await expect
      .poll(
        async () => sorted((await run('return (await io.presence("lobby").list()).map(({ id }) => id)')).value),
        SOON,
      )
      .toEqual(everybody);
  }
}, 120_000);

it('connects the processes again after somebody has deleted their sockets', async () => {
  const [a, b] = (await startNodes(['a', 'b'], 1)) as [Node, Node];
  rmSync(join(a.folder, 'nodes'), { recursive: true });
  // The links that are open stay so.
  expect(await a.run('return (await io.fetchSockets()).length')).toMatchObject({ value: 2 });
  const [c] = (await startNodes(['c'], 1, a.folder)) as [Node];
  for (const { run } of [a, b, c]) {
    await expect.poll(async () => (await run('return (await io.fetchSockets()).length')).value, SOON).toBe(3);
    const side = await run('return await io.serverSideEmitWithAck("side", 1)');
    expect(side.value).toHaveLength(2);
  }
});

it('does not wait for a process that starts while a call is under way, and asks it from then on', async () => {
  const [a, b] = (await startNodes(['a', 'b'], 1)) as [Node, Node];
  await b.run('io.on("slow", (answer) => { globalThis.go = () => answer("b"); })');
  let answer = (_name: string): void => undefined;
  const asked = new Promise<void>((resolve) => {
    b.clients[0]?.once('q', (answers: typeof answer) => {
      answer = answers;
      resolve();
    });
  });
  a.clients[0]?.once('q', (answers: typeof answer) => answers('a0'));
  const sides = a.run('return await io.serverSideEmitWithAck("slow")');
  const asking = a.run('return await io.timeout(60_000).emitWithAck("q")');
  await asked;
  const nodes = await startNodes(['c'], 1, a.folder);
  const heard = listen(nodes);
  await b.run('globalThis.go()');
  answer('b0');
  expect(await sides).toEqual({ value: ['b'], id: expect.anything() });
  expect(sorted((await asking).value)).toEqual(['a0', 'b0']);
  expect(heard).toEqual([]);
  const [c] = nodes as [Node];
  expect(sorted((await a.run('return await io.serverSideEmitWithAck("side", 1)')).value)).toEqual(['b 1', 'c 1']);
  expect(await c.run('return (await io.fetchSockets()).length')).toMatchObject({ value: 3 });
});

it('asks all processes from the first moment of a new one on', async () => {
  const nodes = await startNodes(['a', 'b'], 1);
  const [a] = nodes as [Node];
  const [c] = (await startNodes(['c'], 0, a.folder, 'globalThis.first = io.serverSideEmitWithAck("side", 1)')) as [
    Node,
  ];
  expect(sorted((await c.run('return await globalThis.first')).value)).toEqual(['a 1', 'b 1']);
});
