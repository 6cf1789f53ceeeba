import { describe, expect, test, vi } from 'vitest';
import { connected, start } from './started.js';

describe('connecting', () => {
  test('enters the namespace when the connection is open', () => {
    const { socket, link, events } = start({ auth: { token: 1 } }, '/n');
    expect([socket.active, socket.connected, socket.id]).toEqual([true, false, undefined]);
    link.last.accept();
    expect(link.last.sent).toEqual(['40/n,{"token":1}']);
    link.last.receive('40/n,{"sid":"abc"}');
    expect([socket.connected, socket.id, socket.recovered, events]).toEqual([true, 'abc', false, ['connect']]);
    socket.connect();
    expect(link.last.sent).toHaveLength(1);
  });

  test('delivers and sends waiting events before it reports connect', async () => {
    const { socket, link, events, received } = start();
    socket.emit('a', 1).emit('b');
    link.last.accept();
    link.last.receive('42["early",1]');
    expect([received, socket.receiveBuffer]).toEqual([[], [['early', 1]]]);
    socket.on('connect', () => events.push([...received], socket.sendBuffer.length));
    link.last.receive('40{"sid":"abc"}');
    expect(events).toEqual(['connect', [['early', 1]], 0]);
    await Promise.resolve();
    expect(link.last.sent).toEqual(['40', '42["a",1]', '42["b"]']);
  });

  test('is refused with a message and data, and does not retry', async () => {
    const { socket, link } = start();
    const refused = vi.fn();
    socket.on('connect_error', refused);
    link.last.accept();
    link.last.receive('44{"message":"no","data":{"a":1}}');
    expect(refused).toHaveBeenCalledWith(expect.objectContaining({ message: 'no', data: { a: 1 } }));
    await Promise.resolve();
    expect([socket.active, link.last.readyState]).toEqual([false, 'closed']);
    socket.connect();
    expect(socket.active).toBe(true);
  });

  test('comes back by itself when a refusal says when, or up to a quarter later', async () => {
    const { socket, link, clock, events, manager } = start();
    const refused = vi.fn();
    socket.on('connect_error', refused);
    link.last.accept();
    link.last.receive('44{"message":"later","data":{"retryAfter":2000}}');
    expect(refused).toHaveBeenCalledWith(expect.objectContaining({ data: { retryAfter: 2_000 } }));
    await Promise.resolve();
    expect([socket.active, manager.readyState]).toEqual([true, 'closed']);
    await clock.advance(2_249);
    expect(link.transports).toHaveLength(1);
    await clock.advance(1);
    link.last.accept();
    link.last.receive('40{"sid":"id"}');
    expect([socket.connected, events.at(-1), link.transports.length]).toEqual([true, 'connect', 2]);
  });

  test.each([
    ['a listener that disconnects', {}, true],
    ['an option that forbids it', { reconnection: false }, false],
  ])('does not come back after %s', async (_name, options, disconnects) => {
    const { socket, link, clock } = start(options);
    if (disconnects) socket.on('connect_error', () => socket.disconnect());
    link.last.accept();
    link.last.receive('44{"message":"later","data":{"retryAfter":2000}}');
    await clock.advance(60_000);
    expect([link.last.sent, link.transports.length]).toEqual([['40'], 1]);
  });

  test('without reconnection leaves the connection to others when a refusal says when to come back', async () => {
    const { manager, socket, link } = start({ reconnection: false });
    const other = manager.socket('/other');
    link.last.accept();
    link.last.receive('40/other,{"sid":"o"}', '44{"message":"later","data":{"retryAfter":2000}}');
    await Promise.resolve();
    expect([socket.active, other.connected, link.last.readyState]).toEqual([false, true, 'open']);
  });

  test('leaves no event behind when a refusal of another namespace says when to come back', async () => {
    const { manager, socket, link, clock, events } = start();
    manager.socket('/other');
    link.last.accept();
    await clock.advance(0);
    link.last.receive('40{"sid":"id"}');
    link.last.drains = false;
    socket.emit('a');
    link.last.receive('44/other,{"message":"later","data":{"retryAfter":2000}}');
    socket.emit('b');
    expect([socket.connected, events.at(-1), socket.sendBuffer.length]).toEqual([
      false,
      ['disconnect', 'transport close'],
      1,
    ]);
    const [first] = link.transports;
    expect([first?.readyState, first?.sent.at(-1)]).toEqual(['open', '42["a"]']);
    first?.drain();
    expect(first?.readyState).toBe('closed');
    await clock.advance(2_500);
    link.last.accept();
    link.last.receive('40{"sid":"id"}');
    await clock.advance(0);
    expect([link.transports.length, link.last.sent.at(-1)]).toEqual([2, '42["b"]']);
  });

  test('may be refused by a plain text', () => {
    const { link, events } = start();
    link.last.accept();
    link.last.receive('44"no"');
    expect(events).toEqual([['connect_error', 'no']]);
  });

  test('to an older server is an error that says so', () => {
    const { socket, events } = start();
    socket.onpacket({ type: 0, nsp: '/' });
    expect(events).toEqual([['connect_error', 'the server speaks Socket.IO 2']]);
  });

  test('uses the answer of the auth function only if it is still needed', () => {
    const answers: ((data: object) => void)[] = [];
    const { socket, link } = start({ auth: (answer) => answers.push(answer) });
    link.last.accept();
    socket.disconnect();
    answers[0]?.({});
    expect(link.last.sent).toEqual([]);
    socket.connect();
    link.last.accept();
    answers[1]?.({ a: 1 });
    link.last.receive('40{"sid":"x"}');
    answers[1]?.({ a: 2 });
    expect(link.last.sent).toEqual(['40{"a":1}']);
  });

  test('does not use the answer that the auth function gave for an earlier user', () => {
    const answers: ((data: object) => void)[] = [];
    const { socket, link } = start({ auth: (answer) => answers.push(answer) });
    link.last.accept();
    socket.disconnect();
    socket.connect();
    link.last.accept();
    answers[0]?.({ user: 'ann' });
    expect(link.last.sent).toEqual([]);
    answers[1]?.({ user: 'ben' });
    expect(link.last.sent).toEqual(['40{"user":"ben"}']);
  });
});

