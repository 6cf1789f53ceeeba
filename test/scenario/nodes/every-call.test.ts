import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Node, type Outcome, standStill, startNodes } from './nodes.js';

const NAMES = ['a', 'b', 'c'] as const;
const EVERYBODY = ['a0', 'b0', 'c0'];

/** Makes all clients answer questions with their names. Returns what each of them has heard, as `client event`. */
function listen(nodes: readonly Node[]): string[] {
  const heard: string[] = [];
  for (const { clients } of nodes) {
    for (const client of clients) {
      const { name } = client.auth as { name: string };
      client.onAny((event: string, ...args: unknown[]) => {
        const answer = args.at(-1);
        heard.push(`${name} ${event}`);
        if (typeof answer === 'function') answer(name);
      });
      client.on('disconnect', (reason) => heard.push(`${name} ${reason}`));
    }
  }
  return heard;
}

const sorted = (value: unknown): unknown[] => [...(value as unknown[])].sort();

it('asks by callbacks, from each process', async () => {
  const nodes = await startNodes(NAMES, 1);
  listen(nodes);
  const callback = '(error, answers) => r([error && error.code, answers])';
  for (const { name, run } of nodes) {
    for (const call of ['timeout(5_000).emit("q"', 'to("all").timeout(5_000).emit("q"', 'emit("q"']) {
      const asked = await run(`return await new Promise((r) => io.${call}, ${callback}));`);
      expect(asked.error).toBeUndefined();
      const [error, answers] = asked.value as [unknown, unknown[]];
      expect([error, sorted(answers)]).toEqual([null, EVERYBODY]);
    }
    const asked = await run(
      `return await new Promise((r) => io.except("${name}").timeout(5_000).emit("q", ${callback}));`,
    );
    expect(sorted((asked.value as [null, string[]])[1])).toEqual(EVERYBODY.filter((each) => each !== `${name}0`));
  }
});

it('tells the other processes without asking, from each process', async () => {
  const nodes = await startNodes(NAMES, 1);
  for (const { run } of nodes) await run('globalThis.heard = []; io.on("news", (what) => globalThis.heard.push(what))');
  for (const { name, run } of nodes) await run(`io.serverSideEmit("news", "${name}")`);
  for (const { name, run } of nodes) {
    const others = NAMES.filter((each) => each !== name);
    await expect.poll(async () => sorted((await run('return globalThis.heard')).value)).toEqual(others);
  }
});

it('disconnects the sockets of another process, from each process', async () => {
  const nodes = await startNodes(NAMES, 1);
  const heard = listen(nodes);
  for (const [at, { run }] of nodes.entries()) {
    const victim = NAMES[(at + 1) % 3];
    await run(
      `io.to("${victim}").emit("last"); io.in("${victim}").disconnectSockets(${at === 1}); io.to("${victim}").emit("never")`,
    );
    await expect
      .poll(() => heard.filter((text) => text.startsWith(`${victim}0`)))
      .toEqual([`${victim}0 last`, `${victim}0 io server disconnect`]);
  }
});

it('knows presence, history and slow clients of all processes, from each process', async () => {
  const nodes = await startNodes(NAMES, 1);
  for (const { name, run } of nodes) await run(`io.to("lobby").emit("from", "${name}")`);
  for (const { run } of nodes) {
    await expect
      .poll(async () => (await run('return (await io.presence("lobby").list()).map(({ id }) => id).sort()')).value)
      .toEqual(EVERYBODY);
    // An event is in the log at the end of its turn, and the three processes emit in any order.
    const history = 'return (await io.history("lobby", { limit: 9 })).events.map(({ args }) => args[0])';
    await expect.poll(async () => sorted((await run(history)).value)).toEqual(NAMES);
    expect(await run('return await io.fetchSlowReaders()')).toMatchObject({ value: { count: 0, readers: [] } });
  }
});

it('runs the listener of a key once when two processes get it at the same moment, for each pair', async () => {
  const nodes = await startNodes(NAMES, 1);
  for (const [at, one] of nodes.entries()) {
    const other = nodes[(at + 1) % 3] as Node;
    const key = randomUUID();
    const answers = await Promise.all(
      [one, other].map(({ clients: [client] }) => client?.timeout(20_000).emitWithAck('naru:once', key, 'pay', at)),
    );
    expect(answers).toEqual([`${at} paid`, `${at} paid`]);
    const runs = await Promise.all(nodes.map(({ run }) => run('return globalThis.paid ?? 0')));
    expect(runs.reduce((sum, { value }) => sum + Number(value), 0)).toBe(at + 1);
  }
}, 60_000);

it.each([0, 1, 2])(
  'names a process that is killed while it is asked, in every kind of answer, asked by process %i',
  async (at) => {
    const nodes = await startNodes(NAMES, 1);
    const [asker, living, victim] = [0, 1, 2].map((each) => nodes[(at + each) % 3]) as [Node, Node, Node];
    listen(nodes);
    // The victim stands still, so it is in the middle of each call when it is killed.
    await standStill(victim, asker);
    const callback = '(error, answers) => r([error?.code, error?.missing, answers])';
    const asking = [
      'return await io.fetchSockets()',
      'return await io.allSockets()',
      'return await io.serverSideEmitWithAck("side", 5)',
      'return await io.timeout(60_000).emitWithAck("q")',
      'return await io.fetchSlowReaders()',
      `return await new Promise((r) => io.serverSideEmit("side", 5, ${callback}))`,
      `return await new Promise((r) => io.timeout(60_000).emit("q", ${callback}))`,
      `return await new Promise((r) => io.emit("q", ${callback}))`,
    ].map((program) => asker.run(program));
    // The other process has answered all of them before the victim is killed.
    await asker.run('await io.local.timeout(5_000).emitWithAck("q")');
    await living.run('await new Promise((r) => setTimeout(r, 300))');
    victim.child.kill('SIGKILL');
    const missing = [victim.code];
    const [fetched, all, sides, clients, slow, sidesBack, clientsBack, forever] = await Promise.all(asking);
    const unavailable = { name: 'UnavailableError', code: 'TIMEOUT', missing };
    expect(fetched).toMatchObject({ error: { ...unavailable, sockets: 2 } });
    expect(all).toMatchObject({ error: { ...unavailable, sockets: 2 } });
    expect(sides).toMatchObject({ error: { ...unavailable, responses: [`${living.name} 5`] } });
    expect(clients).toMatchObject({ error: { ...unavailable, responses: expect.any(Array) } });
    expect(slow).toMatchObject({ error: { ...unavailable, report: { count: 0 } } });
    expect(sidesBack).toMatchObject({ value: ['TIMEOUT', missing, [`${living.name} 5`]] });
    const answered = [`${asker.name}0`, `${living.name}0`].sort();
    expect(sorted(clients?.error?.responses)).toEqual(answered);
    for (const called of [clientsBack, forever]) {
      const [code, nodesMissing, answers] = (called as Outcome).value as [string, string[], string[]];
      expect([code, nodesMissing, sorted(answers)]).toEqual(['TIMEOUT', missing, answered]);
    }
  },
);
