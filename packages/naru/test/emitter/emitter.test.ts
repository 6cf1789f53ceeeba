import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { sharedMemory } from '../../../../test/kit/servers/shared-memory.js';
import { join, stage } from '../../../../test/kit/servers/test-server.js';
import { LateStage } from '../../../../test/scenario/late/late-nodes.js';
import { startNodes } from '../../../../test/scenario/nodes/nodes.js';
import { local } from '../../../local/src/local-backplane.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { readOptions } from '../../src/base/options/table.js';
import { Emitter, emitterTable } from '../../src/emitter/emitter.js';
import { walkOptions } from '../base/options/walk.js';

const SOON = { timeout: 20_000 };

interface Events {
  said: (text: string) => void;
}

describe('an emitter', () => {
  it('emits into a namespace, with a slash before its name or without', async () => {
    const clock = new FakeClock();
    const backplane = sharedMemory(clock);
    const server = stage({ backplane }, clock);
    server.io.of('/chat').on('connection', (socket) => void socket.join('lobby'));
    const client = await join(server, '40/chat,');
    const emitter = new Emitter<Events>(backplane);
    for (const name of ['chat', '/chat']) await emitter.of(name).to('lobby').emit('said', name);
    await emitter.emit('said', 'elsewhere');
    await clock.settle();
    expect(client.texts).toEqual(['42/chat,["said","chat"]', '42/chat,["said","/chat"]']);
  });

  it('keeps the order of events and changes over a home that answers later, and nobody counts it as a node', async () => {
    const { clock, home, node } = await build();
    const client = await node.enter();
    const emitter = new Emitter(home.part(clock, new SeededRandom(9)).connect());
    const stored = [
      emitter.socketsJoin('den'),
      emitter.to('den').emit('in'),
      emitter.socketsLeave('den'),
      emitter.to('den').emit('out'),
      emitter.emit('last'),
    ];
    await clock.advance(1_000);
    await Promise.all(stored);
    expect(client.events).toEqual(['in', 'last']);
    const listing = node.io.fetchNodes();
    await clock.advance(1_000);
    expect((await listing).length).toBe(1);
    await closeLater(emitter, clock);
  });

  it('sends volatile events and events between servers over a home that answers later', async () => {
    const { clock, home, node } = await build();
    const news: unknown[][] = [];
    node.io.on('news', (...args: unknown[]) => news.push(args));
    const client = await node.enter();
    await clock.advance(1_000);
    const emitter = new Emitter(home.part(clock, new SeededRandom(9)).connect());
    const sent = [emitter.serverSideEmit('news', 'new', { n: 1 }), emitter.volatile.emit('at')];
    await clock.advance(1_000);
    await Promise.all(sent);
    expect([news, client.events]).toEqual([[['new', { n: 1 }]], ['at']]);
    await closeLater(emitter, clock);
  });

  it('waits for a home that is away, and rejects when it has been away for a minute', async () => {
    const { clock, home, node } = await build();
    const client = await node.enter();
    const emitter = new Emitter(home.part(clock, new SeededRandom(9)).connect());
    await clock.advance(1_000);
    home.stop();
    await clock.advance(100);
    const outcomes: string[] = [];
    const emit = (name: string): void => {
      emitter.emit(name).then(
        () => outcomes.push(`${name} stored`),
        ({ code }: { code: string }) => outcomes.push(`${name} ${code}`),
      );
    };
    emit('early');
    await clock.advance(40_000);
    emit('late');
    await clock.advance(30_000);
    expect(outcomes).toEqual(['early NOT_KEPT']);
    home.start();
    await clock.advance(10_000);
    expect([outcomes, client.events]).toEqual([['early NOT_KEPT', 'late stored'], ['late']]);
    await closeLater(emitter, clock);
  });
});

async function build() {
  const stage = new LateStage();
  return { clock: stage.clock, home: stage.home, node: await stage.node() };
}

async function closeLater(emitter: Emitter, clock: FakeClock): Promise<void> {
  const closed = emitter.close();
  await clock.advance(1_000);
  await closed;
}

describe('an emitter on a folder', () => {
  it('reaches the clients and the listeners of all processes, in order, and none of them waits for it', async () => {
    const folder = makeFolder({});
    const offset = expect.any(String);
    const first = 'globalThis.news = []; io.on("news", (...args) => globalThis.news.push(args))';
    const nodes = await startNodes(['a', 'b'], 1, folder, first);
    const heard = nodes.map(({ clients: [client] }) => {
      const events: unknown[][] = [];
      client?.onAny((...event: unknown[]) => events.push(event));
      client?.on('disconnect', (reason) => events.push([reason]));
      return events;
    });
    await nodes[0]?.run('await new Promise((r) => setTimeout(r, 1_000))');
    const emitter = new Emitter(local(folder));
    onTestFinished(() => emitter.close());
    await emitter.volatile.to('all').emit('at', 1);
    await emitter.serverSideEmit('news', 'new', new Uint8Array([7]));
    for (const events of heard) await expect.poll(() => events, SOON).toEqual([['at', 1, offset]]);
    await emitter.to('a').emit('said', 'to a', Buffer.from([1, 2]));
    await emitter.except('a').emit('said', 'to b');
    await emitter.in('b').socketsJoin('den');
    await emitter.to('den').emit('den');
    await emitter.in('b').disconnectSockets();
    await emitter.emit('end');
    await expect
      .poll(() => heard[0], SOON)
      .toEqual([
        ['at', 1, offset],
        ['said', 'to a', Buffer.from([1, 2]), offset],
        ['end', offset],
      ]);
    await expect
      .poll(() => heard[1], SOON)
      .toEqual([['at', 1, offset], ['said', 'to b', offset], ['den', offset], ['io server disconnect']]);
    for (const { run } of nodes) {
      const program =
        'return [globalThis.news.length, (await io.fetchNodes()).length, (await io.serverSideEmitWithAck("side", 1)).length]';
      expect((await run(program)).value).toEqual([1, 2, 1]);
    }
  });
});

describe('the options of an emitter', () => walkOptions(emitterTable, (given) => readOptions(emitterTable, given)));
