import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../shared/limits.js';
import { ask, ClientsStage, eventsOf } from './all-clients.js';

let stage: ClientsStage;

beforeEach(async () => {
  stage = new ClientsStage();
  await stage.open();
});
afterEach(() => stage.close());

/** Sends five messages to the library from a page. */
async function talk(): Promise<string> {
  const ann = await stage.page(1);
  await ask(ann.page, 'station:enter', { id: 'library' });
  for (const text of ['one', 'two', 'three', 'four', 'five'])
    expect((await ask(ann.page, 'say', { place: 'library', key: text, text })).ok).toBe(true);
  return nameOf(ann.welcome.you, 'en');
}

describe('history', () => {
  it('is read by a terminal with /history, page by page, and only of stations', async () => {
    const name = await talk();
    const nc = stage.terminal('/join library');
    await expect.poll(() => nc.text).toContain('entered "library"');
    nc.write('/history library 2');
    await expect.poll(() => nc.text).toContain(`#library said "library" "${name}" "five"`);
    const past = () => nc.lines.filter((line) => line.startsWith('~'));
    expect(past().map((line) => /"(\w+)"$/.exec(line)?.[1])).toEqual(['four', 'five']);
    const [, older = ''] = /older: (\/history library 2 \w+)/.exec(nc.text) ?? [];
    nc.write(older);
    await expect.poll(() => past().length).toBe(4);
    expect(past().map((line) => /"(\w+)"$/.exec(line)?.[1])).toEqual(['four', 'five', 'two', 'three']);
    nc.write('/history place:library 5');
    await expect.poll(() => nc.text).toContain('! There is no station "place:library".');
  });

  it('comes with a stream that asks for it, in the language of the station name in the address', async () => {
    await talk();
    for (const room of ['library', 'Library', '도서관']) {
      const curl = stage.stream(`${encodeURIComponent(room)}?history=3`);
      await expect.poll(() => curl.of('said').map(([, , , text]) => text)).toEqual(['three', 'four', 'five']);
      expect(curl.of('said').map(([, label]) => label)).toEqual([room, room, room]);
    }
  });

  it('comes with a STOMP subscription that has the header', async () => {
    await talk();
    const { client, got } = await stage.broker();
    client.subscribe('/topic/library', (message) => void got.push(message), { history: '2' });
    const said = () => eventsOf(got).filter(([event]) => event === 'said');
    await expect.poll(() => said().map(([, , , text]) => text)).toEqual(['four', 'five']);
  });

  it('of a station that riders opened is not shown at a later station of the same name', async () => {
    const ann = await stage.page(1);
    const make = () => ask(ann.page, 'station:make', { name: 'Night owls', hue: 1 }) as Promise<unknown>;
    const { station } = (await make()) as { station: { id: string } };
    await ask(ann.page, 'station:enter', { id: station.id });
    const listener = stage.stream('Night%20owls', { accept: 'text/event-stream' });
    await expect.poll(() => listener.text).toContain('event: entered');
    expect((await ask(ann.page, 'say', { place: station.id, key: 'k', text: 'between us' })).ok).toBe(true);
    await expect.poll(() => listener.text).toContain('"between us"');
    const byId = stage.stream(`${station.id}?history=9`);
    await expect.poll(() => byId.of('said').map(([, , , text]) => text)).toEqual(['between us']);
    listener.leave();
    byId.leave();
    await ask(ann.page, 'station:leave', { id: station.id });
    await expect.poll(() => stage.world.stations.get(station.id)?.members.size).toBe(0);
    stage.world.sweep();
    stage.now += LIMITS.stationEmptyMs;
    stage.world.sweep();
    expect(stage.world.stations.get(station.id)).toBeUndefined();
    await make();
    const curious = stage.stream('Night%20owls?history=50', {
      accept: 'text/event-stream',
      'last-event-id': '00000000000',
    });
    await expect.poll(() => curious.text).toContain('event: entered');
    expect(curious.text).not.toContain('between us');
  });

  it('continues by Last-Event-ID for a stream that was cut off', async () => {
    await talk();
    const first = stage.stream('library?history=2', { accept: 'text/event-stream' });
    await expect.poll(() => first.text).toContain('"five"');
    const last = [...first.text.matchAll(/^id: ?(.+)$/gm)].at(-1)?.[1] ?? '';
    first.leave();
    expect((await stage.say('library', 'meanwhile'))[0]).toBe(202);
    const again = stage.stream('library', { accept: 'text/event-stream', 'last-event-id': last });
    await expect.poll(() => again.text).toContain('"meanwhile"');
    expect(again.text).not.toContain('"five"],');
    expect(again.text.match(/event: said/g)).toHaveLength(1);
  });
});
