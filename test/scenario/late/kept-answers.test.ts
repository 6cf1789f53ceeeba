/**
 * Answers to events with a key: they wait until the log on another machine has what the listener emitted, or has
 * refused it.
 */
import { describe, expect, it, vi } from 'vitest';
import { ZERO_OFFSET } from '../../../packages/naru/src/backplane/backplane.js';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import type { LateHomeOptions } from '../../../packages/testing/src/late-home/options.js';
import { catchUncaught } from '../../kit/uncaught.js';
import { type LateClient, type LateNode, LateStage } from './late-nodes.js';

type Ack = (...args: unknown[]) => void;

const KEY = '0123456789abcdef0123456789abcdef';

/** The packet of an event with a key. */
function keyed(id: number, name: string, key = KEY): string {
  return `42${id}${JSON.stringify(['naru:once', key, name])}`;
}

/** The answers that came, by the ids of their events. */
function answers({ raw }: LateClient): string[] {
  return raw.texts.filter((text) => text.startsWith('43')).map((text) => text.slice(2));
}

/** The codes of the errors among the answers. */
function codes(client: LateClient): unknown[] {
  return answers(client).map((text) => JSON.parse(text.replace(/^\d+/, ''))[0]?.error?.code);
}

/** Servers that share a home, each with a client. The listener of `say` emits and answers when the test says so. */
async function build(count = 1, options: ServerOptions = {}, homeOptions: LateHomeOptions = {}) {
  const stage = new LateStage(homeOptions);
  const { clock, home } = stage;
  const nodes: LateNode[] = [];
  const clients: LateClient[] = [];
  const waiting: ((text?: string) => void)[] = [];
  const runs: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const node = await stage.node(options);
    node.io.on('connection', (socket) => {
      socket.on('say', (ack: Ack) => {
        runs.push(at);
        waiting.push((text = '') => {
          node.io.emit('said', text);
          ack('done');
        });
      });
    });
    nodes.push(node);
    clients.push(await node.enter(undefined, 2_000));
  }
  const inLog = (namespace = '/'): string[] =>
    home.log
      .read(namespace, ZERO_OFFSET, 1_000)
      .records.flatMap(({ event }) => (event.includes('said') ? [event] : []));
  const stored = (): string[] => home.store.list('once ', 100).map(([, text]) => text);
  const [node, client] = [nodes[0] as LateNode, clients[0] as LateClient];
  return { clock, home, nodes, clients, node, client, waiting, runs, inLog, stored };
}

/** The same, when the key is claimed and the listener runs. */
async function claimed(...given: Parameters<typeof build>) {
  const built = await build(...given);
  built.client.raw.send(keyed(1, 'say'));
  await built.clock.advance(500);
  expect(built.runs).toEqual([0]);
  return built;
}

function refuseOnce({ log }: LateStage['home']): void {
  vi.spyOn(log, 'append').mockImplementationOnce(() => {
    throw new UnavailableError('NOT_KEPT', 'The home has no room.');
  });
}

