import { describe, expect, it } from 'vitest';
import type { Got, Stage, StompTester } from '../../../../test/kit/clients/stomp-tester.js';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { tellGap } from '../../../naru/src/namespace/log/reader/socket-reader.js';
import { coreOf, type Namespace } from '../../../naru/src/namespace/namespace.js';
import { FakeClock } from '../../../testing/src/index.js';
import { emit, numbersOf, openStage, range, TOPIC } from './log-topics.js';

const NAME = 'a name that nobody guesses';
const DURABLE = { ...TOPIC, durable: NAME, ack: 'client' };

async function ack(client: StompTester, message: Got | undefined): Promise<Got[]> {
  return client.send('ACK', { id: message?.headers.ack ?? 'none' });
}

async function lose(client: StompTester, stage: Stage): Promise<void> {
  client.transport.peer.close();
  await stage.clock.settle();
}

describe('a durable subscription', () => {
  it('begins with the next message, and resumes after the last ACK of an earlier connection', async () => {
    const stage = openStage();
    await emit(stage, 0, 3);
    const one = await stage.connect();
    expect(await one.send('SUBSCRIBE', DURABLE)).toEqual([]);
    await emit(stage, 3, 8);
    const first = one.got();
    expect(numbersOf(first)).toEqual([3, 4, 5, 6, 7]);
    await ack(one, first[2]);
    await lose(one, stage);
    await emit(stage, 8, 10);
    const two = await stage.connect();
    const again = await two.send('SUBSCRIBE', DURABLE);
    expect(numbersOf(again)).toEqual([6, 7, 8, 9]);
    await emit(stage, 10, 12);
    expect(numbersOf(two.got())).toEqual([10, 11]);
    await ack(two, again.at(-1));
    await lose(two, stage);
    const three = await stage.connect();
    expect(numbersOf(await three.send('SUBSCRIBE', DURABLE))).toEqual([10, 11]);
  });

  it('that was made before the first message is told when retention has removed some', async () => {
    const backplane = memoryBackplane(new FakeClock({ startAt: 0 }), { ageMs: 1e9, bytes: 2_000 });
    const stage = openStage({}, { backplane });
    const one = await stage.connect();
    await one.send('SUBSCRIBE', DURABLE);
    await lose(one, stage);
    await emit(stage, 0, 500);
    const two = await stage.connect();
    const [gap, next] = await two.send('SUBSCRIBE', DURABLE);
    expect([gap?.headers.event, JSON.parse(gap?.body ?? '')]).toEqual([
      'naru:gap',
      [{ after: ZERO_OFFSET, before: next?.headers.offset?.split('.')[0] }],
    ]);
  });

  it('in mode client-individual resumes after the oldest unacknowledged message', async () => {
    const stage = openStage();
    const headers = { ...DURABLE, ack: 'client-individual' };
    const one = await stage.connect();
    await one.send('SUBSCRIBE', headers);
    await emit(stage, 0, 5);
    const messages = one.got();
    for (const at of [0, 1, 3, 4]) await ack(one, messages[at]);
    await lose(one, stage);
    const two = await stage.connect();
    expect(numbersOf(await two.send('SUBSCRIBE', headers))).toEqual([2, 3, 4]);
  });

  it('sends at most its window without an ACK, keeps the rest in the log, and then catches up', async () => {
    const stage = openStage({ prefetchMax: 10 });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { ...DURABLE, 'prefetch-count': '4' });
    await emit(stage, 0, 500);
    const got = client.got();
    expect(numbersOf(got)).toEqual([0, 1, 2, 3]);
    while (got.length < 500) {
      const more = await ack(client, got.at(-1));
      expect(more.length).toBeLessThanOrEqual(4);
      expect(more.length).toBeGreaterThan(0);
      got.push(...more);
    }
    expect(numbersOf(got)).toEqual(range(0, 500));
    await ack(client, got.at(-1));
    await emit(stage, 500, 503);
    expect(numbersOf(client.got())).toEqual([500, 501, 502]);
  });

  it('is not disturbed by other rooms, other subscriptions, and messages that except the client', async () => {
    const stage = openStage();
    const one = await stage.connect();
    await one.send('SUBSCRIBE', DURABLE);
    await lose(one, stage);
    await emit(stage, 0, 300, 'elsewhere');
    await emit(stage, 0, 2);
    stage.io.to('lobby').to('elsewhere').emit('n', 2);
    stage.io.to('lobby').except('elsewhere').emit('n', 3);
    await stage.clock.settle();
    const two = await stage.connect();
    await two.send('SUBSCRIBE', { id: 'other', destination: '/topic/elsewhere' });
    const got = await two.send('SUBSCRIBE', DURABLE);
    expect(got.map(({ headers, body }) => [headers.subscription, JSON.parse(body)[0]])).toEqual([
      ['s', 0],
      ['s', 1],
      ['s', 2],
    ]);
    await emit(stage, 4, 6);
    expect(numbersOf(two.got())).toEqual([4, 5]);
  });

  it('delivers questions and unlogged events while the client keeps up', async () => {
    const stage = openStage({ prefetchMax: 3 });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', DURABLE);
    await emit(stage, 0, 1);
    const asked = stage.io.timeout(1_000).to('lobby').emitWithAck('ask');
    await stage.clock.settle();
    const got = client.got();
    expect(got.map(({ headers }) => headers.event)).toEqual(['n', 'ask']);
    const reply = { destination: got[1]?.headers['reply-to'] ?? '', 'content-type': 'application/json' };
    await client.send('SEND', reply, '["yes"]');
    expect(await asked).toEqual(['yes']);
    await ack(client, got[1]);
    await lose(client, stage);
    const again = await stage.connect();
    expect(await again.send('SUBSCRIBE', DURABLE)).toEqual([]);
  });

  it('reports what the log has lost, in a message that is acknowledged like others', async () => {
    const stage = openStage({}, { connectionStateRecovery: { bytesMax: 4_000 } });
    const one = await stage.connect();
    await one.send('SUBSCRIBE', DURABLE);
    await emit(stage, 0, 1);
    await ack(one, one.got()[0]);
    await lose(one, stage);
    await emit(stage, 1, 200);
    const two = await stage.connect();
    const [gap, ...rest] = await two.send('SUBSCRIBE', DURABLE);
    expect([gap?.headers.event, gap?.headers.subscription]).toEqual(['naru:gap', 's']);
    expect(JSON.parse(gap?.body ?? '')).toEqual([
      { after: expect.any(String), before: rest[0]?.headers.offset?.replace(/\..*/, '') },
    ]);
    expect(numbersOf(rest)).toEqual(range(200 - rest.length, 200));
    expect(await ack(two, gap)).toEqual([]);
    expect(two.isClosed).toBe(false);
  });

  it('that waits for an ACK does not report the losses of its socket, which are in the log', async () => {
    const stage = openStage();
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { ...DURABLE, 'prefetch-count': '1' });
    await emit(stage, 0, 5);
    const [first] = client.got();
    const { members, log } = coreOf(stage.io.of('/') as object as Namespace);
    for (const member of members.members.values()) tellGap(member, log?.offset ?? '', undefined);
    await stage.clock.advance(1_000);
    expect(client.got()).toEqual([]);
    expect(numbersOf(await ack(client, first))).toEqual([1]);
  });

  it('that has caught up has lost nothing that was handed out before its socket lost something', async () => {
    const stage = openStage({}, { connectionStateRecovery: { bytesMax: 4_000 } });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', DURABLE);
    await emit(stage, 0, 200, 'elsewhere');
    const { members, log } = coreOf(stage.io.of('/') as object as Namespace);
    for (const member of members.members.values()) tellGap(member, log?.offset ?? '', undefined);
    await stage.clock.advance(1_000);
    await emit(stage, 0, 2);
    expect(numbersOf(client.got())).toEqual([0, 1]);
  });

  it('of a quiet room in a loud namespace has no gap if it was active all along', async () => {
    const stage = openStage({}, { connectionStateRecovery: { bytesMax: 4_000 } });
    const one = await stage.connect();
    await one.send('SUBSCRIBE', DURABLE);
    await emit(stage, 0, 200, 'elsewhere');
    await stage.clock.advance(60_000);
    await emit(stage, 0, 1);
    expect(numbersOf(one.got())).toEqual([0]);
    await lose(one, stage);
    const two = await stage.connect();
    expect(numbersOf(await two.send('SUBSCRIBE', DURABLE))).toEqual([0]);
  });

  it('moves to another connection that asks for it, and the previous one is told', async () => {
    const stage = openStage();
    const one = await stage.connect();
    await one.send('SUBSCRIBE', DURABLE);
    await emit(stage, 0, 2);
    one.got();
    const two = await stage.connect();
    expect(numbersOf(await two.send('SUBSCRIBE', DURABLE))).toEqual([0, 1]);
    expect(one.got()).toMatchObject([{ command: 'ERROR', headers: { code: 'STOMP_REFUSED' } }]);
    expect([one.isClosed, stage.left]).toEqual([true, ['forced server close']]);
    await emit(stage, 2, 3);
    await ack(two, two.got().at(-1));
    await lose(two, stage);
    const three = await stage.connect();
    expect(await three.send('SUBSCRIBE', DURABLE)).toEqual([]);
  });

  it('reads from the log what was dropped for its slow socket', async () => {
    const stage = openStage();
    stage.io.slow('lobby', { policy: 'drop-oldest', bytesMax: 3_000 });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { id: 'drops', destination: '/user/queue/naru:dropped' });
    await client.send('SUBSCRIBE', DURABLE);
    client.transport.peer.pause();
    for (let n = 0; n < 90; n += 1) {
      stage.io.to('lobby').emit('n', n, 'x'.repeat(2_000));
      if (n % 5 === 0) await stage.clock.settle();
    }
    client.transport.peer.resume();
    await stage.clock.advance(5_000);
    const got = client.got();
    expect(got.filter(({ headers }) => headers.subscription === 'drops').length).toBeGreaterThan(0);
    expect(numbersOf(got.filter(({ headers }) => headers.subscription === 's'))).toEqual(range(0, 90));
  });

  it('loses and reorders nothing, whatever is acknowledged and wherever the connection breaks', async () => {
    const seed = Number(process.env.NARU_SEED ?? 7);
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const stage = openStage({ prefetchMax: 7 });
    let sent = 0;
    let acked = -1;
    let client = await stage.connect();
    let owed: Got[] = [];
    let next = 0;
    const take = (messages: readonly Got[]): void => {
      for (const message of messages) {
        expect(message.command, `seed ${seed}`).toBe('MESSAGE');
        expect(JSON.parse(message.body)[0], `seed ${seed}`).toBe(next);
        next += 1;
        owed.push(message);
      }
    };
    take(await client.send('SUBSCRIBE', DURABLE));
    for (let step = 0; step < 600; step += 1) {
      const what = random(10);
      if (what < 5) {
        const count = random(12);
        await emit(stage, sent, sent + count);
        sent += count;
        if (random(3) === 0) await emit(stage, 0, random(20), 'elsewhere');
        take(client.got());
      } else if (what < 9 && owed.length > 0) {
        const at = random(owed.length);
        const message = owed[at];
        acked = JSON.parse(message?.body ?? '[]')[0];
        owed = owed.slice(at + 1);
        take(await ack(client, message));
      } else if (what === 9) {
        if (random(2) === 0) await lose(client, stage);
        client = await stage.connect();
        owed = [];
        next = acked + 1;
        take(await client.send('SUBSCRIBE', DURABLE));
      }
    }
    while (next < sent) {
      const message = owed.at(-1);
      owed = [];
      take(await ack(client, message));
    }
    expect([next, sent > 500], `seed ${seed}`).toEqual([sent, true]);
  });
});
