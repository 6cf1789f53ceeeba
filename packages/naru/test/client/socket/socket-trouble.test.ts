import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { ConfigError } from '../../../src/base/errors.js';
import { offlineBuffer } from '../../../src/client/queue/index.js';
import { connected, start } from './started.js';

describe('connecting', () => {
  test('delivers and sends the other waiting events when a listener throws, and reports its error', async () => {
    const { socket, link, events } = start({ retries: 1 });
    const got: unknown[] = [];
    const failing = (value: unknown): void => {
      got.push(value);
      throw new RangeError(`of a listener: ${value}`);
    };
    socket.on('early', failing);
    socket.onAnyOutgoing((_name, value) => value === 'queued' && failing(value));
    socket.volatile.emit('dropped');
    socket.sendBuffer.push({ type: 2, nsp: '/', data: ['a', 1], options: {} });
    socket.emit('b', 'queued');
    link.last.accept();
    link.last.receive('42["early",1]', '42["early",2]');
    const uncaught = catchUncaught();
    link.last.receive('40{"sid":"abc"}');
    await vi.waitFor(() => expect(uncaught).toHaveLength(3));
    expect([got, events]).toEqual([[1, 2, 'queued'], ['connect']]);
    expect(uncaught).toEqual([1, 2, 'queued'].map((value) => `of a listener: ${value}`));
    expect(link.last.sent).toEqual(['40', '42["a",1]', '420["b","queued"]']);
  });

  test('calls the other listeners of an event when one throws, and reports its error', async () => {
    const { socket, link } = start();
    const got: unknown[] = [];
    const uncaught = catchUncaught();
    socket.on('news', () => {
      throw new RangeError('of a listener');
    });
    socket.on('news', (value: unknown) => got.push(value));
    link.last.accept();
    link.last.receive('40{"sid":"abc"}', '42["news",1]', '42["news",2]');
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener', 'of a listener']));
    expect(got).toEqual([1, 2]);
  });

  test('sends the other waiting events when the acknowledgement of an invalid one throws', async () => {
    const { socket, link, events } = start();
    const order: Record<string, unknown> = {};
    socket.timeout(1_000).emit('a', order, () => {
      throw new RangeError('of an acknowledgement');
    });
    socket.emit('b');
    order.self = order;
    link.last.accept();
    const uncaught = catchUncaught();
    link.last.receive('40{"sid":"x"}');
    await vi.waitFor(() => expect(uncaught).toEqual(['of an acknowledgement']));
    expect([link.last.sent, events]).toEqual([['40', '42["b"]'], ['connect']]);
  });

  test('ends when a listener of a waiting event disconnects, and the unsent events wait on', async () => {
    const { socket, link, events, received } = start();
    socket.on('early', () => socket.disconnect());
    const asked = socket.emitWithAck('a');
    link.last.accept();
    link.last.receive('42["early",1]', '42["early",2]', '40{"sid":"abc"}');
    expect([received, events]).toEqual([[['early', 1]], [['disconnect', 'io client disconnect']]]);
    socket.emit('b').connect();
    link.last.accept();
    link.last.receive('40{"sid":"x"}', '430["answer"]');
    expect(await asked).toBe('answer');
    expect([link.last.sent, events.at(-1)]).toEqual([['40', '420["a"]', '42["b"]'], 'connect']);
  });

  test('ends when a listener of sent events disconnects, and the unsent events wait on in order', async () => {
    const { socket, link, events } = start();
    socket.onAnyOutgoing((name) => name === 'a' && socket.disconnect());
    socket.once('disconnect', () => socket.emit('d'));
    socket.emit('a');
    const asked = socket.emitWithAck('b');
    socket.emit('c');
    link.last.accept();
    link.last.receive('40{"sid":"abc"}');
    expect(events).toEqual([['disconnect', 'io client disconnect']]);
    socket.connect();
    link.last.accept();
    link.last.receive('40{"sid":"x"}', '430["answer"]');
    expect(await asked).toBe('answer');
    expect(link.last.sent).toEqual(['40', '420["b"]', '42["c"]', '42["d"]']);
  });
});

