/** Calls that reach the servers on other machines, while the home of the log is there and while it is not. */
import { describe, expect, it } from 'vitest';
import type { Server } from '../../../packages/naru/src/server/api/server.js';
import { type LateClient, type LateNode, LateStage, TRAVEL_MS } from './late-nodes.js';

/** The result of a call, and the milliseconds that it took. */
interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly missing?: readonly string[];
  readonly responses?: unknown;
  readonly ms: number;
}

/** Three servers, each with a client that answers questions with the number of its server. */
async function build() {
  const stage = new LateStage();
  const { clock, home } = stage;
  const nodes: LateNode[] = [];
  const clients: LateClient[] = [];
  const heard: string[] = [];
  for (const at of [0, 1, 2]) {
    const node = await stage.node();
    node.io.on('connection', (socket) => void socket.join('all'));
    node.io.on('side', (...args: unknown[]) => {
      heard.push(`${at} ${args[0]}`);
      const answer = args.at(-1);
      if (typeof answer === 'function') answer(at);
    });
    nodes.push(node);
    clients.push(await node.enter());
  }
  await clock.advance(5_000);
  const codes = nodes.map(({ io }) => io.node);
  const answered = new Set<string>();
  /** Lets time pass, and has the clients answer. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await clock.advance(10);
      for (const [at, { raw }] of clients.entries())
        for (const [text, id] of raw.texts.flatMap((each) => [/^42(\d+)\["q"/.exec(each) ?? []]))
          if (text !== undefined && !answered.has(`${at} ${id}`)) {
            answered.add(`${at} ${id}`);
            raw.send(`43${id}[${at}]`);
          }
    }
  };
  const outcomeOf = async (call: Promise<unknown>): Promise<Outcome> => {
    const begunAt = clock.now();
    let outcome: Outcome | undefined;
    call.then(
      (value) => {
        outcome = { value, ms: clock.now() - begunAt };
      },
      ({ code, missing, responses }: Outcome) => {
        outcome = {
          ...(code !== undefined && { code }),
          ...(missing && { missing: [...missing].sort() }),
          ...(responses !== undefined && { responses }),
          ms: clock.now() - begunAt,
        };
      },
    );
    while (!outcome) await pass(10);
    return outcome;
  };
  const calls = {
    sockets: async (io: Server) => (await io.fetchSockets()).length,
    side: async (io: Server) => [...(await io.serverSideEmitWithAck('side', 'asked'))].sort(),
    clients: async (io: Server) => [...(await io.timeout(3_000).emitWithAck('q'))].sort(),
  };
  const others = (...at: number[]): string[] => at.map((each) => codes[each] as string).sort();
  return {
    clock,
    home,
    nodes: nodes as [LateNode, LateNode, LateNode],
    clients,
    heard,
    pass,
    outcomeOf,
    calls,
    others,
  };
}

describe('calls to servers on other machines', () => {
  it('reach all of them', async () => {
    const { nodes, heard, pass, outcomeOf, calls, clients } = await build();
    const [one] = nodes;
    expect(await outcomeOf(calls.sockets(one.io))).toMatchObject({ value: 3 });
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [1, 2] });
    expect(await outcomeOf(calls.clients(one.io))).toMatchObject({ value: [0, 1, 2] });
    one.io.serverSideEmit('side', 'told');
    one.io.volatile.emit('volatile');
    await pass(200);
    expect(heard.filter((each) => each.endsWith('told'))).toEqual(['1 told', '2 told']);
    for (const { events } of clients) expect(events).toContain('volatile');
  });

  it('name all others after their timeout while the home is away, and reach them again when it is back', async () => {
    const { home, nodes, heard, pass, outcomeOf, calls, others, clients } = await build();
    const [one] = nodes;
    home.stop();
    await pass(100);
    const missing = others(1, 2);
    expect(await outcomeOf(calls.sockets(one.io))).toEqual({
      code: 'TIMEOUT',
      missing,
      ms: 5_000,
    });
    expect(await outcomeOf(calls.side(one.io))).toEqual({
      code: 'TIMEOUT',
      missing,
      responses: [],
      ms: 5_000,
    });
    expect(await outcomeOf(calls.clients(one.io))).toMatchObject({
      missing,
      responses: [0],
      ms: 3_000,
    });
    one.io.volatile.emit('never');
    one.io.serverSideEmit('side', 'never');
    await pass(10_000);
    home.start();
    await pass(10_000);
    expect(await outcomeOf(calls.sockets(one.io))).toMatchObject({ value: 3 });
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [1, 2] });
    expect(heard.some((each) => each.endsWith('never'))).toBe(false);
    for (const { events } of clients.slice(1)) expect(events).not.toContain('never');
  });

  it('name one whose line is cut, at once as long as the home knows it, and find it again', async () => {
    const { nodes, pass, outcomeOf, calls, others } = await build();
    const [one, , three] = nodes;
    three.part.line.cut(20_000);
    await pass(100);
    for (const call of ['sockets', 'side'] as const) {
      const { code, missing, ms } = await outcomeOf(calls[call](one.io));
      expect([code, missing]).toEqual(['TIMEOUT', others(2)]);
      expect(ms).toBeLessThan(200);
    }
    await pass(15_000);
    // The lease has ended.
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [1] });
    await pass(10_000);
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [1, 2] });
    expect(await outcomeOf(calls.clients(three.io))).toMatchObject({ value: [0, 1, 2] });
  });

  it('wait for a line that breaks for a moment', async () => {
    const { nodes, pass, outcomeOf, calls } = await build();
    const [one] = nodes;
    one.part.line.cut(1_000);
    await pass(20);
    expect(await outcomeOf(calls.sockets(one.io))).toMatchObject({ value: 3 });
    one.part.line.cut(1_000);
    await pass(20);
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [1, 2] });
  });

  it('name a killed server at once, and leave it out when its lease has ended', async () => {
    const { nodes, pass, outcomeOf, calls, others } = await build();
    const [one, two] = nodes;
    two.kill();
    const { missing, ms } = await outcomeOf(calls.side(one.io));
    expect(missing).toEqual(others(1));
    expect(ms).toBeLessThan(200);
    await pass(10_000);
    expect(await outcomeOf(calls.side(one.io))).toMatchObject({ value: [2] });
    expect(await outcomeOf(calls.clients(one.io))).toMatchObject({ value: [0, 2] });
  });

  it('end with the names of those that are killed while they are asked', async () => {
    const { nodes, outcomeOf, calls, others, pass } = await build();
    const [one, two, three] = nodes;
    three.io.removeAllListeners('side');
    three.io.on('side', () => undefined);
    const asking = calls.side(one.io);
    await pass(500);
    three.kill();
    const { missing, responses } = await outcomeOf(asking);
    expect([missing, responses]).toEqual([others(2), [1]]);
    expect(two.errors).toEqual([]);
  });

  it('ask a client once that its server asked without the log, and that has gone on with another server', async () => {
    const { nodes, clients, pass, outcomeOf, calls } = await build();
    const [one, two] = nodes;
    const [client] = clients as [LateClient];
    one.part.line.cut(1_800);
    await pass(100);
    const asking = calls.clients(one.io);
    asking.catch(() => undefined);
    // The server waits for a second.
    await pass(1_100);
    expect(client.events).toContain('q');
    client.cut();
    const again = await two.enter(client.auth);
    expect(again.answer).toMatchObject({ sid: client.answer?.sid });
    await pass(1_500);
    expect(again.events).not.toContain('q');
    expect(clients[1]?.events).toContain('q');
    // The other server cannot know whether the client was asked.
    expect(await outcomeOf(asking)).toMatchObject({ code: 'TIMEOUT', responses: expect.arrayContaining([0, 1, 2]) });
  });

  it('ask a client once that its server asked without the log, and that loses its connection to another server, too', async () => {
    const { nodes, clients, pass, calls } = await build();
    const [one, two] = nodes;
    const [client] = clients as [LateClient];
    one.part.line.cut(3_000);
    await pass(100);
    calls.clients(one.io).catch(() => undefined);
    await pass(1_100);
    expect(client.events).toContain('q');
    client.cut();
    const again = await two.enter(client.auth);
    again.cut();
    const last = await two.enter(client.auth);
    expect(last.answer).toMatchObject({ sid: client.answer?.sid });
    await pass(3_000);
    expect([again.events, last.events].flat()).not.toContain('q');
    expect(clients[1]?.events).toContain('q');
  });

  it('name the servers that took the asking one for lost before it could count whom they had asked', async () => {
    const { nodes, clients, pass, outcomeOf, others } = await build();
    const [one] = nodes;
    const asking = one.io.timeout(30_000).emitWithAck('q');
    asking.catch(() => undefined);
    await pass(TRAVEL_MS);
    // The home has the question, and its answer is lost.
    one.part.line.cut(10_000);
    await pass(15_000);
    for (const { events } of clients) expect(events).toContain('q');
    // The answers of the others' clients are lost.
    expect(await outcomeOf(asking)).toMatchObject({ code: 'TIMEOUT', missing: others(1, 2), responses: [0] });
  });

  it.each(['home', 'line of the server', 'line of the other server'] as const)(
    'put a client out after its last event, also while the %s is away for seconds',
    async (what) => {
      for (const close of [false, true]) {
        const { home, nodes, clients, pass } = await build();
        const [one, two] = nodes;
        const client = clients[1] as LateClient;
        const sid = client.answer?.sid as string;
        if (what === 'home') home.stop();
        else (what === 'line of the server' ? one : two).part.line.cut(3_000);
        await pass(100);
        two.io.emit('own');
        one.io.to(sid).emit('last');
        one.io.in(sid).disconnectSockets(close);
        one.io.to(sid).emit('never');
        await pass(3_000);
        home.start();
        await pass(3_000);
        // The log says whether the event of its own server came before the end.
        expect(client.events.filter((name) => name !== 'own')).toEqual(['last']);
        expect(client.raw.texts.at(-1)).toBe('41');
        expect(client.raw.ended !== undefined).toBe(close);
      }
    },
  );
});