describe('disconnecting', () => {
  test('leaves the namespace, and the last one closes the connection', async () => {
    const { socket, link, events } = connected();
    expect(socket.disconnect()).toBe(socket);
    await Promise.resolve();
    expect([link.last.sent, events.at(-1)]).toEqual([['41'], ['disconnect', 'io client disconnect']]);
    expect([socket.connected, socket.id, socket.active]).toEqual([false, undefined, false]);
    socket.close();
    expect(events).toHaveLength(2);
  });

  test.each([
    '',
    ',null',
    ',5',
    ',{}',
    ',{"retryAfterMs":"soon"}',
    ',{"retryAfterMs":-1}',
    ',{"retryAfterMs":{}}',
    ',{"retryAfterMs":{"valueOf":0,"toString":0}}',
    ',{"retryAfterMs":-1e400}',
  ])('that is announced without a time (%j) leads to the usual reconnect', async (rest) => {
    const { link, clock, received, events } = connected({ reconnectionDelay: 100, randomizationFactor: 0 });
    link.last.receive(`42["naru:restart"${rest}]`);
    expect(received).toHaveLength(1);
    link.last.onClose();
    expect(events.at(-1)).toEqual(['disconnect', 'transport close']);
    await clock.advance(99);
    expect(link.transports).toHaveLength(1);
    await clock.advance(1);
    expect(link.transports).toHaveLength(2);
  });

  test('that is announced for longer than a minute leads to a reconnect after a minute, and up to a quarter', async () => {
    const { link, clock } = connected({ reconnectionDelay: 100, randomizationFactor: 0 });
    link.last.receive('42["naru:restart",{"retryAfterMs":1e300}]');
    link.last.onClose();
    await clock.advance(67_499);
    expect(link.transports).toHaveLength(1);
    await clock.advance(1);
    expect(link.transports).toHaveLength(2);
  });

  test('by the server ends it', () => {
    const { socket, link, events } = connected();
    link.last.receive('41');
    expect([events.at(-1), socket.active]).toEqual([['disconnect', 'io server disconnect'], false]);
  });

  test('by the connection has a reason and details, and leads to a reconnect', async () => {
    const { socket, link, clock } = connected();
    const disconnect = vi.fn();
    socket.on('disconnect', disconnect);
    link.last.onClose({ description: 'gone', context: { code: 1009 } });
    expect(disconnect).toHaveBeenCalledWith('transport close', { description: 'gone', context: { code: 1009 } });
    expect([socket.active, socket.disconnected]).toEqual([true, true]);
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40{"sid":"second"}');
    expect(socket.id).toBe('second');
  });
});