describe('leaving', () => {
  test('ends the session although the connection is down', async () => {
    const { socket, link, clock, events } = connected({ auth: { user: 'a' } }, 'secret');
    link.last.receive('42["n",1,"00000000009"]');
    link.last.onClose();
    socket.disconnect();
    socket.auth = { user: 'b' };
    socket.connect();
    await clock.advance(0);
    link.last.accept();
    link.last.receive('40{"sid":"id","pid":"another"}');
    expect([link.last.sent, socket.recovered, events.at(-1)]).toEqual([['40{"user":"b"}'], false, 'connect']);
  });

  test('by the word of the server keeps the position, so that the next session tells of a gap', async () => {
    const { socket, link } = connected({}, 'secret');
    link.last.receive('42["n",1,"00000000009"]', '41');
    socket.connect();
    link.last.accept();
    expect(link.last.sent).toEqual(['40{"pid":"secret","offset":"00000000009"}']);
  });

  test('ignores the packets that come afterwards', async () => {
    const { manager, socket, link, events, received } = connected();
    manager.socket('/other');
    socket.disconnect();
    const ack = vi.fn();
    socket.emit('later', ack);
    link.last.receive('42["late"]', '430[1]', '41', '44{"message":"no"}');
    expect([events.slice(1), received, ack.mock.calls]).toEqual([[['disconnect', 'io client disconnect']], [], []]);
    socket.connect();
    link.last.receive('40{"sid":"x"}');
    expect([socket.connected, received]).toEqual([true, []]);
  });

  test('before the server accepts the socket is answered with DISCONNECT when it does', async () => {
    const { manager, socket, link, events } = start();
    manager.socket('/other');
    link.last.accept();
    socket.disconnect();
    link.last.receive('40{"sid":"x"}');
    await Promise.resolve();
    expect(link.last.sent.at(-1)).toBe('41');
    expect([socket.connected, socket.id, events]).toEqual([false, undefined, []]);
  });
});

