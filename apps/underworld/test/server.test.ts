import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'naru';
import { io, type Socket } from 'naru/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Welcome } from '../shared/protocol.js';
import { Data } from './data.js';
import { pngOf } from './pictures.js';
import { ticket } from './riders.js';

type Page = Socket<FromServer, FromPage>;

let http: HttpServer;
let data: Data;
let world: World;
let now: number;
let pages: Page[];

beforeEach(async () => {
  now = 1_000_000;
  pages = [];
  http = createServer();
  data = new Data();
  const server = new Server<FromPage, FromServer>(http, { ...options, backplane: data.open() });
  world = new World(server, { graceMs: LIMITS.graceMs, reportsToMute: 2, reporterAgeMs: 0 }, () => now);
  acceptConnections(world);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  for (const page of pages) page.disconnect();
  await world.io.close();
  await data.remove();
});

async function arrive(number: number): Promise<{ page: Page; welcome: Welcome }> {
  const { port } = http.address() as AddressInfo;
  const auth = number > 0 ? { ticket: ticket(number), turn: 0 } : {};
  const page: Page = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
  });
  pages.push(page);
  const welcome = await new Promise<Welcome>((done) => page.once('welcome', done));
  return { page, welcome };
}

/** Emits any event with any arguments, as a client that ignores the types might. */
function ask(page: Page, event: string, ...args: unknown[]): Promise<Answer> {
  const untyped = page as unknown as { emitWithAck(event: string, ...args: unknown[]): Promise<Answer> };
  return untyped.emitWithAck(event, ...args);
}

const heard = <E extends keyof FromServer>(page: Page, event: E): Promise<Parameters<FromServer[E]>> =>
  new Promise((done) => {
    const untyped = page as unknown as { once(event: string, listener: (...args: never[]) => void): void };
    untyped.once(event, (...args) => done(args as unknown as Parameters<FromServer[E]>));
  });

const say = (page: Page, place: string, text: string, key = text.replace(/\W/g, '').slice(0, 30)) =>
  ask(page, 'say', { place, key, text });
const enter = (page: Page, id: string) => ask(page, 'station:enter', { id });

describe('a connection', () => {
  it('returns to its session with its ticket, and gets a new session without one', async () => {
    const first = await arrive(1);
    first.page.disconnect();
    const again = await arrive(1);
    expect(again.welcome.you).toEqual(first.welcome.you);
    const nobody = await arrive(0);
    expect(nobody.welcome.you.id).not.toBe(first.welcome.you.id);
  });

  it('takes the session over from an older connection, which is told and closed', async () => {
    const { page } = await arrive(1);
    const moved = heard(page, 'moved');
    const closed = new Promise((done) => page.once('disconnect', done));
    await arrive(1);
    await moved;
    expect(await closed).toBe('io server disconnect');
    expect(world.riders.count).toBe(1);
  });

  it('leaves nothing after the grace time', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    for (const { page } of [a, b]) await enter(page, 'central');
    await ask(a.page, 'line:wait', {});
    await ask(b.page, 'line:wait', {});
    expect(world.line.rides).toBe(1);
    const gone = [a, b].map(({ page }) => page.disconnect());
    expect(gone).toHaveLength(2);
    await expect.poll(() => world.riders.lost(now + LIMITS.graceMs, LIMITS.graceMs).length).toBe(2);
    now += LIMITS.graceMs;
    world.sweep();
    expect([
      world.riders.count,
      world.line.rides,
      world.line.waiting,
      world.stations.get('central')?.riders.size,
    ]).toEqual([0, 0, 0, 0]);
  });

  it('counts on the line for as long as it lasts, and its session is kept longer', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    expect(b.welcome.riders).toBe(2);
    const counts: number[] = [];
    a.page.on('stations', (_stations, riders) => void counts.push(riders));
    for (const left of [2, 1]) {
      now += 5_000;
      world.sweep();
      await expect.poll(() => counts.at(-1)).toBe(left);
      b.page.disconnect();
      await expect.poll(() => world.riders.connected).toBe(1);
    }
    expect(world.riders.count).toBe(2);
  });

  it('is closed when it floods, and the others stay connected', async () => {
    const [bad, good] = [await arrive(1), await arrive(2)];
    const closed = new Promise((done) => bad.page.once('disconnect', done));
    const untyped = bad.page as unknown as { emit(event: string, ...args: unknown[]): void };
    for (let index = 0; index < 1_200; index++) untyped.emit(`nonsense ${index % 7}`, { index });
    await closed;
    expect((await enter(good.page, 'central')).ok).toBe(true);
  });
});