describe('recovery', () => {
  test('asks with the last offset, and reports whether it worked', async () => {
    const { socket, link, clock, received } = connected({}, 'secret');
    link.last.receive('42["n",1,"00000000009"]', '42["n",2,"0000000000a"]');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    expect(link.last.sent).toEqual(['40{"pid":"secret","offset":"0000000000a"}']);
    link.last.receive('40{"sid":"id","pid":"secret"}', '42["n",3,"0000000000b"]');
    expect([socket.recovered, received]).toEqual([
      true,
      [
        ['n', 1],
        ['n', 2],
        ['n', 3],
      ],
    ]);
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40{"sid":"new","pid":"other"}');
    expect(socket.recovered).toBe(false);
  });

  test('delivers missed events once, with the next CONNECT, if the answer to the first never arrived', async () => {
    const { link, clock, received, socket } = connected({}, 'secret');
    const missed = ['42["n",2,"0000000000a"]', '42["n",3,"0000000000b"]'];
    link.last.receive('42["n",1,"00000000009"]');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive(...missed);
    link.last.onClose();
    await clock.advance(10_000);
    link.last.accept();
    expect(link.last.sent).toEqual(['40{"pid":"secret","offset":"00000000009"}']);
    link.last.receive(...missed, '40{"sid":"id","pid":"secret"}');
    expect([socket.recovered, received]).toEqual([
      true,
      [
        ['n', 1],
        ['n', 2],
        ['n', 3],
      ],
    ]);
  });

  test('sends auth beside the position', async () => {
    const { link, clock } = connected({ auth: { a: 1 } }, 'secret');
    link.last.onClose();
    await clock.advance(5_000);
    link.last.accept();
    expect(link.last.sent).toEqual(['40{"pid":"secret","a":1}']);
  });

  test('hides only the offset of our servers, if there is one', () => {
    const { link, received } = connected({}, 'secret');
    link.last.receive('42["n","mine","0000000000a"]', '42["n","P1kxYzw"]', '42["00000000009"]', '42["n",1]');
    link.last.receive('427["n","0000000000b"]');
    expect(received.slice(0, 4)).toEqual([['n', 'mine'], ['n', 'P1kxYzw'], ['00000000009'], ['n', 1]]);
    expect(received[4]).toEqual(['n', '0000000000b', expect.any(Function)]);
    const plain = connected();
    plain.link.last.receive('42["n","0000000000a"]');
    expect(plain.received).toEqual([['n', '0000000000a']]);
  });
});

