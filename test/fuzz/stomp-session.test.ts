/**
 * Lets several clients send anything to a server: only their own connections may fail, and none of them may leave
 * anything behind.
 */
import { expect, it } from 'vitest';
import { coreOf, type Namespace } from '../../packages/naru/src/namespace/namespace.js';
import { Stage, type StompTester } from '../kit/clients/stomp-tester.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { type Dice, fuzz } from './websocket-random.js';

const TOPICS = [
  '/topic/a',
  '/topic/b',
  '/queue/q',
  '/queue/r',
  '/user/queue/x',
  '/app/x',
  '/app/ask',
  '/topic/slow',
  '/ack/1',
];
const BOUNDS = {
  queueMessagesMax: 20,
  deliveriesMax: 3,
  prefetchMax: 3,
  unackedMax: 5,
  subscriptionsMax: 6,
  transactionsMax: 3,
};

/** The next frame of a client, usually a sensible one. */
function nextFrame(dice: Dice, client: StompTester): [command: string, headers: Record<string, string>] {
  const id = String(dice.below(4));
  const transaction = String(dice.below(2));
  const receipt: Record<string, string> = dice.oneIn(3) ? { receipt: String(dice.below(100)) } : {};
  const inTransaction: Record<string, string> = dice.oneIn(4) ? { transaction } : {};
  const acks = client.all.map(({ headers }) => headers.ack).filter((ack) => ack !== undefined);
  switch (dice.below(8)) {
    case 0:
    case 1: {
      const type: Record<string, string> = dice.oneIn(2) ? { 'content-type': 'text/plain' } : {};
      const reply: Record<string, string> = dice.oneIn(4) ? { 'correlation-id': '1', 'reply-to': '/user/queue/x' } : {};
      return ['SEND', { destination: dice.pick(TOPICS), ...type, ...reply, ...inTransaction, ...receipt }];
    }
    case 2:
    case 3: {
      const ack = dice.pick(['auto', 'client', 'client-individual']);
      return ['SUBSCRIBE', { id, destination: dice.pick(TOPICS.slice(0, 5)), ack, ...receipt }];
    }
    case 4:
      return ['UNSUBSCRIBE', { id, ...receipt }];
    case 5:
    case 6:
      return [
        dice.oneIn(3) ? 'NACK' : 'ACK',
        { id: acks.length > 0 ? dice.pick(acks) : '1-1', ...inTransaction, ...receipt },
      ];
    default:
      return [dice.pick(['BEGIN', 'COMMIT', 'ABORT', 'BEGIN', 'DISCONNECT']), { transaction, ...receipt }];
  }
}

async function step(dice: Dice, stage: Stage, clients: StompTester[]): Promise<void> {
  const index = dice.below(clients.length);
  const client = clients[index] as StompTester;
  if (client.isClosed) {
    clients[index] = await stage.connect(dice.oneIn(3) ? { 'heart-beat': '9000,9000' } : {});
    return;
  }
  switch (dice.below(12)) {
    case 0:
      stage.io.to(dice.pick(['a', 'b'])).emit('x', dice.below(9));
      return;
    case 1:
      client.connection.member?.socket.emit('x', Buffer.of(1));
      return;
    case 2:
      await stage.clock.advance(dice.pick([1, 30, 5_000]));
      return;
    case 3:
      switch (dice.below(8)) {
        case 0:
          client.connection.member?.disconnect(false);
          return;
        case 1:
          client.transport.peer.close();
      }
      return;
    default: {
      const [command, headers] = nextFrame(dice, client);
      await client.send(command, headers, command === 'SEND' ? 'body' : '');
    }
  }
}

it('keeps its accounts correct, whatever clients do', { timeout: fuzzTimeoutMs() }, async () => {
  await fuzz(async (dice) => {
    const stage = new Stage(BOUNDS);
    const later = (): Promise<boolean> => new Promise((resolve) => stage.clock.setTimeout(resolve, 20, !dice.oneIn(4)));
    stage.io.allow({
      subscribe: (_socket, room) => (room === 'slow' ? later() : true),
      publish: (_socket, room) => (room === 'slow' ? later() : true),
    });
    stage.io.on('connection', (socket) => {
      socket.on('ask', (...args: unknown[]) => {
        const answer = args.at(-1);
        if (typeof answer === 'function') answer('yes');
      });
    });
    const clients = await Promise.all([stage.connect(), stage.connect(), stage.connect()]);
    const queues = stage.scope.queuesOf(coreOf(stage.io.of('/') as unknown as Namespace));
    for (let count = 0; count < 60; count += 1) {
      await step(dice, stage, clients);
      expect(queues.bytes).toBeGreaterThanOrEqual(0);
    }
    for (const client of clients) client.transport.peer.close();
    await stage.clock.advance(100);
    // Messages that wait for a worker stay, and nothing else does.
    const counts = ['q', 'r'].map((name) => queues.get(name)?.count);
    expect(queues.bytes).toBe(['q', 'r'].reduce((sum, name) => sum + (queues.get(name)?.bytes ?? 0), 0));
    expect(counts.every((count) => count === undefined || count > 0)).toBe(true);
    expect([stage.scope.forms.count, stage.io.engine.clientsCount, stage.io.sockets.sockets.size]).toEqual([0, 0, 0]);
    expect([...stage.io.sockets.adapter.rooms.keys()]).toEqual([]);
    // The next subscriber gets the waiting messages in order.
    const heir = await stage.connect();
    await heir.send('SUBSCRIBE', { id: '1', destination: '/queue/q' });
    const ids = heir.all
      .filter(({ command }) => command === 'MESSAGE')
      .map(({ headers }) => Number(headers['message-id']));
    expect([ids.length, ids]).toEqual([counts[0] ?? 0, ids.toSorted((one, other) => one - other)]);
  });
});