describe('a station where somebody speaks', () => {
  it('is lit on the map of everybody, once for all that was said since the last sweep', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    for (const id of ['central', 'library']) await enter(a.page, id);
    const lights: (readonly string[])[] = [];
    b.page.on('spoke', (stations) => void lights.push(stations));
    for (const place of ['central', 'library', 'central']) expect((await say(a.page, place, place)).ok).toBe(true);
    for (let sweep = 0; sweep < 2; sweep++) {
      now += 5_000;
      world.sweep();
    }
    await expect.poll(() => lights).toEqual([['central', 'library']]);
  });
});

describe('an answer', () => {
  it('names the message that it answers, at a station, in its history and on a ride', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    const to = { from: a.welcome.you.id, key: 'question' };
    for (const { page } of [a, b]) await enter(page, 'central');
    const atStation = heard(a.page, 'message');
    await ask(b.page, 'say', { place: 'central', key: 'answer', text: 'yes', to });
    expect((await atStation)[1]).toMatchObject({ text: 'yes', to });
    const past = await ask(a.page, 'naru:history', 'place:central', { limit: 5 });
    expect(past).toMatchObject({ events: [{ args: ['central', { key: 'answer', to }] }] });
    const ride = heard(a.page, 'ride:start');
    for (const { page } of [a, b]) await ask(page, 'line:wait', {});
    const [{ id: place }] = await ride;
    const onRide = heard(a.page, 'message');
    await ask(b.page, 'say', { place, key: 'again', text: 'still yes', to });
    expect((await onRide)[1]).toMatchObject({ text: 'still yes', to });
  });
});

describe('a full line', () => {
  it('refuses a page with a sentence for people and a code for the page', async () => {
    for (let number = 1; number <= LIMITS.riders; number++) world.riders.board(ticket(number), 0, now);
    const { port } = http.address() as AddressInfo;
    const auth = { ticket: ticket(LIMITS.riders + 1), turn: 0 };
    const page: Page = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth,
    });
    pages.push(page);
    const error = await new Promise<Error>((done) => page.once('connect_error', done));
    expect(error).toMatchObject({ message: 'The line is full. Try again later.', data: { code: 'full' } });
  });
});

describe('a command', () => {
  const events = [
    'station:make',
    'station:enter',
    'station:leave',
    'say',
    'picture:offer',
    'picture:chunk',
    'picture:cancel',
    'picture:get',
    'ride:enter',
    'ride:end',
    'report',
    'rename',
  ];

  it.each(events)('%s refuses junk as bad, and nothing breaks', async (event) => {
    const { page } = await arrive(1);
    const junk = [
      null,
      7,
      'x',
      [],
      {},
      { id: {} },
      { place: '__proto__', key: '', text: [] },
      new Uint8Array(3),
      { deep: [[[[{}]]]] },
    ];
    for (const value of junk) {
      now += 10_000;
      expect([value, await ask(page, event, value)]).toEqual([value, { ok: false, why: 'bad' }]);
    }
    expect(await ask(page, event)).toEqual({ ok: false, why: 'bad' });
    expect((await enter(page, 'central')).ok).toBe(true);
  });

  it('works without an acknowledgement', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    for (const { page } of [a, b]) await enter(page, 'central');
    const message = heard(b.page, 'message');
    const untyped = a.page as unknown as { emit(event: string, ...args: unknown[]): void };
    untyped.emit('say', { place: 'central', key: 'k', text: 'no answer, please' });
    expect((await message)[1].text).toBe('no answer, please');
  });

  it('for a place is refused outside of it', async () => {
    const [a, b, c] = [await arrive(1), await arrive(2), await arrive(3)];
    await ask(a.page, 'line:wait', {});
    const started = heard(b.page, 'ride:start');
    await ask(b.page, 'line:wait', {});
    const [{ id }] = await started;
    expect(await say(c.page, id, 'let me in')).toEqual({ ok: false, why: 'gone' });
    expect(await ask(c.page, 'ride:enter', { id })).toEqual({ ok: false, why: 'gone' });
    expect(await ask(c.page, 'ride:end', { id })).toEqual({ ok: false, why: 'gone' });
    expect(await ask(c.page, 'picture:get', { place: id, id: 'x', at: 0 })).toEqual({ ok: false, why: 'gone' });
    expect(await say(c.page, 'central', 'not in yet')).toEqual({ ok: false, why: 'gone' });
  });

  it('says a message once, however often it is sent', async () => {
    const { page } = await arrive(1);
    await enter(page, 'central');
    const first = await say(page, 'central', 'once', 'same-key');
    expect(await say(page, 'central', 'once', 'same-key')).toEqual(first);
    expect(world.stations.get('central')?.log.messages).toHaveLength(1);
    expect((await world.io.history('place:central')).events).toHaveLength(1);
  });

  it('reopens a station once for everyone who asks, and a rejected name costs nothing', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    for (let index = 0; index < 10; index++) {
      expect(await ask(a.page, 'station:make', { name: 'Admin', hue: 1 })).toEqual({ ok: false, why: 'name' });
    }
    const wish = { name: 'Night Owls', hue: 1 };
    const first = await ask(a.page, 'station:make', wish);
    expect(first.ok).toBe(true);
    expect(await ask(b.page, 'station:make', wish)).toEqual({ ok: false, why: 'name' });
    expect(await ask(b.page, 'station:make', { ...wish, name: 'night owls', reopen: true })).toEqual(first);
  });

  it('slows down a person who repeats the same words, however slowly', async () => {
    const { page } = await arrive(1);
    await enter(page, 'central');
    for (const key of ['a', 'b', 'c']) {
      now += 10_000;
      expect((await say(page, 'central', 'buy this', key)).ok).toBe(true);
    }
    now += 10_000;
    expect(await say(page, 'central', 'buy this', 'd')).toEqual({ ok: false, why: 'slow', waitMs: LIMITS.slowFirstMs });
  });

  it('accepts a report only about a person whom the reporter has met', async () => {
    const [a, b, c] = [await arrive(1), await arrive(2), await arrive(3)];
    for (const { page } of [a, b, c]) await enter(page, 'central');
    const report = (page: Page) => ask(page, 'report', { who: a.welcome.you.id, place: 'central', reason: 'spam' });
    expect(await report(b.page)).toEqual({ ok: false, why: 'gone' });
    await say(a.page, 'central', 'something');
    const muted = heard(a.page, 'muted');
    expect((await report(b.page)).ok).toBe(true);
    expect((await report(c.page)).ok).toBe(true);
    expect(await muted).toEqual([LIMITS.muteMs]);
    expect(await say(a.page, 'central', 'more')).toMatchObject({ ok: false, why: 'muted' });
    now += LIMITS.muteMs;
    expect((await say(a.page, 'central', 'more')).ok).toBe(true);
  });
});