describe('emitting', () => {
  test('waits in the buffer when the heartbeat is overdue, so that nothing is lost', async () => {
    const { socket, link, clock, events } = connected();
    clock.sleep(100_000);
    socket.emit('a');
    expect([link.last.sent, socket.sendBuffer.length]).toEqual([[], 1]);
    await clock.advance(0);
    expect(events.at(-1)).toEqual(['disconnect', 'ping timeout']);
    await clock.advance(5_000);
    link.last.accept();
    link.last.receive('40{"sid":"x"}');
    await Promise.resolve();
    expect(link.last.sent).toEqual(['40', '42["a"]']);
  });

  test('applies flags to one event', () => {
    const { socket, manager } = connected();
    const options: unknown[] = [];
    manager.engine.on('packetCreate', (packet) => options.push(packet.options));
    socket.compress(false).emit('a');
    socket.emit('a');
    expect(options).toEqual([{ compress: false }, { compress: true }]);
  });

  test('throws for data that cannot be encoded, and does not stop the waiting events', async () => {
    const { socket, link } = connected();
    expect(() => socket.emit('a', 1n)).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
    await expect(socket.emitWithAck('a', 1n)).rejects.toThrow();
    socket.emit('b');
    expect(link.last.sent).toEqual(['42["b"]']);
  });

  test('refuses data that cannot be encoded without a connection, too', async () => {
    const { socket } = start();
    expect(() => socket.emit('a', 1n)).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
    await expect(socket.emitWithAck('a', 1n)).rejects.toMatchObject({ code: 'NOT_ENCODABLE' });
    expect([socket.sendBuffer, socket.acks]).toEqual([[], {}]);
  });

  test('refuses data that cannot be encoded before it enters a queue', async () => {
    const { socket, link } = connected({ retries: 3 });
    const ack = vi.fn();
    expect(() => socket.emit('a', 1n, ack)).toThrow('the event "a" cannot be sent: args[0] is a BigInt');
    socket.emit('b');
    await Promise.resolve();
    expect([ack.mock.calls, link.last.sent.length]).toEqual([[], 1]);
  });

  test('bounds the events that are not acknowledged yet by bufferCountMax with retries', async () => {
    const { socket } = connected({ retries: 3, bufferCountMax: 2 });
    for (const name of ['a', 'b']) socket.emit(name);
    expect(() => socket.emit('c')).toThrow('2 events are already waiting (bufferCountMax)');
  });

  test('skips an event that can no longer be encoded, and delays neither later ones nor `connect`', async () => {
    const { socket, link, events } = start();
    const order: Record<string, unknown> = {};
    const asked = socket.emitWithAck('a', order);
    socket.emit('b');
    order.self = order;
    link.last.accept();
    link.last.receive('40{"sid":"x"}');
    await expect(asked).rejects.toMatchObject({
      code: 'NOT_ENCODABLE',
      message: 'the event "a" cannot be sent: args[0].self is args[0] again, so the data contains itself',
    });
    expect(link.last.sent).toEqual(['40', '42["b"]']);
    expect(events).toEqual(['connect']);
  });

  test('can still send an acknowledgement after one that could not be encoded', async () => {
    const { socket, link } = connected();
    socket.on('ask', (answer) => {
      expect(() => answer(1n)).toThrow('answer[0] is a BigInt');
      answer(1);
    });
    link.last.receive('421["ask"]');
    await Promise.resolve();
    expect(link.last.sent).toEqual(['431[1]']);
  });

  test('times out a dropped volatile event with a time limit', async () => {
    const { socket, clock } = start();
    const ack = vi.fn();
    socket.volatile.timeout(5).emit('a', ack);
    await clock.advance(5);
    expect(ack).toHaveBeenCalledWith(expect.objectContaining({ code: 'TIMEOUT' }));
    expect(socket.acks).toEqual({});
  });
});

describe('a server that misbehaves', () => {
  test('may send unrequested answers, which are ignored', () => {
    const { link, events } = connected();
    link.last.receive('435[1]', '43[1]');
    expect(events).toEqual(['connect']);
  });

  test('may answer twice, and the second answer is ignored', () => {
    const { socket, link } = connected();
    const ack = vi.fn();
    socket.emit('a', ack);
    link.last.receive('430[1]', '430[2]');
    expect(ack.mock.calls).toEqual([[1]]);
  });

  test('is disconnected when it sends more events than may wait before connect is confirmed', () => {
    const { socket, link, events } = start({ bufferCountMax: 2 });
    link.last.accept();
    link.last.receive('42["a"]', '42["a"]', '42["a"]');
    expect([events, socket.receiveBuffer]).toEqual([[['disconnect', 'parse error']], []]);
  });

  test('may name an event __proto__ or constructor, and it is an event', () => {
    const { socket, link } = connected();
    const got: unknown[] = [];
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) socket.on(name, () => got.push(name));
    link.last.receive('42["__proto__",1]', '42["constructor"]', '42["hasOwnProperty"]', '42["toString"]');
    expect(got).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
  });
});
