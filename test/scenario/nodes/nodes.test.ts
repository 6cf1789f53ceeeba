import { expect, it } from 'vitest';
import { nodeOfSid } from '../../../packages/naru/src/session/sid.js';
import { type Node, standStill, startNodes } from './nodes.js';

const NAMES = ['a', 'b', 'c'] as const;

/** Notes the events of all clients, as `client event arguments`. */
function listen(nodes: readonly Node[]): { heard: string[]; answers: Set<string> } {
  const heard: string[] = [];
  const answers = new Set<string>();
  for (const { clients } of nodes) {
    for (const client of clients) {
      const { name } = client.auth as { name: string };
      client.onAny((event: string, ...args: unknown[]) => {
        const answer = args.at(-1);
        heard.push([name, event, ...args.filter((each) => typeof each !== 'function')].slice(0, 3).join(' '));
        if (typeof answer === 'function' && !answers.has(name)) answer(name);
      });
      client.on('disconnect', (reason) => heard.push(`${name} ${reason}`));
    }
  }
  return { heard, answers };
}

it('reaches the sockets of all processes of a folder, from each of them', async () => {
  const nodes = await startNodes(NAMES, 2);
  const { heard } = listen(nodes);
  const everybody = ['a0', 'a1', 'b0', 'b1', 'c0', 'c1'];
  const ids = nodes.flatMap(({ clients }) => clients.map(({ id }) => id)).sort();
  for (const node of nodes) {
    heard.length = 0;
    const { run } = node;
    expect(await run('return (await io.fetchSockets()).map((s) => s.data.name).sort()')).toMatchObject({
      value: everybody,
    });
    expect(await run('return (await io.fetchSockets()).map((s) => s.id).sort()')).toMatchObject({ value: ids });
    expect(
      await run(
        'return (await io.in("b").fetchSockets()).map((s) => [s.data.node, [...s.rooms].includes("all"), typeof s.handshake.auth.name])',
      ),
    ).toMatchObject({
      value: [
        ['b', true, 'string'],
        ['b', true, 'string'],
      ],
    });
    expect(await run('return (await io.in("all").except(["a", "c"]).allSockets()).size')).toMatchObject({ value: 2 });
    expect(await run('return (await io.local.fetchSockets()).length')).toMatchObject({ value: 2 });

    await run(
      'io.in("all").except("b").socketsJoin("odd"); io.to("odd").emit("odd"); io.in("odd").socketsLeave("odd"); io.to("odd").emit("nobody")',
    );
    await expect.poll(() => heard.length).toBe(4);
    expect([...heard].sort()).toEqual(
      ['a0 odd', 'a1 odd', 'c0 odd', 'c1 odd'].map((text) => expect.stringContaining(text)),
    );

    heard.length = 0;
    const asked = await run('return await io.timeout(5000).emitWithAck("question", new Uint8Array([7]))');
    expect([...(asked.value as string[])].sort()).toEqual(everybody);
    expect(await run('return await io.to("c").timeout(5000).emitWithAck("question")')).toMatchObject({
      value: expect.arrayContaining(['c0', 'c1']),
    });

    const others = NAMES.filter((name) => name !== node.name).map((name) => `${name} 5`);
    const side = await run('return await io.serverSideEmitWithAck("side", 5)');
    expect([...(side.value as string[])].sort()).toEqual(others);
    expect(
      await run(
        'return await new Promise((r) => io.serverSideEmit("side", 5, (error, answers) => r([error, answers.length])))',
      ),
    ).toMatchObject({ value: [null, 2] });

    heard.length = 0;
    // Clients that have just connected get no volatile events of other processes.
    await run('await new Promise((resolve) => setTimeout(resolve, 1_000)); io.volatile.emit("now", 1)');
    await expect.poll(() => heard.length).toBe(6);
    expect([...heard].sort()).toEqual(everybody.map((name) => expect.stringContaining(`${name} now 1`)));
  }
});

