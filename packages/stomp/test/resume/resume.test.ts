import { describe, expect, it } from 'vitest';
import { Stage } from '../../../../test/kit/clients/stomp-tester.js';

const NAME = 'a name that nobody guesses';
const LOG = { connectionStateRecovery: {} };
const TOPIC = { id: 's', destination: '/topic/lobby' };

function openStage(stomp = {}, options: object = LOG, rules = {}): Stage {
  const stage = new Stage(stomp, options);
  stage.io.allow({ subscribe: true, history: true, ...rules });
  return stage;
}

describe('a SUBSCRIBE that resumes', () => {
  it.each([
    ['a short name', { durable: 'ann', ack: 'client' }, '20 to 200 characters, because it is a secret'],
    ['a long name', { durable: 'x'.repeat(201), ack: 'client' }, '20 to 200 characters'],
    ['mode auto', { durable: NAME }, 'use ack:client or ack:client-individual'],
    ['a history too', { durable: NAME, ack: 'client', history: '5' }, 'cannot be combined with'],
    ['an offset that is none', { offset: 'x' }, 'the header "offset" must be "first", "next"'],
    ['an event', { destination: '/user/queue/a', offset: 'first' }, 'only a subscription to a topic'],
    ['a work queue', { destination: '/queue/a', durable: NAME, ack: 'client' }, 'only a subscription to a topic'],
  ])('is an error with %s', async (_title, headers, message) => {
    const client = await openStage().connect();
    const [error] = await client.send('SUBSCRIBE', { ...TOPIC, ...headers });
    expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'STOMP_BAD_REQUEST' } });
    expect(error?.headers.message).toContain(message);
  });

  it.each([
    ['there is no log', {}, {}, {}, 'NOT_KEPT'],
    ['clients may not subscribe', LOG, { subscribe: false }, {}, 'FORBIDDEN'],
    ['clients may not read what was before', LOG, { history: false }, { offset: 'first' }, 'FORBIDDEN'],
  ])('is refused if %s', async (_title, options, rules, headers, code) => {
    const client = await openStage({}, options, rules).connect();
    const [error] = await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client', ...headers });
    expect(error).toMatchObject({ command: 'ERROR', headers: { code } });
  });

  it.each(['0000000000a.AbCdEfGh', '0000000000a.-b_dE-gh'])(
    'accepts the offset %s, of any life of a log',
    async (offset) => {
      const client = await openStage().connect();
      const [first] = await client.send('SUBSCRIBE', { ...TOPIC, offset, receipt: 'r' });
      expect(first?.command).not.toBe('ERROR');
    },
  );

  it('needs no history to resume', async () => {
    const stage = openStage({}, LOG, { history: false });
    const one = await stage.connect();
    expect(await one.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client', offset: 'next' })).toEqual([]);
    one.transport.peer.close();
    await stage.clock.settle();
    stage.io.to('lobby').emit('n', 1);
    const two = await stage.connect();
    expect(await two.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' })).toMatchObject([{ body: '[1]' }]);
  });

  it('is refused above the limit, and known ones continue', async () => {
    const stage = openStage({ durablesMax: 1 });
    const client = await stage.connect();
    expect(await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' })).toEqual([]);
    const other = await stage.connect();
    const [error] = await other.send('SUBSCRIBE', { ...TOPIC, durable: `${NAME} else`, ack: 'client' });
    expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'TOO_MANY' } });
    const third = await stage.connect();
    expect(await third.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' })).toEqual([]);
  });

  it.each([
    ['at the end', {}],
    ['with the first message', { offset: 'first' }],
  ])('is replaced if it begins %s and is never acknowledged, although it was resumed', async (_title, offset) => {
    const stage = openStage({ durablesMax: 1 });
    stage.io.to('lobby').emit('n', 1);
    const client = await stage.connect();
    for (const headers of [offset, {}]) {
      await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client', ...headers });
      await client.send('UNSUBSCRIBE', { id: TOPIC.id });
    }
    await stage.clock.advance(61_000);
    expect(await client.send('SUBSCRIBE', { ...TOPIC, durable: `${NAME} else`, ack: 'client' })).toEqual([]);
  });

  it.each(['ACK', 'NACK'])('is not replaced after an %s, although it was resumed without another', async (command) => {
    const stage = openStage({ durablesMax: 1 });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' });
    stage.io.to('lobby').emit('n', 1);
    await stage.clock.settle();
    await client.send(command, { id: client.got()[0]?.headers.ack ?? '' });
    await client.send('UNSUBSCRIBE', { id: TOPIC.id });
    await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' });
    await client.send('UNSUBSCRIBE', { id: TOPIC.id });
    await stage.clock.advance(61_000);
    const [error] = await client.send('SUBSCRIBE', { ...TOPIC, durable: `${NAME} else`, ack: 'client' });
    expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'TOO_MANY' } });
  });

  it('belongs to the owner that the application names', async () => {
    const stage = openStage({
      durableScope: ({ handshake }: { handshake: { auth: object } }) => (handshake.auth as { login: string }).login,
    });
    const headers = { ...TOPIC, durable: 'mine', ack: 'client', offset: 'first' };
    stage.io.to('lobby').emit('n', 1);
    const ann = await stage.connect({ login: 'ann' });
    const [message] = await ann.send('SUBSCRIBE', headers);
    await ann.send('ACK', { id: message?.headers.ack ?? '' });
    ann.transport.peer.close();
    const bob = await stage.connect({ login: 'bob' });
    expect(await bob.send('SUBSCRIBE', headers)).toMatchObject([{ body: '[1]' }]);
    const again = await stage.connect({ login: 'ann' });
    expect(await again.send('SUBSCRIBE', headers)).toEqual([]);
  });

  it('has a secret name if the application names no owner', async () => {
    const stage = openStage({ durableScope: () => undefined });
    const subscribe = async (durable: string) =>
      (await stage.connect()).send('SUBSCRIBE', { ...TOPIC, durable, ack: 'client' });
    const [error] = await subscribe('mine');
    expect(error?.headers.message).toContain('must have 20 to 200 characters');
    expect(await subscribe(NAME)).toEqual([]);
  });

  it('is refused if the application fails to name the owner, and the error is thrown later', async () => {
    const stage = openStage({
      durableScope: () => {
        throw new Error('no user');
      },
    });
    const thrown: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    const client = await stage.connect();
    const [error] = await client.send('SUBSCRIBE', { ...TOPIC, durable: NAME, ack: 'client' });
    await stage.clock.settle();
    for (const other of others) process.on('uncaughtException', other);
    expect([error?.headers.code, thrown]).toEqual(['STOMP_REFUSED', [new Error('no user')]]);
  });
});
