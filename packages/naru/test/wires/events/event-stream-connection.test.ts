import { describe, expect, it, vi } from 'vitest';
import { nextSocket, openRaw, openStage, openStream, said } from '../../../../../test/kit/clients/plain-events.js';
import type { Log } from '../../../src/backplane/backplane.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';

describe('an event stream', () => {
  it('begins at once, with headers that keep proxies from holding it back', async () => {
    const { url } = await openStage({ events: { retry: 250 } });
    const { response, text, close } = await openStream(`${url}/events/a`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    await expect.poll(text).toBe(': naru\nretry: 250\n\n');
    close();
  });

  it('carries the events of its rooms, to everybody and to itself, in order', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a,b`);
    const socket = await entered;
    io.to('a').emit('one', 1);
    io.to('c').emit('not', 0);
    socket.emit('two', { bytes: Uint8Array.of(2) });
    io.emit('three', '3\n4');
    io.to('b').emit('four');
    expect((await events.until(4)).map(said)).toEqual([
      ['one', [1]],
      ['two', [{ bytes: { $bytes: 'Ag==' } }]],
      ['three', ['3\n4']],
      ['four', []],
    ]);
  });

  it('consists of lines for clients that accept them', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { response, text } = await openStream(`${url}/events/a`, {
      accept: 'application/x-ndjson',
      'last-event-id': '7',
    });
    await entered;
    io.to('a').emit('say', 'hi');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    await expect
      .poll(text)
      .toBe('\n{"event":"naru:gap","args":[{"after":"7","before":null}]}\n{"event":"say","args":["hi"],"room":"a"}\n');
  });

  it('consists of messages for clients that ask for them', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a?form=message`);
    await entered;
    io.to('a').emit('error', 1);
    const [event] = await events.until(1);
    expect(event).toEqual({ event: 'message', data: '{"event":"error","args":[1],"room":"a"}', lastEventId: '' });
  });

  it('reports missed events as gone in its first event', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`, { 'last-event-id': '00000000007' });
    (await entered).emit('first');
    expect((await events.until(2)).map(said)).toEqual([
      ['naru:gap', [{ after: '00000000007', before: null }]],
      ['first', []],
    ]);
  });

  it('has ids if the namespace has a log', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`);
    const socket = await entered;
    io.to('a').emit('one', 1);
    socket.emit('two', 2);
    const received = await events.until(2);
    expect(received.map(said)).toEqual([
      ['one', [1]],
      ['two', [2]],
    ]);
    const [first = '', second = ''] = received.map(({ lastEventId }) => lastEventId);
    expect(first).toMatch(/^\w{11}\.[\w-]{8}$/);
    expect(second > first).toBe(true);
  });

  it('continues after its last event, each event once and in order', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    const entered = nextSocket(io);
    const first = await openStream(`${url}/events/a,b`);
    const former = await entered;
    io.to('a').emit('seen', 0);
    const [{ lastEventId } = { lastEventId: '' }] = await first.events.until(1);
    const gone = new Promise((resolve) => former.on('disconnect', resolve));
    first.close();
    await gone;
    io.to('a').emit('missed', 1);
    io.to('c').emit('of another room');
    io.emit('missed', Uint8Array.of(2));
    for (let index = 3; index <= 1000; index += 1) io.to(['a', 'b']).emit('missed', index);
    // A slow decision: events sent meanwhile arrive in their place, and once.
    io.sockets.allow({ subscribe: async () => true });
    io.on('connection', () => io.emit('missed', 1001));
    const again = await openStream(`${url}/events/a,b?lastEventId=${lastEventId}`);
    io.to('b').emit('now', 1002);
    const events = await again.events.until(1002);
    expect(events.map(said)).toEqual([
      ['missed', [1]],
      ['missed', [{ $bytes: 'Ag==' }]],
      ...Array.from({ length: 998 }, (_, index) => ['missed', [index + 3]]),
      ['missed', [1001]],
      ['now', [1002]],
    ]);
    const ids = events.map((event) => event.lastEventId);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it("continues in a process that learns late of the log's newest events", async () => {
    const memory = memoryBackplane(systemClock, { ageMs: 600_000, bytes: 1_000_000 });
    const { log } = memory;
    const later: Log = {
      isRemote: true,
      append: async (...args) => log.append(...args),
      read: async (...args) => log.read(...args),
      readBack: async (...args) => log.readBack(...args),
      knows: async (...args) => log.knows?.(...args) ?? true,
      extent: async (...args) => log.extent(...args),
      erase: async (...args) => log.erase(...args),
      retain: (...args) => log.retain(...args),
      follow: (...args) => {
        const { ready, end } = log.follow(...args);
        return { ready: Promise.resolve(ready), end };
      },
    };
    const store = Object.assign(memory.store, { isDurable: true });
    const options = { connectionStateRecovery: {}, backplane: { ...memory, store, log: later } };
    const one = await openStage(options);
    const first = await openStream(`${one.url}/events/a`);
    one.io.to('a').emit('seen', 0);
    const [{ lastEventId } = { lastEventId: '' }] = await first.events.until(1);
    const two = await openStage(options);
    one.io.to('a').emit('seen', 1);
    const [, { lastEventId: newest } = { lastEventId: '' }] = await first.events.until(2);
    for (const [mark, missed] of [
      [lastEventId, ['seen', 'missed']],
      [newest, ['missed']],
    ] as const) {
      const again = await openStream(`${two.url}/events/a`, { 'last-event-id': mark });
      two.io.to('a').emit('missed', 2);
      expect((await again.events.until(missed.length)).map(({ event }) => event)).toEqual(missed);
      again.close();
    }
  });

  it('reports the events that the log has lost or never had', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: { bytesMax: 1_000 } });
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`);
    await entered;
    for (let index = 0; index < 20; index += 1) io.to('a').emit('say', index, 'x'.repeat(100));
    const ids = (await events.until(20)).map(({ lastEventId }) => lastEventId);
    const [oldest = '', newest = ''] = [ids[0], ids.at(-1)];
    const [first] = await (await openStream(`${url}/events/a`, { 'last-event-id': oldest })).events.until(1);
    expect(first && said(first)).toMatchObject(['naru:gap', [{ after: oldest.slice(0, 11) }]]);
    for (const mark of [
      `zzzzzzzzzzz${newest.slice(11)}`,
      `${newest.slice(0, 11)}.otherlog`,
      newest.slice(0, 11),
      'x',
    ]) {
      const { events: told } = await openStream(`${url}/events/a`, { 'last-event-id': mark });
      expect((await told.until(1)).map(said)).toEqual([['naru:gap', [{ after: mark, before: null }]]]);
    }
    const current = await openStream(`${url}/events/a`, { 'last-event-id': newest });
    await expect.poll(() => io.sockets.sockets.size).toBe(7);
    io.to('a').emit('next');
    expect((await current.events.until(1)).map(said)).toEqual([['next', []]]);
  });

  it('gets a sign of life at each interval of the heartbeat, and does not end without an answer', async () => {
    const { io, url } = await openStage({ pingInterval: 30, pingTimeout: 30 });
    const { text } = await openStream(`${url}/events/a`);
    const lines = await openStream(`${url}/events/a`, { accept: 'application/x-ndjson' });
    await expect.poll(text).toMatch(/(:\n\n){4}$/);
    await expect.poll(lines.text).toMatch(/^\n{5,}$/);
    expect(io.sockets.sockets.size).toBe(2);
  });

  it('learns that the server disconnected it, and ends', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`);
    (await entered).disconnect();
    expect((await events.ended()).map(said)).toEqual([['naru:disconnect', ['server namespace disconnect']]]);
    expect(io.engine.clientsCount).toBe(0);
  });

  it('may be disconnected by the listener that greets it', async () => {
    const { io, url } = await openStage();
    io.on('connection', (socket) => {
      socket.emit('bye');
      socket.disconnect(true);
    });
    const { response, events } = await openStream(`${url}/events/a`);
    expect(response.status).toBe(200);
    expect((await events.ended()).map(({ event }) => event)).toEqual(['bye', 'naru:disconnect']);
  });

  it('ends with the server', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`);
    const socket = await entered;
    const reason = new Promise((resolve) => socket.on('disconnect', resolve));
    const closed = io.close();
    await events.ended();
    expect(await reason).toBe('server shutting down');
    await closed;
  });

  it('notices a client that leaves', async () => {
    const { io, url, port } = await openStage();
    const entered = nextSocket(io);
    const { close } = await openStream(`${url}/events/a`);
    const first = await entered;
    const gone = new Promise((resolve) => first.on('disconnect', resolve));
    close();
    expect(await gone).toBe('transport close');
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const next = nextSocket(io);
      const raw = await openRaw(port, 'GET /events/a HTTP/1.0\r\n\r\n');
      const socket = await next;
      await raw.until('\r\n\r\n');
      const left = new Promise((resolve) => socket.on('disconnect', resolve));
      raw.socket[end]();
      expect(await left).toMatch(/^transport (close|error)$/);
    }
    expect(io.engine.clientsCount).toBe(0);
  });

  it('ends when nobody reads it and too much waits, and the others continue', async () => {
    const { io, url, port } = await openStage({ bufferedBytesMax: 100_000 });
    const entered = nextSocket(io);
    const raw = await openRaw(port, 'GET /events/a HTTP/1.1\r\nHost: a\r\n\r\n');
    raw.socket.pause();
    const socket = await entered;
    const { events } = await openStream(`${url}/events/a`);
    const gone = new Promise((resolve) => socket.on('disconnect', (...about) => resolve(about)));
    const big = 'x'.repeat(50_000);
    let count = 0;
    const flood = setInterval(() => {
      for (let index = 0; index < 10; index += 1) io.to('a').emit('big', big);
      count += 10;
    }, 1);
    const [reason, description] = (await gone) as [string, Error];
    clearInterval(flood);
    expect(reason).toBe('transport error');
    expect(description.message).toMatch(/more than 100000 bytes wait/);
    expect((await events.until(count)).length).toBe(count);
    expect(io.sockets.sockets.size).toBe(1);
  });
});

describe('an event stream with history', () => {
  it('begins with earlier events of its rooms, and continues without a gap', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    let decide: ((verdict: boolean) => void) | undefined;
    io.allow({
      history: true,
      subscribe: (_socket, room) =>
        room === 'late'
          ? new Promise<boolean>((resolve) => {
              decide = resolve;
            })
          : true,
    });
    for (let n = 1; n <= 4; n += 1) io.to(n % 2 ? 'a' : 'late').emit('n', n);
    io.to('other').emit('n', 0);
    const opening = openStream(`${url}/events/a,late?history=4`);
    await expect.poll(() => decide).toBeDefined();
    // The client joins its rooms together, so this event is in the page.
    io.to('a').emit('n', 5);
    decide?.(true);
    const { events } = await opening;
    io.to('late').emit('n', 6);
    expect((await events.until(5)).map(({ data }) => data)).toEqual(['[2]', '[3]', '[4]', '[5]', '[6]']);
    const newest = (await events.until(5)).at(-1)?.lastEventId ?? '';
    io.to('a').emit('n', 7);
    await events.until(6);
    // A returning client continues where it was, whatever the address says.
    const again = await openStream(`${url}/events/a?history=3`, { 'last-event-id': newest });
    expect((await again.events.until(1)).map(({ data }) => data)).toEqual(['[7]']);
  });

  it('learns what it lacks when too many readings wait, and receives later events', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    io.allow({ history: true });
    for (let n = 1; n <= 3; n += 1) io.to('a').emit('n', n);
    const { past, log } = coreOf(io.sockets as unknown as Namespace);
    const full = vi.spyOn(past, 'isFullFor').mockReturnValue(true);
    const { events } = await openStream(`${url}/events/a?history=3`);
    full.mockRestore();
    const before = log?.offset;
    io.to('a').emit('n', 4);
    const [gap, next] = await events.until(2);
    expect([gap?.event, JSON.parse(gap?.data ?? '')]).toEqual(['naru:gap', [{ after: ZERO_OFFSET, before }]]);
    expect(next?.data).toBe('[4]');
  });

  it('is refused if clients may not read, nothing is stored, or the number is invalid', async () => {
    const { url } = await openStage({ connectionStateRecovery: {} });
    const status = async (target: string) => {
      const response = await fetch(target);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await status(`${url}/events/a?history=3`)).toEqual([403, 'FORBIDDEN']);
    expect(await status(`${url}/events/a?history=all`)).toEqual([400, 'BAD_QUERY']);
    const bare = await openStage();
    bare.io.allow({ history: true });
    expect(await status(`${bare.url}/events/a?history=3`)).toEqual([501, 'NOT_KEPT']);
  });
});
