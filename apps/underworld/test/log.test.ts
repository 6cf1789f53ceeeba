import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../shared/limits.js';
import type { Message, Ride } from '../shared/protocol.js';
import { ask, type Guest, history, type Page, useNodes } from './chat-node.js';
import type { Data } from './data.js';
import { pngOf } from './pictures.js';
import { ticket } from './riders.js';

const chat = useNodes();
const { start, stop } = chat;

const enter = ({ page }: Guest, id = 'central') =>
  ask<{ ok: boolean; here: number; members: { id: string }[] }>(page, 'station:enter', { id });
const say = ({ page }: Guest, text: string, key = `key-${text}`, place = 'central') =>
  ask(page, 'say', { place, key, text });
const textsOf = (messages: readonly unknown[]) => messages.map((message) => (message as Message).text);

async function ride(one: Guest, other: Guest): Promise<Ride> {
  const began = new Promise<Ride>((done) => other.page.once('ride:start', done));
  await ask(one.page, 'line:wait', {});
  await ask(other.page, 'line:wait', {});
  return began;
}

/** Returns the whole log, of all namespaces, as text. */
function logOf(folder: Data): string {
  const { log } = folder.open();
  return log
    .namespaces()
    .flatMap((name) => log.read(name, '00000000000', 100_000).records.map(({ rooms, event }) => `${rooms} ${event}`))
    .join('\n');
}

describe('a message at a station', () => {
  it('can be read in the next process, page by page, by people in the station', async () => {
    const first = await start();
    const ann = await first.page(1);
    await enter(ann);
    for (const text of ['one', 'two', 'three', 'four', 'five']) expect((await say(ann, text)).ok).toBe(true);
    await stop(first);
    const bo = await (await start()).page(2);
    expect(await history(bo.page, 'place:central')).toMatchObject({ error: { code: 'FORBIDDEN' } });
    await enter(bo);
    const newest = await history(bo.page, 'place:central', { limit: 2 });
    expect([textsOf(newest.events?.map(({ args }) => args[1]) ?? []), newest.hasMore]).toEqual([
      ['four', 'five'],
      true,
    ]);
    const rest = await history(bo.page, 'place:central', { limit: 9, before: newest.next });
    expect([textsOf(rest.events?.map(({ args }) => args[1]) ?? []), rest.hasMore]).toEqual([
      ['one', 'two', 'three'],
      false,
    ]);
    await ask(bo.page, 'station:leave', { id: 'central' });
    expect(await history(bo.page, 'place:central')).toMatchObject({ error: { code: 'FORBIDDEN' } });
  });

  it('is said once per key, even when it is sent again to another process', async () => {
    const key = randomBytes(16).toString('hex');
    const sent = { place: 'central', key: 'message', text: 'once and for all' };
    const first = await start();
    const ann = await first.page(1);
    await enter(ann);
    const answer = await ask(ann.page, 'naru:once', key, 'say', sent);
    expect(answer).toMatchObject({ ok: true });
    expect(await ask(ann.page, 'naru:once', key, 'say', sent)).toEqual(answer);
    await stop(first);
    const again = await (await start()).page(1);
    await enter(again);
    expect(await ask(again.page, 'naru:once', key, 'say', sent)).toEqual(answer);
    // The key in the message has the same effect without `naru:once`.
    expect(await say(again, sent.text, sent.key)).toEqual(answer);
    expect((await history(again.page, 'place:central')).events).toHaveLength(1);
  });

  it('contains nothing that identifies a person', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    for (const guest of [ann, bo]) await enter(guest);
    await say(ann, 'hello');
    await ask(bo.page, 'rename', { turn: 3 });
    bo.page.disconnect();
    await stop(node);
    const text = logOf(chat.data);
    expect(text).toContain('"hello"');
    for (const secret of [ticket(1), ticket(2), '127.0.0.1', ann.page.id ?? 'sid', 'welcome', 'arrived', 'departed'])
      expect(text).not.toContain(secret);
  });
});