describe('an event with a key, while the home is away', () => {
  it('is not confirmed by a server that is then killed', async () => {
    const { clock, home, node, client, waiting, inLog, stored } = await claimed();
    home.stop();
    waiting[0]?.();
    await clock.advance(5_000);
    expect(answers(client)).toEqual([]);
    node.kill();
    home.start();
    await clock.advance(5_000);
    expect([answers(client), inLog(), stored().filter((text) => text.includes('done'))]).toEqual([[], [], []]);
  });

  it('is confirmed when the log has what its listener emitted, and every try then gets the answer', async () => {
    const { clock, home, client, waiting, runs, inLog, stored } = await claimed();
    home.stop();
    waiting[0]?.();
    await clock.advance(10_000);
    client.raw.send(keyed(2, 'say'));
    await clock.advance(10_000);
    expect(answers(client)).toEqual([]);
    home.start();
    await clock.advance(5_000);
    expect(answers(client)).toEqual(['1["done"]', '2["done"]']);
    expect([runs, inLog().length, stored()]).toEqual([[0], 1, ['0 ["done"]']]);
    client.raw.send(keyed(3, 'say'));
    await clock.advance(500);
    expect(answers(client).at(-1)).toBe('3["done"]');
  });

  it('is confirmed in its place among the events of its listener', async () => {
    const { clock, home, node, client } = await build();
    node.io.on('connection', (socket) =>
      socket.on('chat', (ack: Ack) => {
        socket.emit('said', 1);
        ack('done');
        socket.emit('said', 2);
      }),
    );
    const other = await node.enter();
    other.raw.send(keyed(1, 'chat'));
    await clock.advance(5);
    home.pause(5_000);
    await clock.advance(10_000);
    const packets = other.raw.texts.filter((text) => /^4[23]/.test(text)).map((text) => text.replace(/,"\w{11}"/, ''));
    expect(packets).toEqual(['42["said",1]', '431["done"]', '42["said",2]']);
    expect(answers(client)).toEqual([]);
  });

  it('waits for the logs of all namespaces into which its listener emits', async () => {
    const { clock, home, node, client, inLog } = await build();
    const ends: Ack[] = [];
    node.io.on('connection', (socket) => socket.on('tell', (ack: Ack) => ends.push(ack)));
    const other = await node.enter();
    other.raw.send(keyed(1, 'tell'));
    await clock.advance(500);
    home.stop();
    for (const name of ['/a', '/b']) node.io.of(name).emit('said', name);
    ends[0]?.('done');
    await clock.advance(5_000);
    expect(answers(other)).toEqual([]);
    home.start();
    await clock.advance(5_000);
    expect([answers(other), inLog('/a').length, inLog('/b').length]).toEqual([['1["done"]'], 1, 1]);
    expect(answers(client)).toEqual([]);
  });

  it('is neither run nor answered early by another server', async () => {
    const { clock, home, clients, client, waiting, runs, inLog } = await claimed(2);
    home.stop();
    waiting[0]?.();
    await clock.advance(5_000);
    const other = clients[1] as LateClient;
    other.raw.send(keyed(7, 'say'));
    await clock.advance(5_000);
    expect([answers(client), answers(other)]).toEqual([[], []]);
    home.start();
    await clock.advance(10_000);
    expect([answers(client), answers(other)]).toEqual([['1["done"]'], ['7["done"]']]);
    expect([runs, inLog().length]).toEqual([[0], 1]);
  });

  it('does not run again when its server is killed right after the home has taken its events', async () => {
    const { clock, node, clients, waiting, runs, inLog } = await claimed(2);
    waiting[0]?.();
    while (inLog().length === 0) await clock.advance(1);
    await clock.advance(1);
    node.kill();
    const other = clients[1] as LateClient;
    other.raw.send(keyed(7, 'say'));
    await clock.advance(10_000);
    expect([runs, answers(other), inLog().length]).toEqual([[0], ['7["done"]'], 1]);
  });

  it('is not confirmed when its server closes', async () => {
    const { clock, home, node, client, waiting, inLog, stored } = await claimed();
    home.stop();
    waiting[0]?.();
    const closed = node.io.close();
    await clock.advance(30_000);
    await closed;
    home.start();
    await clock.advance(5_000);
    // The home carries out what was on its way, and then the answer may be stored, too.
    const isStored = stored().some((text) => text.includes('done'));
    expect([answers(client), isStored && inLog().length === 0]).toEqual([[], false]);
  });

  it('is confirmed when its server closes and the log answers in time', async () => {
    const { clock, home, node, client, waiting, inLog, stored } = await claimed();
    home.pause(3_000);
    waiting[0]?.();
    const closed = node.io.close();
    await clock.advance(30_000);
    await closed;
    expect([answers(client), inLog().length, stored()]).toEqual([['1["done"]'], 1, ['0 ["done"]']]);
  });

  it('is refused before its listener runs if too many answers wait', async () => {
    const { clock, home, client, waiting, runs } = await claimed(1, { waitingAcksMax: 1 });
    client.raw.send(keyed(2, 'say', `${KEY}2`));
    await clock.advance(500);
    home.pause(5_000);
    waiting[0]?.();
    await clock.advance(500);
    client.raw.send(keyed(3, 'say', `${KEY}3`));
    await clock.advance(1_500);
    expect([codes(client), runs]).toEqual([['UNCONFIRMED'], [0, 0]]);
    // A listener that runs already may answer.
    waiting[1]?.();
    await clock.advance(10_000);
    expect(answers(client).slice(1)).toEqual(['1["done"]', '2["done"]']);
    client.raw.send(keyed(4, 'say', `${KEY}3`));
    await clock.advance(500);
    expect(runs).toEqual([0, 0, 0]);
  });
});

