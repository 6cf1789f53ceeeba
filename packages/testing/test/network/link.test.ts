import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { FakeClock } from '../../src/fake-clock.js';
import { Link, socketError } from '../../src/network/link.js';
import { type LinkOptions, linkTable } from '../../src/pipe.js';
import { SeededRandom } from '../../src/seeded-random.js';

const addresses = { client: { address: '10.0.0.2', port: 50_000 }, server: { address: '10.0.0.1', port: 80 } };

function open(options: LinkOptions = {}, seed = 1): { clock: FakeClock; link: Link; closed: Link[] } {
  const clock = new FakeClock();
  const closed: Link[] = [];
  const parts = { clock, random: new SeededRandom(seed), settings: readOptions(linkTable, options) };
  return { clock, closed, link: new Link(parts, addresses, (each) => closed.push(each)) };
}

function collect(
  link: Link,
  end: 'client' | 'server' = 'server',
): { chunks: Buffer[]; text(): string; events: string[] } {
  const chunks: Buffer[] = [];
  const events: string[] = [];
  const stream = link[end];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => events.push('end'));
  stream.on('close', () => events.push('close'));
  stream.on('error', (error: NodeJS.ErrnoException) => events.push(error.code ?? error.message));
  return { chunks, events, text: () => Buffer.concat(chunks).toString() };
}

describe('Link', () => {
  it('carries data from either end to the other', async () => {
    const { clock, link } = open();
    const [up, down] = [collect(link, 'server'), collect(link, 'client')];
    link.client.write('hello');
    link.server.write('welcome');
    await clock.settle();
    expect([up.text(), down.text()]).toEqual(['hello', 'welcome']);
    expect([link.client.bytesWritten, link.client.bytesRead, link.bytesCarried]).toEqual([5, 7, 12]);
  });

  it('cuts writes at random places that follow from the seed, and keeps their order', async () => {
    const shapes = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const { clock, link } = open({ splitsMax: 5, delayMs: [0, 50] }, seed);
      const { chunks, text } = collect(link);
      for (const word of ['one ', 'two ', 'three ', 'four']) link.client.write(word);
      await clock.advance(200);
      expect(text(), `seed ${seed}`).toBe('one two three four');
      shapes.add(chunks.map((chunk) => chunk.byteLength).join(','));
    }
    expect(shapes.size).toBeGreaterThan(50);
  });

  it('takes the same course for the same seed', async () => {
    const run = async (): Promise<string[]> => {
      const { clock, link } = open({ splitsMax: 4, delayMs: [0, 20] }, 42);
      const { chunks } = collect(link);
      for (let count = 0; count < 20; count += 1) link.client.write(`message ${count};`);
      await clock.advance(1_000);
      return chunks.map(String);
    };
    expect(await run()).toEqual(await run());
  });

  it('delays each piece on the clock', async () => {
    const { clock, link } = open({ splitsMax: 0, delayMs: [30, 30] });
    const { text } = collect(link);
    link.client.write('late');
    await clock.advance(29);
    expect(text()).toBe('');
    await clock.advance(1);
    expect(text()).toBe('late');
  });

  it('lets one connection overtake another', async () => {
    const clock = new FakeClock();
    const random = new SeededRandom(3);
    const arrived: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      const settings = readOptions(linkTable, { splitsMax: 0, delayMs: [0, 100] });
      const link = new Link({ clock, random: random.fork(), settings }, addresses);
      link.server.on('data', () => arrived.push(index));
      link.client.write('x');
    }
    await clock.advance(100);
    expect(arrived).not.toEqual([...arrived].sort((one, other) => one - other));
    expect(new Set(arrived).size).toBe(10);
  });

  it('makes a writer wait for a reader that pauses', async () => {
    const { clock, link } = open({ windowBytes: 1_000 });
    expect(link.client.write(Buffer.alloc(500_000))).toBe(false);
    for (let count = 0; count < 10; count += 1) link.client.write(Buffer.alloc(500));
    let drained = 0;
    link.client.on('drain', () => {
      drained += 1;
    });
    await clock.settle();
    expect(drained).toBe(0);
    expect(link.client.writableLength).toBeGreaterThan(0);
    let size = 0;
    link.server.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
    });
    await clock.settle();
    expect([drained, size]).toEqual([1, 505_000]);
    expect(link.client.writableLength).toBe(0);
  });

  it('carries a megabyte whole through a small window', async () => {
    const { clock, link } = open({ windowBytes: 4_096, splitsMax: 9, delayMs: [0, 3] }, 9);
    const sent = Buffer.from(new SeededRandom(9).bytes(1_000_000));
    const { chunks, events } = collect(link);
    link.client.end(sent);
    await clock.runAll(1_000_000);
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    expect(events).toEqual(['end']);
  });

  it('ends one way and stays open the other way until the server ends too', async () => {
    const { clock, link, closed } = open();
    const [up, down] = [collect(link, 'server'), collect(link, 'client')];
    link.client.end('last words');
    await clock.settle();
    expect([up.text(), up.events]).toEqual(['last words', ['end']]);
    link.server.end('answer');
    await clock.settle();
    expect([down.text(), down.events]).toEqual(['answer', ['end', 'close']]);
    expect(up.events).toEqual(['end', 'close']);
    expect([closed.length, link.isOpen]).toEqual([1, false]);
  });

  it('shows the end of a stream to the other side when one end is destroyed', async () => {
    const { clock, link } = open();
    const up = collect(link);
    link.client.write('before');
    link.client.destroy();
    await clock.settle();
    expect([up.text(), up.events]).toEqual(['before', ['end']]);
    link.server.write('too late');
    await clock.settle();
    expect(up.events).toEqual(['end', 'EPIPE', 'close']);
    expect(link.isOpen).toBe(false);
  });

  it('shows a reset to both ends when it is cut, and loses the data in flight', async () => {
    const { clock, link, closed } = open({ delayMs: [10, 10] });
    const [up, down] = [collect(link, 'server'), collect(link, 'client')];
    link.client.write('lost');
    await clock.advance(5);
    link.cut();
    await clock.advance(100);
    expect([up.text(), up.events, down.events]).toEqual(['', ['ECONNRESET', 'close'], ['ECONNRESET', 'close']]);
    expect([closed.length, clock.timerCount]).toEqual([1, 0]);
  });

  it('survives a cut after a client has stopped listening', async () => {
    const { clock, link } = open();
    link.server.on('error', () => undefined);
    const listener = (): void => undefined;
    link.client.on('error', listener);
    link.cut();
    link.client.off('error', listener);
    await clock.settle();
    expect(link.isOpen).toBe(false);
  });

  it("throws without an error listener at the server's end, as a real socket does", async () => {
    const { clock, link } = open();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown: unknown[] = [];
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      link.cut();
      await clock.settle();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    expect(thrown).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('holds back everything silently, and delivers it on release', async () => {
    const { clock, link } = open({ delayMs: [1, 5] });
    const up = collect(link);
    link.client.write('before ');
    await clock.advance(10);
    link.hold();
    link.client.write('meanwhile');
    link.client.end();
    await clock.advance(1_000_000);
    expect([up.text(), up.events]).toEqual(['before ', []]);
    link.release();
    await clock.advance(10);
    expect([up.text(), up.events]).toEqual(['before meanwhile', ['end']]);
  });

  it('can be silent one way only', async () => {
    const { clock, link } = open();
    const [up, down] = [collect(link, 'server'), collect(link, 'client')];
    link.hold('up');
    link.client.write('question');
    link.server.write('news');
    await clock.settle();
    expect([up.text(), down.text()]).toEqual(['', 'news']);
  });

  it('is cut by itself after the number of bytes in the options', async () => {
    const { clock, link } = open({ splitsMax: 0, cutAfterBytes: [10, 10] });
    const up = collect(link);
    for (let count = 0; count < 5; count += 1) link.client.write('1234');
    await clock.settle();
    expect(up.events).toContain('ECONNRESET');
    expect(link.isOpen).toBe(false);
  });

  it('has the idle timeout of a socket on the clock', async () => {
    const { clock, link } = open();
    const events: number[] = [];
    link.server.resume();
    link.server.setTimeout(1_000, () => events.push(clock.elapsed));
    await clock.advance(900);
    link.client.write('x');
    await clock.advance(900);
    expect(events).toEqual([]);
    await clock.advance(100);
    expect(events).toEqual([1_900]);
    link.server.on('error', () => undefined);
    link.cut();
    expect(clock.timerCount).toBe(0);
  });
});