describe('a ride', () => {
  it('is not in the log or any history, and nobody else hears it', async () => {
    const node = await start();
    const [ann, bo, eve] = [await node.page(1), await node.page(2), await node.page(3)];
    const { id } = await ride(ann, bo);
    expect((await say(ann, 'a secret for two', 'k1', id)).ok).toBe(true);
    await expect.poll(() => textsOf(bo.messages)).toEqual(['a secret for two']);
    for (const room of [`place:${id}`, id, bo.page.id, ann.page.id])
      for (const { page } of [ann, bo, eve]) expect((await history(page, String(room))).events?.length ?? 0).toBe(0);
    expect(await ask(eve.page, 'ride:enter', { id })).toEqual({ ok: false, why: 'gone' });
    for (const room of [`place:${id}`, id]) await expect(eve.page.subscribe(room)).rejects.toThrow();
    // A new connection gets the messages from memory.
    bo.page.disconnect();
    const again = await node.page(2);
    expect(textsOf((await ask<{ messages: Message[] }>(again.page, 'ride:enter', { id })).messages)).toEqual([
      'a secret for two',
    ]);
    expect(eve.messages).toEqual([]);
    await stop(node);
    expect(logOf(chat.data)).not.toMatch(/secret|ride/);
  });

  it('writes no picture to disk', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const { id } = await ride(ann, bo);
    const bytes = Buffer.concat([PNG, Buffer.alloc(1_000, 1)]);
    expect(await send(ann.page, bytes, { place: id, key: 'p' })).toMatchObject({ ok: true, received: bytes.length });
    await expect.poll(() => bo.messages.length).toBe(1);
    expect(await node.world.files.read(bo.messages[0]?.picture?.id ?? '', id)).toBeUndefined();
  });
});

describe('two processes with one log', () => {
  it('share messages, people, and stations that riders opened', async () => {
    const [one, other] = [await start(), await start()];
    const [ann, bo] = [await one.page(1), await other.page(2)];
    await enter(ann);
    await enter(bo);
    await expect.poll(() => one.world.stations.get('central')?.members.size, LATER).toBe(2);
    await expect.poll(() => other.world.stations.get('central')?.members.size, LATER).toBe(2);
    expect((await say(ann, 'over-there')).ok).toBe(true);
    await expect.poll(() => textsOf(bo.messages), LATER).toEqual(['over-there']);
    const made = await ask<{ station: { id: string } }>(ann.page, 'station:make', { name: 'Night owls', hue: 2 });
    await other.world.sync.readOn();
    expect((await enter(bo, made.station.id)).ok).toBe(true);
    bo.page.disconnect();
    await expect.poll(() => bo.page.connected).toBe(false);
    await expect.poll(() => one.world.stations.get('central')?.members.size, LATER).toBe(1);
  });

  it('count a person once, over all tabs and processes', async () => {
    const [one, other] = [await start(), await start()];
    // The first page is told that the session moved to the third.
    const [, ...tabs] = [await one.page(7), await other.page(7), await one.page(7)];
    for (const tab of tabs) await enter(tab);
    const bo = await other.page(8);
    await enter(bo);
    await expect.poll(() => other.world.stations.get('central')?.members.size, LATER).toBe(2);
    expect((await enter(bo)).here).toBe(2);
    await expect.poll(() => one.world.stations.get('central')?.members.size, LATER).toBe(2);
    for (const tab of tabs) tab.page.disconnect();
    await expect.poll(() => other.world.stations.get('central')?.members.size, LATER).toBe(1);
  });
});

describe('a station that riders opened', () => {
  it('is open after a restart, with its messages, and stays closed once it is closed', async () => {
    const first = await start();
    const ann = await first.page(1);
    const { station } = await ask<{ station: { id: string } }>(ann.page, 'station:make', {
      name: 'Rain lovers',
      hue: 4,
    });
    await enter(ann, station.id);
    await say(ann, 'drip', 'k', station.id);
    await stop(first);
    const second = await start();
    expect(second.world.stations.get(station.id)).toMatchObject({ name: 'Rain lovers', hue: 4 });
    const bo = await second.page(2);
    await enter(bo, station.id);
    expect((await history(bo.page, `place:${station.id}`)).events).toHaveLength(1);
    expect(second.world.stations.get(station.id)?.log.messages).toHaveLength(1);
    second.world.journal.closed(station.id);
    await stop(second);
    const third = await start();
    expect(third.world.stations.get(station.id)).toBeUndefined();
    const cy = await third.page(3);
    expect(await history(cy.page, `place:${station.id}`)).toMatchObject({ error: { code: 'FORBIDDEN' } });
  });
});

/** The state that another process has to see. */
const LATER = { timeout: 25_000 };
const PNG = pngOf(32);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Offered {
  readonly ok: boolean;
  readonly upload: string;
  readonly received: number;
}

function offer(page: Page, bytes: Buffer, fields: object): Promise<Offered> {
  return ask<Offered>(page, 'picture:offer', { size: bytes.length, width: 9, height: 9, alt: '', ...fields });
}

/** Sends chunks of a picture, from its current position up to a size. */
async function send(page: Page, bytes: Buffer, fields: object, upTo = bytes.length): Promise<unknown> {
  const { upload, received } = await offer(page, bytes, fields);
  let answer: unknown;
  for (let at = received; at < upTo; at += LIMITS.pictureChunkBytes) {
    const part = bytes.subarray(at, at + LIMITS.pictureChunkBytes);
    answer = await ask(page, 'picture:chunk', { upload, at, bytes: part });
  }
  return { upload, ...(answer as object) };
}