describe('an event with a key, whose listener emits what the log refuses', () => {
  it('gets an error, and runs again when it is sent again', async () => {
    const { clock, home, client, waiting, runs, inLog, stored } = await claimed();
    refuseOnce(home);
    waiting[0]?.();
    await clock.advance(500);
    expect([codes(client), inLog(), stored()]).toEqual([['UNCONFIRMED'], [], []]);
    client.raw.send(keyed(2, 'say'));
    await clock.advance(500);
    waiting[1]?.();
    await clock.advance(500);
    expect([runs, answers(client).at(-1), inLog().length, stored()]).toEqual([[0, 0], '2["done"]', 1, ['0 ["done"]']]);
  });

  it('gets an error also when the listener answers later', async () => {
    const { clock, home, node, client } = await build();
    const ends: Ack[] = [];
    node.io.on('connection', (socket) =>
      socket.on('tell', (ack: Ack) => {
        node.io.of('/a').emit('said');
        ends.push(ack);
      }),
    );
    const other = await node.enter();
    refuseOnce(home);
    other.raw.send(keyed(1, 'tell'));
    await clock.advance(3_000);
    node.io.emit('said');
    await clock.advance(3_000);
    ends[0]?.('done');
    await clock.advance(500);
    expect([codes(other), answers(client)]).toEqual([['UNCONFIRMED'], []]);
  });

  it('gets an error if the home stays away for a minute', async () => {
    const { clock, home, client, waiting, stored } = await claimed();
    home.stop();
    await clock.advance(100);
    waiting[0]?.();
    await clock.advance(59_000);
    expect(answers(client)).toEqual([]);
    await clock.advance(5_000);
    expect(codes(client)).toEqual(['UNCONFIRMED']);
    home.start();
    await clock.advance(10_000);
    expect(stored().filter((text) => text.includes('done'))).toEqual([]);
  });

  it('gets an error if too many bytes wait for the home', async () => {
    const { clock, home, node, client, waiting, inLog } = await claimed();
    home.stop();
    await clock.advance(100);
    const megabyte = 'x'.repeat(1_000_000);
    for (let n = 0; n < 16; n += 1) {
      node.io.emit('other', megabyte);
      await clock.settle();
    }
    expect(node.errors).toEqual([]);
    waiting[0]?.(megabyte);
    // The answer keeps its place after the events before it.
    await clock.advance(500);
    expect(answers(client)).toEqual([]);
    home.start();
    await clock.advance(10_000);
    expect([codes(client), inLog()]).toEqual([['UNCONFIRMED'], []]);
  });

  it('does not get the error of an event that was emitted after its answer', async () => {
    const { clock, home, node, client, waiting } = await claimed();
    home.pause(3_000);
    waiting[0]?.();
    await clock.advance(500);
    const { log } = home;
    const append = log.append.bind(log);
    vi.spyOn(log, 'append').mockImplementation((namespace, records) => {
      if (records.some(({ event }) => event.includes('bad'))) throw new UnavailableError('NOT_KEPT', 'No room.');
      return append(namespace, records);
    });
    node.io.emit('bad');
    await clock.advance(5_000);
    expect([answers(client), node.errors.length]).toEqual([['1["done"]'], 1]);
  });
});

describe('a listener that throws', () => {
  it('frees the key if it has not answered, and keeps it if its answer waits for the log', async () => {
    const { clock, home, node } = await build();
    let runs = 0;
    const fail = (): never => {
      throw new TypeError('broken');
    };
    node.io.on('connection', (socket) => {
      socket.on('early', () => {
        runs += 1;
        fail();
      });
      socket.on('late', (ack: Ack) => {
        runs += 1;
        node.io.emit('said');
        ack('done');
        fail();
      });
    });
    const client = await node.enter();
    const uncaught = catchUncaught();
    client.raw.send(keyed(1, 'early', `${KEY}2`));
    await clock.advance(500);
    client.raw.send(keyed(2, 'late'));
    await clock.advance(25);
    expect(runs).toBe(2);
    home.pause(3_000);
    await clock.advance(500);
    client.raw.send(keyed(3, 'late'), keyed(4, 'early', `${KEY}2`));
    await clock.advance(10_000);
    expect([answers(client), runs, uncaught]).toEqual([['2["done"]', '3["done"]'], 3, ['broken', 'broken', 'broken']]);
  });
});

describe('other acknowledgements', () => {
  const serve = async (options: ServerOptions) => {
    const built = await build(1, options);
    const { node } = built;
    node.io.on('connection', (socket) =>
      socket.on('order', (ack: Ack) => {
        node.io.emit('said');
        ack('done');
      }),
    );
    return { ...built, other: await node.enter() };
  };

  it('stop waiting when the log has been silent for a second', async () => {
    const { clock, home, other } = await serve({});
    home.stop();
    other.raw.send('421["order"]');
    await clock.advance(900);
    expect(answers(other)).toEqual([]);
    await clock.advance(200);
    expect(answers(other)).toEqual(['1["done"]']);
  });

  it('wait for the log with `acknowledge: "kept"`', async () => {
    const { clock, home, other } = await serve({ acknowledge: 'kept' });
    home.stop();
    other.raw.send('421["order"]');
    await clock.advance(5_000);
    expect(answers(other)).toEqual([]);
    home.start();
    await clock.advance(5_000);
    expect(answers(other)).toEqual(['1["done"]']);
  });

  it('are not sent with `acknowledge: "kept"` if the log refuses what they confirm, or too many wait', async () => {
    const { clock, home, other, inLog } = await serve({ acknowledge: 'kept', waitingAcksMax: 2 });
    refuseOnce(home);
    other.raw.send('421["order"]');
    await clock.advance(5_000);
    expect([answers(other), inLog()]).toEqual([[], []]);
    home.pause(5_000);
    other.raw.send('422["order"]', '423["order"]', '424["order"]');
    await clock.advance(10_000);
    expect([answers(other), inLog().length]).toEqual([['2["done"]', '3["done"]'], 3]);
  });
});