it('lists all processes, and each session names its own', async () => {
  const nodes = await startNodes(NAMES, 2);
  const codes = nodes.map(({ code }) => code).sort();
  for (const { code, run } of nodes) {
    const { value } = await run('return (await io.fetchNodes()).map((node) => [node.code, node.version])');
    expect([...(value as [string, string][])].sort()).toEqual(codes.map((each) => [each, expect.any(String)]));
    const sids = await run('return [...io.sockets.sockets.values()].map((socket) => socket.conn.id)');
    expect((sids.value as string[]).map(nodeOfSid)).toEqual([code, code]);
  }
  const [a, b] = nodes as [Node, Node, Node];
  await b.run('await io.close()');
  expect(await a.run('return (await io.fetchNodes()).length')).toMatchObject({ value: 2 });
});

it('lists the slow clients of all processes', async () => {
  const nodes = await startNodes(NAMES, 1);
  const report = await nodes[1]?.run('return await io.fetchSlowReaders()');
  expect(report).toMatchObject({ value: { count: 0, readers: [], totals: { sockets: 0 } } });
});

it('acts on one socket of another process', async () => {
  const nodes = await startNodes(NAMES, 1);
  const { heard } = listen(nodes);
  const [a] = nodes as [Node, Node, Node];
  const far = 'const [far] = await io.in("c").fetchSockets();';
  await a.run(
    `${far} far.emit("hello", 1); far.join("den"); io.to("den").emit("den", 1); far.leave("den"); io.to("den").emit("den", 2)`,
  );
  await expect.poll(() => heard.length).toBe(2);
  expect(heard.map((text) => text.slice(0, 10))).toEqual(
    ['c0 hello 1', 'c0 den 1'].map((text) => expect.stringContaining(text)),
  );
  expect(await a.run(`${far} return await far.timeout(5000).emitWithAck("question")`)).toMatchObject({ value: 'c0' });
  await a.run(`${far} far.emit("last"); far.disconnect()`);
  await expect.poll(() => heard.at(-1)).toBe('c0 io server disconnect');
  expect(heard.at(-2)).toContain('c0 last');
  expect(await a.run('return (await io.fetchSockets()).length')).toMatchObject({ value: 2 });
});

it('disconnects the sockets of all processes, after what was sent before', async () => {
  const nodes = await startNodes(NAMES, 2);
  const { heard } = listen(nodes);
  await nodes[1]?.run('io.emit("last"); io.disconnectSockets(); io.emit("never")');
  await expect.poll(() => heard.length).toBe(12);
  for (const name of ['a0', 'a1', 'b0', 'b1', 'c0', 'c1'])
    expect(heard.filter((text) => text.startsWith(name))).toEqual([
      expect.stringContaining(`${name} last`),
      `${name} io server disconnect`,
    ]);
});

it('names a process that is killed while it is asked, with the answers of the others', async () => {
  const nodes = await startNodes(NAMES, 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const { answers } = listen(nodes);
  // The client of c never answers.
  answers.add('c0');
  await c.run('io.on("slow", () => undefined)');
  await b.run('io.on("slow", (answer) => answer("b"))');
  const side = a.run('return await io.serverSideEmitWithAck("slow")');
  const asking = a.run('return await io.timeout(60000).emitWithAck("question")');
  await c.run('await new Promise((r) => setTimeout(r, 200))');
  c.child.kill('SIGKILL');
  expect(await side).toMatchObject({ error: { code: 'TIMEOUT', missing: [c.code], responses: ['b'] } });
  const { error } = await asking;
  expect(error).toMatchObject({ code: 'TIMEOUT', missing: [c.code] });
  expect([...(error?.responses ?? [])].sort()).toEqual(['a0', 'b0']);
  expect(await a.run('return (await io.fetchSockets()).length')).toMatchObject({ value: 2 });
});

it('names a process that stands still', async () => {
  const nodes = await startNodes(NAMES, 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  await standStill(b, a);
  const [sockets, asked] = await Promise.all([
    a.run('return await io.fetchSockets()'),
    a.run('return await io.timeout(500).emitWithAck("question")'),
  ]);
  expect(sockets).toMatchObject({ error: { code: 'TIMEOUT', missing: [b.code], sockets: 2 } });
  expect(asked).toMatchObject({ error: { code: 'TIMEOUT', missing: [b.code] } });
  b.child.kill('SIGCONT');
  expect(await c.run('return (await io.fetchSockets()).length')).toMatchObject({ value: 3 });
});