async function fetchPicture(page: Page, { id, size }: { id: string; size: number }): Promise<Buffer> {
  const got: Buffer[] = [];
  for (let at = 0; at < size; at += LIMITS.pictureChunkBytes) {
    const part = await ask<{ bytes: Uint8Array }>(page, 'picture:get', { place: 'central', id, at });
    got.push(Buffer.from(part.bytes));
  }
  return Buffer.concat(got);
}

describe('an interrupted upload', () => {
  const bytes = Buffer.concat([PNG, randomBytes(5 * LIMITS.pictureChunkBytes + 77)]);
  const fields = { place: 'central', key: 'pic' };

  it.each(['by the connection', 'by the process'])(
    '%s continues where it stopped, and arrives unchanged',
    async (how) => {
      const first = await start();
      const ann = await first.page(1);
      await enter(ann);
      const { upload } = (await send(ann.page, bytes, fields, 3 * LIMITS.pictureChunkBytes)) as Offered;
      ann.page.disconnect();
      if (how === 'by the process') await stop(first);
      const node = how === 'by the process' ? await start() : first;
      const [again, bo] = [await node.page(1), await node.page(2)];
      await enter(again);
      await enter(bo);
      expect(await offer(again.page, bytes, { ...fields, upload })).toMatchObject({
        ok: true,
        upload,
        received: 3 * LIMITS.pictureChunkBytes,
      });
      expect(await send(again.page, bytes, { ...fields, upload })).toMatchObject({ ok: true, received: bytes.length });
      await expect.poll(() => bo.messages.length).toBe(1);
      const picture = bo.messages[0]?.picture;
      if (!picture) throw new TypeError('the message has no picture');
      expect(hashOf(await fetchPicture(bo.page, picture))).toBe(hashOf(bytes));
      // A newcomer after the next restart reads it, too.
      await stop(node);
      const cy = await (await start()).page(3);
      await enter(cy);
      expect(hashOf(await fetchPicture(cy.page, picture))).toBe(hashOf(bytes));
      expect(await ask(cy.page, 'picture:get', { place: 'library', id: picture.id, at: 0 })).toMatchObject({
        ok: false,
      });
    },
  );

  it('continues only for its owner and the same picture', async () => {
    const first = await start();
    const ann = await first.page(1);
    await enter(ann);
    const { upload } = (await send(ann.page, bytes, fields, LIMITS.pictureChunkBytes)) as Offered;
    await stop(first);
    const node = await start();
    const [again, eve] = [await node.page(1), await node.page(2)];
    await enter(again);
    await enter(eve);
    expect(await offer(eve.page, bytes, { ...fields, upload })).toMatchObject({ received: 0 });
    expect(await offer(again.page, bytes, { ...fields, key: 'other', upload })).toMatchObject({ received: 0 });
    expect(await offer(again.page, bytes.subarray(1), { ...fields, upload })).toMatchObject({ received: 0 });
    expect(await offer(again.page, bytes, { ...fields, upload: '../../etc/passwd' })).toEqual({
      ok: false,
      why: 'bad',
    });
  });

  it('is removed when it is discarded', async () => {
    const node = await start();
    const ann = await node.page(1);
    await enter(ann);
    const { upload } = (await send(ann.page, bytes, fields, LIMITS.pictureChunkBytes)) as Offered;
    await ask(ann.page, 'picture:cancel', { upload });
    expect(await offer(ann.page, bytes, { ...fields, upload })).toMatchObject({ received: 0 });
  });

  it('has its file before anybody hears of it, and loses the file when it cannot be shown', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    await enter(ann);
    await enter(bo);
    const { files } = node.world;
    let [named, goOn]: [number, () => void] = [0, () => undefined];
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const finish = files.finish.bind(files);
    files.finish = async (...args) => {
      await finish(...args);
      named += 1;
      await gate;
    };
    const sending = send(ann.page, bytes, fields);
    await expect.poll(() => named).toBe(1);
    // A process that is killed now leaves a file that is removed at its age, but no message without a picture.
    expect(readdirSync(join(chat.data.folder, 'pictures'))).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)]);
    await say(bo, 'meanwhile');
    await expect.poll(() => textsOf(ann.messages)).toEqual(['meanwhile']);
    expect([bo.messages, node.world.stations.get('central')?.log.messages.length]).toEqual([[], 1]);
    goOn();
    expect(await sending).toMatchObject({ ok: true, received: bytes.length });
    await expect.poll(() => bo.messages.length).toBe(1);

    const left = send(ann.page, bytes, { ...fields, key: 'second' });
    files.finish = async (...args) => {
      await finish(...args);
      await ask(ann.page, 'station:leave', { id: 'central' });
    };
    expect(await left).toMatchObject({ ok: false });
    expect(readdirSync(join(chat.data.folder, 'pictures'))).toHaveLength(1);
    expect(bo.messages).toHaveLength(1);
  });
});
