/** Erased events on wires with a language of their own, and for clients that read slowly. */
import { expect, it } from 'vitest';
import { ZERO_OFFSET } from '../../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../../packages/testing/src/entry/index.js';
import { nextSocket, openStage as openEvents, openStream, said } from '../../kit/clients/plain-events.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { Stage } from '../../kit/clients/stomp-tester.js';

const NAME = 'a name that nobody guesses';
const DURABLE = { id: 's', destination: '/topic/a', durable: NAME, ack: 'client-individual' };

async function openStomp() {
  const stage = new Stage({}, { connectionStateRecovery: {} });
  stage.io.allow({ subscribe: true, history: true, publish: true });
  const say = async (room: string, text: string): Promise<void> => {
    stage.io.to(room).emit('say', text);
    await stage.clock.settle();
  };
  return { stage, io: stage.io, say };
}

it('are a gap in an event stream that comes back', async () => {
  const { io, url } = await openEvents({ connectionStateRecovery: {} });
  const entered = nextSocket(io);
  const first = await openStream(`${url}/events/a`);
  await entered;
  io.to('a').emit('say', 'first');
  const [event] = await first.events.until(1);
  first.close();
  for (const text of ['a secret', 'another secret']) io.to('a').by('ann').emit('say', text);
  io.to('b').by('ann').emit('say', 'elsewhere');
  io.to('a').emit('say', 'last');
  expect(await io.erase({ by: 'ann' })).toBe(3);
  const again = await openStream(`${url}/events/a`, { 'last-event-id': event?.lastEventId ?? '' });
  const events = await again.events.until(2);
  expect(events.map(said)).toEqual([
    ['naru:gap', [{ after: expect.any(String), before: expect.any(String) }]],
    ['say', ['last']],
  ]);
  again.close();
  // The gap has a place of its own, so a client that goes on after it is not told again.
  const third = await openStream(`${url}/events/a`, { 'last-event-id': events[0]?.lastEventId ?? '' });
  expect((await third.events.until(1)).map(said)).toEqual([['say', ['last']]]);
  expect(again.text() + third.text()).not.toContain('secret');
});

it('are left out of the history of an event stream', async () => {
  const { io, url } = await openEvents({ connectionStateRecovery: {} });
  io.sockets.allow({ history: true });
  for (const text of ['one', 'a secret', 'two']) io.to('a').by(text).emit('say', text);
  expect(await io.erase({ by: 'a secret' })).toBe(1);
  const { events } = await openStream(`${url}/events/a?history=10`);
  expect((await events.until(2)).map(said)).toEqual([
    ['say', ['one']],
    ['say', ['two']],
  ]);
});

it('are a message of a durable subscription, in their place', async () => {
  const { stage, io, say } = await openStomp();
  const first = await stage.connect();
  await first.send('SUBSCRIBE', DURABLE);
  first.transport.peer.close();
  await say('a', 'one');
  await say('a', 'a secret');
  await say('b', 'elsewhere');
  await say('a', 'two');
  const { events } = await io.history('a');
  expect(await io.erase({ offset: events[1]?.offset ?? '' })).toBe(1);
  const again = await stage.connect();
  const messages = await again.send('SUBSCRIBE', DURABLE);
  expect(messages.map(({ headers, body }) => [headers.event, body])).toEqual([
    ['say', '["one"]'],
    ['naru:gap', expect.stringContaining('"after":')],
    ['say', '["two"]'],
  ]);
  for (const { headers } of messages.slice(0, 2)) await again.send('ACK', { id: headers.ack ?? '' });
  again.transport.peer.close();
  const third = await stage.connect();
  expect((await third.send('SUBSCRIBE', DURABLE)).map(({ body }) => body)).toEqual(['["two"]']);
});

it('do not reach a durable subscription that has read them, and waits for an ACK', async () => {
  const { stage, io, say } = await openStomp();
  const headers = { ...DURABLE, offset: 'first', 'prefetch-count': '1' };
  for (const text of ['one', 'a secret', 'two']) await say('a', text);
  const client = await stage.connect();
  const [message] = await client.send('SUBSCRIBE', headers);
  expect(message?.body).toBe('["one"]');
  const { events } = await io.history('a');
  expect(await io.erase({ offset: events[1]?.offset ?? '' })).toBe(1);
  const [gap] = await client.send('ACK', { id: message?.headers.ack ?? '' });
  expect(gap?.headers.event).toBe('naru:gap');
  const [last] = await client.send('ACK', { id: gap?.headers.ack ?? '' });
  expect(last?.body).toBe('["two"]');
});

it('are found by the author that the application names for a STOMP client, in a transaction, too', async () => {
  const { stage, io } = await openStomp();
  io.allow({ author: (socket) => `user of ${socket.conn.remoteAddress}` });
  const client = await stage.connect();
  await client.send('SEND', { destination: '/topic/a' }, '["one"]');
  await client.send('BEGIN', { transaction: 't' });
  await client.send('SEND', { destination: '/topic/a', transaction: 't' }, '["two"]');
  await client.send('COMMIT', { transaction: 't' });
  io.to('a').emit('say');
  expect(await io.erase({ by: 'user of 10.0.0.1' })).toBe(2);
  io.allow({ author: () => '' });
});

it.each(['newest-per-key', 'drop-oldest'] as const)(
  'do not reach a slow client whose events wait (%s)',
  async (policy) => {
    const clock = new FakeClock();
    const backplane = memoryBackplane(clock, { ageMs: 600_000, bytes: 10_000_000 });
    const server = new TestServer({ clock, server: { backplane, connectionStateRecovery: {} } });
    server.io.slow({ policy, bytesMax: 1_000_000 });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await clock.settle();
    client.link?.hold();
    const texts = Array.from(
      { length: 300 },
      (_, n) => `${n % 10 === 5 ? 'a secret' : 'text'} ${n} ${'x'.repeat(1_000)}`,
    );
    for (const [n, text] of texts.entries()) {
      server.io
        .by(n % 10 === 5 ? 'ann' : 'bob')
        .key(`${n}`)
        .emit('say', text);
      await clock.settle();
    }
    const before = client.texts.join();
    expect(await server.io.erase({ by: 'ann' })).toBe(30);
    client.link?.release();
    await clock.advance(5_000);
    const after = client.texts.join().slice(before.length);
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 1_000);
    // The events that had left the queue already wait in the connection.
    const waiting = [...after.matchAll(/a secret (\d+) /g)].map(([, n]) => Number(n));
    expect(waiting.length).toBeLessThan(15);
    expect(after).toContain('naru:gap');
    expect(after).toContain('text 299 ');
    expect(records.some(({ event }) => event.includes('secret'))).toBe(false);
    await server.close();
  },
);