describe('a volatile event that is dropped', () => {
  test('leaves no acknowledgement behind, and calls no plain callback', () => {
    const { socket } = start();
    const ack = vi.fn();
    for (let count = 0; count < 3; count += 1) socket.volatile.emit('a', ack);
    expect([socket.acks, socket.sendBuffer, ack.mock.calls]).toEqual([{}, [], []]);
  });

  test('rejects the promise of its acknowledgement, at its time limit if it has one', async () => {
    const { socket, clock } = start();
    const dropped = { code: 'DISCONNECTED', message: 'event dropped' };
    await expect(socket.volatile.emitWithAck('a')).rejects.toMatchObject(dropped);
    const timed = expect(socket.volatile.timeout(5).emitWithAck('a')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await clock.advance(5);
    await timed;
    expect(socket.acks).toEqual({});
  });

  test('by a busy connection leaves no acknowledgement behind either', async () => {
    const { socket, link } = connected();
    link.last.writable = false;
    socket.volatile.emit('a', vi.fn());
    await expect(socket.volatile.emitWithAck('a')).rejects.toMatchObject({ code: 'DISCONNECTED' });
    expect([socket.acks, link.last.sent]).toEqual([{}, []]);
  });
});

describe('reconnecting', () => {
  const failing = (): never => {
    throw new RangeError('of a listener');
  };

  test('continues for all namespaces when `auth` throws in one of them', async () => {
    let count = 0;
    const auth = (answer: (data: object) => void): void => {
      count += 1;
      if (count === 2) failing();
      answer({});
    };
    const { manager, socket, link, clock } = start({ auth });
    const other = manager.socket('/other');
    link.last.accept();
    link.last.receive('40{"sid":"a"}', '40/other,{"sid":"b"}');
    link.last.onClose();
    const uncaught = catchUncaught();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40/other,{"sid":"c"}');
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
    expect([socket.connected, other.connected]).toEqual([false, true]);
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40{"sid":"d"}');
    expect([socket.connected, link.transports.length]).toEqual([true, 3]);
  });

  test('continues when a listener of `connect_error` throws', async () => {
    const { socket, link, clock } = start({ randomizationFactor: 0 });
    socket.on('connect_error', failing);
    const uncaught = catchUncaught();
    link.last.onError('no');
    await clock.advance(1_000);
    link.last.onError('no');
    await clock.advance(2_000);
    link.last.accept();
    link.last.receive('40{"sid":"a"}');
    expect([socket.connected, link.transports.length]).toEqual([true, 3]);
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener', 'of a listener']));
  });

  test('continues when a listener of `disconnect` throws, and ends the pending acknowledgements', async () => {
    const { manager, socket, link, clock } = connected();
    const other = manager.socket('/other');
    link.last.receive('40/other,{"sid":"o"}');
    socket.on('disconnect', failing);
    const asked = expect(socket.emitWithAck('a')).rejects.toMatchObject({ code: 'DISCONNECTED' });
    const uncaught = catchUncaught();
    link.last.onClose();
    await asked;
    expect([other.connected, manager.isReconnecting]).toEqual([false, true]);
    await clock.advance(5_000);
    expect(link.transports).toHaveLength(2);
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
  });
});

describe('a listener of all events that throws', () => {
  test('keeps no event from the listeners of its name', async () => {
    const { socket, link } = connected();
    const got: unknown[] = [];
    const uncaught = catchUncaught();
    socket.onAny(() => {
      throw new RangeError('of a listener');
    });
    socket.on('news', (value: unknown) => got.push(value));
    link.last.receive('42["news",1]');
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
    expect(got).toEqual([1]);
  });

  test('keeps no event from being sent, alone or in a queue', async () => {
    const { socket, link, clock } = connected({ retries: 3 });
    const uncaught = catchUncaught();
    const names: unknown[] = [];
    socket.onAnyOutgoing((name) => {
      if (names.push(name) === 1) throw new RangeError('of a listener');
    });
    socket.emit('a').emit('b');
    link.last.receive('430[]');
    await clock.advance(0);
    expect([names, link.last.sent]).toEqual([
      ['a', 'b'],
      ['420["a"]', '421["b"]'],
    ]);
    await vi.waitFor(() => expect(uncaught).toEqual(['of a listener']));
  });
});

describe('a queue of events', () => {
  test('takes an answer for an answer on a platform without random bits and without a time limit', async () => {
    vi.stubGlobal('crypto', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { socket, link, clock } = connected({ retries: 1 });
    const ack = vi.fn();
    socket.emit('a', ack).emit('b');
    link.last.receive('430["ok"]');
    expect(ack).toHaveBeenCalledExactlyOnceWith(null, 'ok');
    await clock.advance(0);
    expect(link.last.sent).toEqual(['420["a"]', '421["b"]']);
  });

  test('sends the others when one can no longer be encoded, and tells its acknowledgement', async () => {
    const { socket, link } = start({ queue: offlineBuffer() });
    const order: Record<string, unknown> = {};
    const uncaught = catchUncaught();
    const asked = expect(socket.emitWithAck('a', order)).rejects.toMatchObject({ code: 'NOT_ENCODABLE' });
    socket.emit('b', order).emit('c');
    order.self = order;
    link.last.accept();
    link.last.receive('40{"sid":"x"}');
    await asked;
    await vi.waitFor(() => expect(uncaught).toEqual([expect.stringContaining('"b" cannot be sent')]));
    expect(link.last.sent).toEqual(['40', '42["c"]']);
  });
});

describe('an event that cannot be sent', () => {
  test.each([0, 1])('on the wire is refused while it would wait, with %d retries', async (retries) => {
    const { socket, link, clock } = start({ retries });
    const check = ([unit]: readonly unknown[]): void => {
      if ((unit as string).length > 100) throw new ConfigError('NOT_ENCODABLE', 'too large');
    };
    Object.assign(link.last, { check });
    const asked = socket.emitWithAck('a', 'x'.repeat(100));
    await expect(asked).rejects.toMatchObject({ code: 'NOT_ENCODABLE' });
    expect(() => socket.emit('a', 'x'.repeat(100))).toThrow('too large');
    socket.emit('b');
    link.last.accept();
    link.last.receive('40{"sid":"x"}');
    await clock.advance(0);
    expect([link.last.sent[0], link.last.sent.slice(1).join()]).toEqual([
      '40',
      expect.stringMatching(/^42\d*\["b"\]$/),
    ]);
    link.last.onClose();
    expect(() => socket.emit('a', 'x'.repeat(100))).toThrow('too large');
    expect([socket.acks, socket.sendBuffer]).toEqual([{}, []]);
  });

  test('leaves no time limit behind', () => {
    const { socket, clock } = connected();
    const { pendingCount } = clock;
    expect(() => socket.timeout(1_000).emit('a', 1n, vi.fn())).toThrow('BigInt');
    expect([clock.pendingCount, socket.acks]).toEqual([pendingCount, {}]);
  });
});

describe('an answer to a request for a room', () => {
  test.each([
    ['may have no argument', '[]', 'resolved'],
    ['may be null', '[null]', 'resolved'],
    ['may be a refusal without words', '[{"error":{"code":"NO","message":{"toString":0}}}]', 'REFUSED'],
  ])('%s', async (_name, answer, outcome) => {
    const { socket, link } = connected();
    const asked = socket.subscribe('lobby').then(
      () => 'resolved',
      (error) => error.code,
    );
    link.last.receive(`430${answer}`);
    expect(await asked).toBe(outcome);
  });
});

describe('an answer to the server', () => {
  /** Collects the functions that answer the events `ask`. */
  function answersOf(socket: ReturnType<typeof start>['socket']): ((value: unknown) => void)[] {
    const answers: ((value: unknown) => void)[] = [];
    socket.on('ask', (answer) => answers.push(answer));
    return answers;
  }

  test('is not sent after the namespace was left', async () => {
    const { manager, socket, link, clock } = connected();
    manager.socket('/other');
    const answers = answersOf(socket);
    link.last.receive('427["ask"]');
    socket.disconnect();
    answers[0]?.('late');
    await clock.advance(0);
    expect(link.last.sent).toEqual(['40/other,', '41']);
  });

  test('is not sent in another session', async () => {
    const { socket, link, clock } = connected();
    const answers = answersOf(socket);
    link.last.receive('427["ask"]');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    answers[0]?.('late');
    link.last.receive('40{"sid":"another"}');
    answers[0]?.('late');
    await clock.advance(0);
    expect(link.last.sent).toEqual(['40']);
  });

  test('is sent once in the recovered session, also if the event came before the answer to CONNECT', async () => {
    const { socket, link, clock } = connected({}, 'secret');
    const answers = answersOf(socket);
    link.last.receive('427["ask"]');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('428["ask"]', '40{"sid":"id","pid":"secret"}');
    for (const answer of [...answers, ...answers]) answer('yes');
    await clock.advance(0);
    expect(link.last.sent).toEqual(['40{"pid":"secret"}', '437["yes"]', '438["yes"]']);
  });
});
