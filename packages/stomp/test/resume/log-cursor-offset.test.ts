import { describe, expect, it, vi } from 'vitest';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { coreOf, type Namespace } from '../../../naru/src/namespace/namespace.js';
import { emit, numbersOf, openStage, range, TOPIC } from './log-topics.js';

describe('a subscription with an offset', () => {
  it('continues after it, from the first record, or with the next', async () => {
    const stage = openStage();
    stage.io.allow({ history: true });
    await emit(stage, 0, 5);
    const client = await stage.connect();
    const all = await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    expect(numbersOf(all)).toEqual([0, 1, 2, 3, 4]);
    const offset = all[2]?.headers.offset ?? '';
    const some = await client.send('SUBSCRIBE', { ...TOPIC, id: 't', offset });
    expect(numbersOf(some)).toEqual([3, 4]);
    expect(await client.send('SUBSCRIBE', { ...TOPIC, id: 'u', offset: 'next' })).toEqual([]);
    await emit(stage, 5, 6);
    const last = client.got();
    expect(last.map(({ headers }) => headers.subscription).sort()).toEqual(['s', 't', 'u']);
    expect(new Set(last.map(({ headers }) => headers.offset)).size).toBe(1);
  });

  it('of another log gets a gap, and continues with the next message', async () => {
    const stage = openStage();
    stage.io.allow({ history: true });
    await emit(stage, 0, 2);
    const client = await stage.connect();
    // A log in memory is new with each server.
    for (const [id, offset] of Object.entries({ a: '00000zzzzzz', b: '00000000001.otherlog' })) {
      const [gap, ...rest] = await client.send('SUBSCRIBE', { ...TOPIC, id, offset });
      expect([gap?.headers.event, rest]).toEqual(['naru:gap', []]);
      await client.send('UNSUBSCRIBE', { id });
    }
    await client.send('SUBSCRIBE', { ...TOPIC, offset: 'next' });
    await emit(stage, 2, 3);
    expect(numbersOf(client.got())).toEqual([2]);
  });

  it('does not feed a client that does not read: it continues when the connection accepts more', async () => {
    const stage = openStage({}, { lateBytesMax: 2_000, connectionStateRecovery: {} });
    stage.io.allow({ history: true });
    for (let n = 0; n < 40; n += 1) stage.io.to('lobby').emit('n', n, 'x'.repeat(500));
    await stage.clock.settle();
    const client = await stage.connect();
    client.transport.peer.pause();
    await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    expect(client.session.bufferedBytes).toBeLessThan(4_000);
    client.transport.peer.resume();
    await stage.clock.advance(2_000);
    expect(numbersOf(client.got())).toEqual(range(0, 40));
  });

  it('of a slow socket gets nothing twice from its two readers', async () => {
    const stage = openStage({}, { lateBytesMax: 2_000, connectionStateRecovery: {} });
    stage.io.allow({ history: true });
    const client = await stage.connect();
    const say = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) stage.io.to('lobby').emit('n', n, 'x'.repeat(500));
      await stage.clock.settle();
    };
    await say(0, 10);
    await client.send('SUBSCRIBE', { id: 'plain', destination: '/topic/lobby' });
    client.transport.peer.pause();
    await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    await say(10, 30);
    client.transport.peer.resume();
    await stage.clock.advance(2_000);
    await say(30, 40);
    const got = client.got();
    const of = (id: string) => numbersOf(got.filter(({ headers }) => headers.subscription === id));
    expect([of('s'), of('plain')]).toEqual([range(0, 40), range(10, 40)]);
  });

  it('gets nothing twice that another process appended during a read', async () => {
    const stage = openStage();
    stage.io.allow({ history: true });
    const { log } = stage.context.backplane ?? {};
    if (!log) throw new Error('no log');
    await emit(stage, 0, 3);
    const read = log.read.bind(log);
    let isAppended = false;
    log.read = (namespace, after, limit) => {
      const page = read(namespace, after, limit);
      if (isAppended || limit !== 200) return page;
      isAppended = true;
      const record = { rooms: ['lobby'], except: [], event: '["n",3]', attachments: [], at: 0 };
      void log.append(namespace, [record]);
      return page;
    };
    const client = await stage.connect();
    const first = await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    // Hands out the records of the other process.
    await emit(stage, 4, 6);
    expect([isAppended, numbersOf([...first, ...client.got()])]).toEqual([true, range(0, 6)]);
  });

  it('from the first record on learns what it lacks when the log is damaged, and continues', async () => {
    const stage = openStage();
    stage.io.allow({ history: true });
    const { log } = stage.context.backplane ?? {};
    if (!log) throw new Error('no log');
    await emit(stage, 0, 3);
    const read = vi.spyOn(log, 'read').mockImplementation(() => {
      throw new Error('the page is damaged');
    });
    const client = await stage.connect();
    const got = await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    expect(got.map(({ headers, body }) => [headers.event, JSON.parse(body)])).toEqual([
      ['naru:gap', [{ after: ZERO_OFFSET, before: null }]],
    ]);
    read.mockRestore();
    await emit(stage, 3, 5);
    expect(numbersOf(client.got())).toEqual([3, 4]);
  });

  it('reads a few at a time when a client has many, and lets others have their turn', async () => {
    const stage = openStage();
    stage.io.allow({ history: true });
    await emit(stage, 0, 10);
    const { past } = coreOf(stage.io.sockets as unknown as Namespace);
    const readOnQueued = past.readOnQueued.bind(past);
    let [open, most] = [0, 0];
    past.readOnQueued = (reader, query) => {
      open += 1;
      most = Math.max(most, open);
      const reading = readOnQueued(reader, query);
      void reading.then(() => {
        open -= 1;
      });
      return reading;
    };
    const client = await stage.connect();
    for (let id = 0; id < 40; id += 1) {
      client.transport.peer.send(`SUBSCRIBE\nid:${id}\ndestination:/topic/lobby\noffset:first\n\n\0`);
    }
    await stage.clock.advance(2_000);
    const counts = new Map<string, number>();
    for (const { headers } of client.got())
      counts.set(headers.subscription ?? '', (counts.get(headers.subscription ?? '') ?? 0) + 1);
    expect([counts.size, new Set(counts.values()), most <= 2]).toEqual([40, new Set([10]), true]);
  });
});