describe('a picture', () => {
  const png = pngOf(150_008);
  const offer = { place: 'central', key: 'p', width: 10, height: 10, alt: '' };

  async function send(page: Page, bytes: Buffer, key: string): Promise<Answer> {
    const offered = await ask(page, 'picture:offer', { ...offer, key, size: bytes.length });
    if (!offered.ok) return offered;
    const { upload } = offered as unknown as { upload: string };
    let answer: Answer = offered;
    for (let at = 0; at < bytes.length && answer.ok; at += LIMITS.pictureChunkBytes) {
      answer = await ask(page, 'picture:chunk', {
        upload,
        at,
        bytes: bytes.subarray(at, at + LIMITS.pictureChunkBytes),
      });
    }
    return answer;
  }

  it('travels in chunks and arrives unchanged', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    for (const { page } of [a, b]) await enter(page, 'central');
    const message = heard(b.page, 'message');
    expect(await send(a.page, png, 'p')).toMatchObject({ ok: true, received: png.length, seq: now });
    const picture = (await message)[1].picture;
    expect(picture).toMatchObject({ type: 'image/png', size: png.length });
    const parts: Buffer[] = [];
    for (let at = 0; at < png.length; at += LIMITS.pictureChunkBytes) {
      const got = await ask(b.page, 'picture:get', { place: 'central', id: picture?.id, at });
      parts.push(Buffer.from((got as unknown as { bytes: Uint8Array }).bytes));
    }
    expect(Buffer.concat(parts).equals(png)).toBe(true);
  });

  it('is refused when it is not a picture, too large, or out of order', async () => {
    const { page } = await arrive(1);
    await enter(page, 'central');
    expect(await send(page, Buffer.from('<svg onload="alert(1)">                '), 'svg')).toEqual({
      ok: false,
      why: 'picture',
    });
    expect(await send(page, Buffer.alloc(LIMITS.pictureBytesMax + 1), 'big')).toEqual({ ok: false, why: 'large' });
    const offered = (await ask(page, 'picture:offer', { ...offer, key: 'x', size: 1_000 })) as unknown as {
      upload: string;
    };
    const chunk = { upload: offered.upload, at: 500, bytes: Buffer.alloc(10) };
    expect(await ask(page, 'picture:chunk', chunk)).toEqual({ ok: false, why: 'bad' });
    expect(await ask(page, 'picture:chunk', { ...chunk, at: 0 })).toEqual({ ok: false, why: 'gone' });
  });

  it('of a ride is forgotten with the ride', async () => {
    const [a, b] = [await arrive(1), await arrive(2)];
    await ask(a.page, 'line:wait', {});
    const started = heard(a.page, 'ride:start');
    await ask(b.page, 'line:wait', {});
    const [{ id }] = await started;
    const offered = (await ask(a.page, 'picture:offer', { ...offer, place: id, size: 60_000 })) as unknown as {
      upload: string;
    };
    await ask(a.page, 'picture:chunk', { upload: offered.upload, at: 0, bytes: png.subarray(0, 60_000) });
    expect(world.pictures.bytes).toBe(60_000);
    await ask(b.page, 'ride:end', { id });
    expect(world.pictures.bytes).toBe(0);
  });
});
