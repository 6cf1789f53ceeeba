/**
 * `explain` about clients of a node that was killed, on three nodes with real clients. Two of the nodes are in this
 * process. The killed one had written what it knew into the home: a folder, Redis or NATS.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Explanation, explain } from '../../packages/explain/src/entry/index.js';
import { local } from '../../packages/local/src/entry/index.js';
import { io as connect, type Socket } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { nats } from '../../packages/nats/src/entry/index.js';
import { redis } from '../../packages/redis/src/entry/index.js';
import { startRedis, whyNoRedis } from '../../packages/redis/test/servers-and-uplinks.js';
import { startNats, whyNoNats } from '../kit/brokers/nats-server.js';
import { makeFolder } from '../kit/folders.js';

const PROGRAM = fileURLToPath(new URL('./explain/node.mjs', import.meta.url));

/** Longer than facts wait before they are written. */
const WRITTEN_MS = 700;

/** A node in a process of its own. */
class FarNode {
  readonly #child: ChildProcess;
  url = '';
  code = '';

  constructor(home: string) {
    this.#child = fork(PROGRAM, [home], { stdio: 'inherit' });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async start(): Promise<this> {
    const [{ port, code }] = (await once(this.#child, 'message')) as [{ port: number; code: string }];
    this.url = `http://127.0.0.1:${port}`;
    this.code = code;
    return this;
  }

  async run(program: string): Promise<void> {
    this.#child.send(program);
    await once(this.#child, 'message');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function startThree(home: string) {
  const open = home.startsWith('redis:') ? redis : home.startsWith('nats:') ? nats : local;
  const backplanes = [1, 2].map(() => open(home));
  const servers = backplanes.map(
    (backplane) => new Server(0, { backplane, connectionStateRecovery: {}, printNodes: false }),
  );
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(backplanes.map((backplane) => backplane.close()));
  });
  await Promise.all(servers.map((server) => server.ready()));
  const far = await new FarNode(home).start();
  const [one, two] = servers as [Server, Server];
  await expect.poll(async () => (await one.fetchNodes()).length).toBe(3);
  return { one, two, far };
}

async function enter({ url }: FarNode, ...rooms: string[]): Promise<Socket & { id: string }> {
  const client = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.once('connect', resolve));
  for (const room of rooms) await client.subscribe(room);
  return client as Socket & { id: string };
}

/** Asks both nodes that are left, and expects the same of them. */
async function ask(servers: readonly Server[], client: string, event: string): Promise<Explanation> {
  const [answer, other] = await Promise.all(servers.map((server) => explain(server, { client, event })));
  expect(other?.verdict).toBe(answer?.verdict);
  return answer as Explanation;
}

const HOMES: readonly (readonly [name: string, skip: boolean, open: () => Promise<string>])[] = [
  ['a folder', false, async () => makeFolder({})],
  ['Redis', whyNoRedis !== undefined, async () => (await startRedis()).url],
  ['NATS', whyNoNats !== undefined, async () => (await startNats()).url],
];

describe.each(HOMES)('on %s, of a node that was killed', (_name, skip, open) => {
  it.skipIf(skip)('says which clients were not in the room, and which were or may have been', async () => {
    const { one, two, far } = await startThree(await open());
    const [left, never, inRoom, refused] = [
      await enter(far, 'room'),
      await enter(far),
      await enter(far, 'room', 'muted'),
      await enter(far),
    ];
    await left.unsubscribe('room');
    await refused.subscribe('secret').catch(() => undefined);
    await delay(50);
    const heard = new Promise((resolve) => inRoom.once('said', resolve));
    one.to('room').emit('said', 'secret text');
    await heard;
    one.to('room').except('muted').emit('excepted');
    one.to('secret').emit('hidden');
    await delay(50);
    // A later fact shows that the node was there when the events came.
    const ids = [left, never, inRoom, refused].map(({ id }) => id) as [string, string, string, string];
    await enter(far);
    await delay(WRITTEN_MS);
    await far.kill();
    const nodes = [one, two];
    const gone = { fromStore: [far.code], missing: [] };
    const limit = `, as far as the node ${far.code} had written before it was gone`;
    const why = await ask(nodes, ids[0], 'said');
    expect(why).toMatchObject({ ...gone, verdict: 'not-in-room' });
    expect(why.sentence).toMatch(/was not in there: it had left "room" at \S+Z, as far as the node/);
    expect(why.sentence).toContain(limit);
    expect(why.evidence.join('\n')).toMatch(
      /room room="room" isIn=true.*\n.*room room="room" isIn=false.*\n.*sent "said"/,
    );
    expect((await ask(nodes, ids[1], 'said')).sentence).toContain('it never joined');
    const delivered = await ask(nodes, ids[2], 'said');
    expect(delivered).toMatchObject({ ...gone, verdict: 'delivered' });
    expect(delivered.sentence).toContain(`nothing has confirmed that yet${limit}`);
    expect((await ask(nodes, ids[2], 'excepted')).verdict).toBe('excluded');
    expect((await ask(nodes, ids[3], 'hidden')).sentence).toMatch(/refused at \S+Z, because clients may not join/);
    // The node may have ended before it delivered this.
    one.to('room').emit('after its end');
    await delay(50);
    expect(await ask(nodes, ids[2], 'after its end')).toMatchObject({ ...gone, verdict: 'unknown' });
    expect(JSON.stringify([why, delivered])).not.toContain('secret text');
  });

  it.skipIf(skip)('says what a policy dropped, and for how many events', async () => {
    const { one, two, far } = await startThree(await open());
    await far.run('io.of("/").slow({ policy: "drop-oldest", bytesMax: 50_000 });');
    const slow = new WebSocket(`${far.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => slow.terminate());
    const greeted = new Promise<string>((resolve) =>
      slow.on('message', (data) => {
        if (String(data).startsWith('40')) resolve(String(data));
      }),
    );
    await once(slow, 'open');
    slow.send('40');
    const { sid } = JSON.parse((await greeted).slice(2)) as { sid: string };
    slow.pause();
    await far.run('for (let at = 0; at < 150; at += 1) io.emit("bulk", "x".repeat(100_000));');
    // A log may give many events back at once. The policy then drops them before the connection is full.
    const drop = async (): Promise<string> => {
      await far.run('io.emit("dropped"); for (let at = 0; at < 3; at += 1) io.emit("bulk", "x".repeat(100_000));');
      await delay(100);
      return (await explain(one, { client: sid, event: 'dropped' })).verdict;
    };
    await expect.poll(drop).toBe('dropped');
    await delay(WRITTEN_MS);
    await far.kill();
    const why = await ask([one, two], sid, 'dropped');
    expect(why).toMatchObject({ verdict: 'dropped', fromStore: [far.code], missing: [] });
    expect(why.sentence).toMatch(/by the policy "drop-oldest", with \d+ other events of this client, as far as/);
  });

  it.skipIf(skip)('knows the clients of a node that was closed', async () => {
    const { one, two, far } = await startThree(await open());
    const client = await enter(far, 'room');
    const { id } = client;
    await far.run('await io.close(); await io.opts.backplane.close();');
    one.to('room').emit('too late');
    await delay(50);
    const why = await ask([one, two], id, 'too late');
    expect(why).toMatchObject({ verdict: 'left-before', fromStore: [far.code], missing: [] });
    expect(why.sentence).toContain('server shutting down');
  });
});

it('says "unknown" of a time from which a killed node had not written all', async () => {
  const folder = makeFolder({});
  const { one, two, far } = await startThree(folder);
  const client = await enter(far, 'room');
  const { id } = client;
  await delay(WRITTEN_MS);
  one.to('room').emit('said');
  await delay(50);
  await client.unsubscribe('room');
  await delay(WRITTEN_MS);
  await far.kill();
  const { store } = one.opts.backplane ?? {};
  const chunks = (await store?.list(`journal-${far.code}:`, 10)) ?? [];
  expect(chunks.length).toBeGreaterThan(1);
  await store?.delete(chunks[0]?.[0] ?? '');
  expect((await ask([one, two], id, 'said')).verdict).toBe('unknown');
});
