import { describe, expect, it } from 'vitest';
import { Stage } from '../../../test/kit/clients/stomp-tester.js';
import { coreOf, type Namespace } from '../../naru/src/namespace/namespace.js';
import { actionOf } from '../src/actions.js';
import type { StompClient } from '../src/stomp-client.js';
import { Subscriptions } from '../src/subscriptions/subscriptions.js';

async function build() {
  const stage = new Stage();
  const { connection } = await stage.connect();
  const { member } = connection;
  if (!member) throw new Error('not in');
  const log: unknown[] = [];
  const client: StompClient = {
    scope: stage.scope,
    namespace: coreOf(stage.io.of('/') as object as Namespace),
    entered: member,
    version: '1.2',
    subscriptions: new Subscriptions(),
    putOut: (details) => log.push(['put out', details]),
    send: () => undefined,
    sendEvent: () => undefined,
    takeEvent: (...about) => log.push(['event', ...about]),
    receiveAck: (...about) => log.push(['ack', ...about]),
    release: (subscription) => log.push(['release', subscription]),
  };
  const act = (command: string, headers: Record<string, string>, body = '') =>
    actionOf({ command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) }, client);
  return { stage, client, log, act };
}

describe('actionOf', () => {
  it('does nothing before it runs', async () => {
    const { log, act, client } = await build();
    const json = { 'content-type': 'application/json' };
    const actions = [
      act('SEND', { destination: '/app/say', ...json }, '["a"]'),
      act('SEND', { destination: '/ack/7', ...json }, '[1]'),
      act('SUBSCRIBE', { destination: '/user/queue/a', id: '1' }),
    ];
    expect([log, client.subscriptions.count]).toEqual([[], 0]);
    for (const action of actions) action.run();
    expect([log, client.subscriptions.count]).toEqual([
      [
        ['event', 'say', ['a'], undefined],
        ['ack', 7, [1]],
      ],
      1,
    ]);
  });

  it('asks only the permissions of rooms and queues', async () => {
    const { stage, act } = await build();
    const asked: string[] = [];
    stage.io.allow({
      subscribe: (_socket, room) => asked.push(`in ${room}`) > 0,
      publish: (_socket, room) => asked.push(`to ${room}`) > 0,
    });
    const answers: unknown[] = [];
    for (const destination of ['/topic/a', '/queue/b', '/app/c', '/ack/4']) {
      act('SEND', { destination }).ask?.((refusal) => answers.push(refusal));
    }
    for (const destination of ['/topic/a', '/queue/b', '/user/queue/c']) {
      act('SUBSCRIBE', { destination, id: destination }).ask?.((refusal) => answers.push(refusal));
    }
    expect(asked).toEqual(['to a', 'to /queue/b', 'in a', 'in /queue/b']);
    expect(answers).toEqual(Array(5).fill(undefined));
  });

  it('knows its messages to queues', async () => {
    const { act } = await build();
    expect(act('SEND', { destination: '/queue/a', b: 'cd' }, 'xyz').puts?.()).toMatchObject({
      queue: 'a',
      message: { size: 206 },
    });
    expect(act('SEND', { destination: '/topic/a' }, 'xyz').puts).toBeUndefined();
  });
});

const NAME = 'a name that nobody guesses';
const HEADERS = { id: 's', destination: '/topic/lobby', durable: NAME, ack: 'client' };

describe('UNSUBSCRIBE', () => {
  it.each([
    ['goes on later', {}, ['[1]']],
    ['is forgotten, where it names it', { durable: NAME }, []],
  ])('a durable subscription: %s', async (_title, headers, bodies) => {
    const stage = new Stage({}, { connectionStateRecovery: {} });
    stage.io.allow({ subscribe: true });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', HEADERS);
    expect(await client.send('UNSUBSCRIBE', { id: 's', receipt: 'r', ...headers })).toMatchObject([
      { command: 'RECEIPT' },
    ]);
    stage.io.to('lobby').emit('n', 1);
    await stage.clock.settle();
    expect((await client.send('SUBSCRIBE', HEADERS)).map(({ body }) => body)).toEqual(bodies);
  });

  it.each([
    ['makes room for another at once, where it names it', NAME, []],
    ['makes no room, where it names one that does not exist', `${NAME} made up`, [{ headers: { code: 'TOO_MANY' } }]],
  ])('a durable subscription: %s', async (_title, durable, answer) => {
    const stage = new Stage({ durablesMax: 1 }, { connectionStateRecovery: {} });
    stage.io.allow({ subscribe: true });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', HEADERS);
    await client.send('UNSUBSCRIBE', { id: 's', durable });
    expect(await client.send('SUBSCRIBE', { ...HEADERS, durable: `${NAME} else` })).toMatchObject(answer);
  });

  it('is an error without an id, for an unknown one, and with an invalid name', async () => {
    for (const headers of [{}, { id: 'x' }, { id: 's', durable: 'short' }]) {
      const stage = new Stage({}, { connectionStateRecovery: {} });
      stage.io.allow({ subscribe: true });
      const client = await stage.connect();
      await client.send('SUBSCRIBE', HEADERS);
      const [error] = await client.send('UNSUBSCRIBE', headers as Record<string, string>);
      expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'STOMP_BAD_REQUEST' } });
    }
  });
});