describe('LinkEnd', () => {
  it('shows the addresses of both sides', () => {
    const { link } = open();
    const { client, server } = link;
    expect([client.localAddress, client.localPort, client.remoteAddress, client.remotePort]).toEqual([
      '10.0.0.2',
      50_000,
      '10.0.0.1',
      80,
    ]);
    expect([server.remoteAddress, server.remotePort]).toEqual(['10.0.0.2', 50_000]);
    expect(server.address()).toEqual({ address: '10.0.0.1', family: 'IPv4', port: 80 });
  });

  it('has the methods of a socket that do nothing here', () => {
    const { client } = open().link;
    expect(client.setNoDelay().setKeepAlive().ref().unref()).toBe(client);
  });

  it('writes everything before it destroys itself soon', async () => {
    const { clock, link } = open();
    let text = '';
    link.server.on('data', (chunk) => {
      text += chunk;
    });
    link.client.write('all of ');
    link.client.write('this');
    link.client.destroySoon();
    await clock.settle();
    expect([text, link.client.destroyed]).toEqual(['all of this', true]);
  });

  it('shows a reset to both sides', async () => {
    const { clock, link } = open();
    const codes: unknown[] = [];
    for (const end of [link.client, link.server])
      end.on('error', (error) => codes.push((error as { code?: string }).code));
    link.client.resetAndDestroy();
    await clock.settle();
    expect(codes).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('forgets a cancelled timeout', async () => {
    const { clock, link } = open();
    const fired: string[] = [];
    const listener = (): void => void fired.push('timeout');
    link.client.setTimeout(10, listener);
    link.client.setTimeout(0, listener);
    await clock.advance(100);
    expect([fired, clock.timerCount]).toEqual([[], 0]);
  });
});

describe('socketError', () => {
  it('looks like an error of the system', () => {
    expect(socketError('EPIPE')).toMatchObject({ code: 'EPIPE', syscall: 'write', errno: -32, message: 'write EPIPE' });
  });
});
