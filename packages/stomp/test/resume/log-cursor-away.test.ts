import { describe, expect, it, type MockInstance, vi } from 'vitest';
import type { Stage } from '../../../../test/kit/clients/stomp-tester.js';
import type { Log } from '../../../naru/src/backplane/backplane.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { emit, numbersOf, openStage, TOPIC } from './log-topics.js';

const DURABLE = { ...TOPIC, durable: 'a name that nobody guesses', ack: 'client' };
const SILENT = new UnavailableError('TIMEOUT', 'the home of the log does not answer');

function spyOnReads(stage: Stage): MockInstance<Log['read']> {
  const { log } = stage.context.backplane ?? {};
  if (!log) throw new Error('no log');
  return vi.spyOn(log, 'read');
}

/** Opens a server whose log has three events for the topic. */
async function openWithEvents(): Promise<Stage> {
  const stage = openStage();
  stage.io.allow({ history: true });
  await emit(stage, 0, 3);
  return stage;
}

/** Opens a server with a durable subscription whose client has left, and has missed three events. */
async function openWithDurable(): Promise<Stage> {
  const stage = openStage();
  const client = await stage.connect();
  await client.send('SUBSCRIBE', DURABLE);
  client.transport.peer.close();
  await emit(stage, 0, 3);
  return stage;
}

describe('a subscription whose log does not answer', () => {
  it('reads again, and gets everything in order and without a gap', async () => {
    const stage = await openWithDurable();
    const two = await stage.connect();
    const read = spyOnReads(stage).mockImplementation(() => Promise.reject(SILENT));
    expect(await two.send('SUBSCRIBE', DURABLE)).toEqual([]);
    await stage.clock.advance(499);
    expect([read.mock.calls.length, two.got()]).toEqual([1, []]);
    await stage.clock.advance(1);
    await emit(stage, 3, 5);
    expect([read.mock.calls.length, two.got()]).toEqual([2, []]);
    read.mockRestore();
    await stage.clock.advance(500);
    const got = two.got();
    expect(numbersOf(got)).toEqual([0, 1, 2, 3, 4]);
    await two.send('ACK', { id: got[1]?.headers.ack ?? '' });
    await emit(stage, 5, 6);
    expect(numbersOf(two.got())).toEqual([5]);
    two.transport.peer.close();
    await stage.clock.settle();
    const three = await stage.connect();
    expect(numbersOf(await three.send('SUBSCRIBE', DURABLE))).toEqual([2, 3, 4, 5]);
  });

  it('keeps its durable place, whatever the client acknowledges before it leaves', async () => {
    const stage = await openWithDurable();
    const read = spyOnReads(stage).mockImplementation(() => Promise.reject(SILENT));
    const two = await stage.connect();
    const owed = await two.send('SUBSCRIBE', DURABLE);
    for (const { headers } of owed) await two.send('ACK', { id: headers.ack ?? '' });
    two.transport.peer.close();
    await stage.clock.settle();
    read.mockRestore();
    const three = await stage.connect();
    expect(numbersOf(await three.send('SUBSCRIBE', DURABLE))).toEqual([0, 1, 2]);
  });

  it('stops reading when it ends, between two readings or during one', async () => {
    const stage = await openWithEvents();
    const client = await stage.connect();
    const timers = stage.clock.timerCount;
    let fail = (): void => undefined;
    const silent = new Promise<never>((_resolve, reject) => {
      fail = () => reject(SILENT);
    });
    const read = spyOnReads(stage).mockImplementation(() => silent);
    await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    await client.send('UNSUBSCRIBE', { id: TOPIC.id });
    fail();
    await stage.clock.settle();
    expect(stage.clock.timerCount).toBe(timers);
    await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' });
    expect([read.mock.calls.length, stage.clock.timerCount]).toEqual([2, timers + 1]);
    await client.send('UNSUBSCRIBE', { id: TOPIC.id });
    expect(stage.clock.timerCount).toBe(timers);
    await stage.clock.advance(2_000);
    expect([read.mock.calls.length, client.got()]).toEqual([2, []]);
  });

  it('neither reads again nor tells of a gap when the backplane is closed', async () => {
    const stage = await openWithEvents();
    const client = await stage.connect();
    const timers = stage.clock.timerCount;
    const read = spyOnReads(stage).mockImplementation(() => {
      throw new UnavailableError('CLOSED', 'the backplane is closed');
    });
    expect(await client.send('SUBSCRIBE', { ...TOPIC, offset: 'first' })).toEqual([]);
    await stage.clock.advance(2_000);
    expect([read.mock.calls.length, client.got(), stage.clock.timerCount]).toEqual([1, [], timers]);
  });
});
