import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import type { FromServer, Message } from '../shared/protocol.js';
import { ask, type BrokerGuest, ClientsStage, eventsOf, nameIn, type PageGuest } from './all-clients.js';
import { pngOf } from './pictures.js';
import type { Stream, Terminal } from './plain.js';

let stage: ClientsStage;
let world: World;

beforeEach(async () => {
  stage = new ClientsStage();
  world = stage.world;
  await stage.open();
});
afterEach(() => stage.close());

const terminal = (first?: string): Terminal => stage.terminal(first);
const stream = (target: string, headers?: Record<string, string>): Stream => stage.stream(target, headers);
const say = (target: string, body: string, type?: string) => stage.say(target, body, type);
const page = (number: number): Promise<PageGuest> => stage.page(number);
const broker = (): Promise<BrokerGuest> => stage.broker();

describe('one station', () => {
  it('is shared by a page, a terminal, a stream and a STOMP client, each in its own format', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const nc = terminal('/join central');
    await expect.poll(() => nc.text).toContain('entered "central"');
    const curl = stream('central?token=river');
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
    const stomp = await broker();
    stomp.client.subscribe('/user/queue/entered', (message) => void stomp.got.push(message));
    stomp.client.subscribe('/topic/central', (message) => void stomp.got.push(message));
    await expect
      .poll(() => eventsOf(stomp.got))
      .toMatchObject([['entered', 'central', { length: 4 }, expect.any(String)]]);
    const [[, , , stompName]] = eventsOf(stomp.got) as [[string, string, string[], string]];
    stomp.got.length = 0;

    expect((await ask(ann.page, 'say', { place: 'central', key: 'k1', text: 'from the page' })).ok).toBe(true);
    nc.write('from a terminal');
    await expect.poll(() => ann.messages).toHaveLength(1);
    expect(await say('central?token=river', 'from a stream')).toEqual([202, '{"published":1}\n']);
    stomp.client.publish({ destination: '/topic/central', body: 'from a broker' });
    await expect.poll(() => ann.messages).toHaveLength(3);
    stomp.client.publish({ destination: '/app/say', headers: { 'content-type': 'text/plain' }, body: 'by listener' });
    await expect.poll(() => ann.messages).toHaveLength(4);

    const [[, curlName]] = curl.of('welcome') as [[string, string]];
    const expected = [
      ['said', 'central', ann.name, 'from the page'],
      ['said', 'central', nameIn(nc), 'from a terminal'],
      ['said', 'central', curlName, 'from a stream'],
      ['said', 'central', stompName, 'from a broker'],
      ['said', 'central', stompName, 'by listener'],
    ];
    await expect.poll(() => curl.of('said')).toEqual(expected);
    await expect.poll(() => eventsOf(stomp.got)).toEqual(expected);
    const lines = expected.map(([, , name, text]) => `#central said "central" "${name}" "${text}"`);
    await expect.poll(() => nc.lines.filter((line) => line.startsWith('#central said'))).toEqual(lines);
    expect(ann.messages.map(({ from, text }) => [from.client, nameOf(from, 'en'), text])).toEqual([
      ['terminal', nameIn(nc), 'from a terminal'],
      ['stream', curlName, 'from a stream'],
      ['broker', stompName, 'from a broker'],
      ['broker', stompName, 'by listener'],
    ]);
    expect(nc.text).not.toMatch(/"seq"|place:/);
  });

  it('tells pages who comes and goes, and with which kind of client', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const seen: unknown[] = [];
    ann.page.on('arrived', (_place, card, here) => void seen.push([card.client, here]));
    ann.page.on('departed', (_place, _id, here) => void seen.push(['gone', here]));
    const nc = terminal('/join central');
    await expect.poll(() => seen).toEqual([['terminal', 2]]);
    const curl = stream('central');
    await expect.poll(() => seen.at(-1)).toEqual(['stream', 3]);
    nc.write('/leave central');
    await expect.poll(() => seen.at(-1)).toEqual(['gone', 2]);
    curl.leave();
    await expect.poll(() => seen.at(-1)).toEqual(['gone', 1]);
    // A client without a token cannot come back, so nothing is kept of it.
    await expect.poll(() => world.riders.count).toBe(2);
  });

  it('is found by its id and its names in any case, and answers in Korean to its Korean name', async () => {
    const spelled = ['night-market', 'Night Market', 'night market', '야시장'];
    const streams = spelled.map((name) => stream(encodeURIComponent(name)));
    for (const [index, each] of streams.entries()) {
      await expect
        .poll(() => each.of('entered'))
        .toMatchObject([['entered', spelled[index], expect.any(Array), expect.any(String)]]);
    }
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'night-market' });
    await ask(ann.page, 'say', { place: 'night-market', key: 'k', text: 'soup' });
    for (const [index, each] of streams.entries()) {
      const name = nameOf(ann.welcome.you, index === 3 ? 'ko' : 'en');
      await expect.poll(() => each.of('said')).toEqual([['said', spelled[index], name, 'soup']]);
    }
  });

  it('that riders opened is entered by its name, which never leads to a room of pages or to another station', async () => {
    const ann = await page(1);
    const made = (await ask(ann.page, 'station:make', { name: 'Night owls', hue: 1 })) as unknown as {
      station: { id: string };
    };
    const trap = (await ask(ann.page, 'station:make', { name: 'place:central', hue: 1 })) as unknown as {
      station: { id: string };
    };
    expect((await ask(ann.page, 'station:make', { name: made.station.id, hue: 1 })).ok).toBe(false);
    const nc = terminal('/join "Night owls"');
    await expect.poll(() => nc.text).toContain('* joined "Night owls"');
    await expect.poll(() => world.stations.get(made.station.id)?.riders.size).toBe(1);
    nc.write('/join place:central');
    await expect.poll(() => nc.text).toContain('! There is no station "place:central".');
    nc.write(`/join ${trap.station.id}`);
    await expect.poll(() => world.stations.get(trap.station.id)?.riders.size).toBe(1);
  });

  it('shows a newcomer the latest messages, and a picture by its description', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'library' });
    await ask(ann.page, 'say', { place: 'library', key: 'k', text: 'before' });
    const curl = stream('library');
    await expect.poll(() => curl.of('earlier')).toEqual([['earlier', 'library', ann.name, 'before']]);
    const png = pngOf(108);
    const offer = { place: 'library', key: 'p', size: png.length, width: 9, height: 9, alt: 'a heron at dusk' };
    const { upload } = (await ask(ann.page, 'picture:offer', offer)) as unknown as { upload: string };
    expect((await ask(ann.page, 'picture:chunk', { upload, at: 0, bytes: png })).ok).toBe(true);
    await expect.poll(() => curl.of('picture')).toEqual([['picture', 'library', ann.name, 'a heron at dusk']]);
    expect(curl.of('typing')).toEqual([]);
  });
});

describe('a terminal', () => {
  it('gets its name and the stations, asks who is here, and takes another name', async () => {
    const nc = terminal();
    await expect.poll(() => nc.text).toContain('hint ');
    expect(nc.text).toContain('stations {"central":0,"night-market":0');
    nc.write('/join central');
    nc.write('/ask who');
    await expect.poll(() => nc.text).toContain(`= 1 "central" ["${nameIn(nc)}"]`);
    const curl = stream('central');
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
    const before = nameIn(nc);
    nc.write('/ask rename');
    await expect.poll(() => curl.of('renamed')).toMatchObject([['renamed', 'central', before, expect.any(String)]]);
    nc.write('/ask stations');
    await expect.poll(() => nc.text).toContain('= 3 {"central":2,');
  });

  it('speaks Korean when it asks for it', async () => {
    const nc = terminal('/auth {"lang":"ko"}');
    await expect.poll(() => nc.text).toContain('stations {"중앙":0,"야시장":0');
    expect(nameIn(nc)).toMatch(/^[가-힣 ]+ \d\d$/);
    nc.write('/join nowhere');
    await expect.poll(() => nc.text).toContain('! "nowhere" 역은 없어요.');
  });

  it('sends lines that a script writes all at once', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const nc = terminal('/join central\nall in one go\n/to central and once more\n/quit');
    await expect.poll(() => ann.messages.map(({ text }) => text)).toEqual(['all in one go', 'and once more']);
    await expect.poll(() => nc.isClosed).toBe(true);
  });

  it('sends the rest of a line after /to, and gets a reason for each refusal', async () => {
    const nc = terminal('nobody hears this');
    await expect.poll(() => nc.text).toContain('refused "gone"');
    nc.write('/join central');
    nc.write('/to central hello over there');
    await expect.poll(() => nc.text).toContain('"hello over there"');
    nc.write('/to library hello');
    await expect.poll(() => nc.text).toContain('! You are not in "library". Enter it first.');
    nc.write(`/emit say ${'x'.repeat(LIMITS.textMax + 1)}`);
    await expect.poll(() => nc.text).toContain('refused "bad"');
    nc.write('/join Central');
    await expect.poll(() => nc.text).toContain('! You are already in this station, as "central".');
  });

  it('rides with a stranger on a page, and both learn of the end', async () => {
    const ann = await page(1);
    const nc = terminal('/ask line');
    await expect.poll(() => nc.text).toContain('= 1 "waiting"');
    const began = new Promise<FromServer['ride:start'] extends (ride: infer R) => void ? R : never>((done) =>
      ann.page.once('ride:start', done),
    );
    await ask(ann.page, 'line:wait', {});
    const { id, partner } = await began;
    expect([partner.client, nameOf(partner, 'en')]).toEqual(['terminal', nameIn(nc)]);
    await expect.poll(() => nc.text).toContain(`ride:began "${ann.name}"`);
    await ask(ann.page, 'say', { place: id, key: 'k', text: 'boo' });
    await expect.poll(() => nc.text).toContain(`ride:said "${ann.name}" "boo"`);
    nc.write('who is there?');
    await expect.poll(() => ann.messages.map(({ text }) => text)).toEqual(['who is there?']);
    const over = new Promise((done) => ann.page.once('ride:over', (...args) => done(args)));
    nc.write('/ask hangup');
    expect(await over).toEqual([id, 'partner']);
    await expect.poll(() => nc.text).toContain('ride:over "you" "You got off."');
  });

  it('ends its ride at once when it closes, or after the grace time with a token', async () => {
    for (const [first, count] of [
      ['', 0],
      ['/auth {"token":"a word of mine"}', 1],
    ] as const) {
      const ann = await page(count + 1);
      const nc = terminal(first);
      nc.write('/ask line');
      await expect.poll(() => nc.text).toContain('"waiting"');
      const signal = new Promise((done) => {
        ann.page.once('ride:over', (_id, why) => done(why));
        ann.page.once('ride:signal', (_id, isLost) => done(isLost));
      });
      await ask(ann.page, 'line:wait', {});
      await expect.poll(() => nc.text).toContain('ride:began');
      nc.leave();
      expect(await signal).toBe(count === 0 ? 'lost' : true);
      if (count === 0) continue;
      const again = terminal(first);
      await expect.poll(() => again.text).toContain(`ride:began "${ann.name}"`);
      expect(nameIn(again)).toBe(nameIn(nc));
    }
  });

  it('is closed when it floods, and the others stay connected', async () => {
    const nc = terminal('');
    await expect.poll(() => nc.text).toContain('welcome');
    for (let count = 0; count < 1_200; count += 1) nc.write('/emit nonsense 1');
    await expect.poll(() => nc.isClosed).toBe(true);
    const curl = stream('central');
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
  });
});

describe('a stream', () => {
  it('is refused at an unknown station, and leaves nothing behind', async () => {
    const curl = stream('nowhere');
    await expect.poll(() => curl.text).toContain('There is no station');
    expect(curl.status).toBe(403);
    await expect.poll(() => world.riders.count).toBe(0);
  });

  it('is one person with the posts of its token, which are refused at other stations', async () => {
    const curl = stream('central', { authorization: 'Bearer secret word' });
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
    expect((await say('central?token=secret%20word', 'mine'))[0]).toBe(202);
    expect((await say('library?token=secret%20word', 'mine'))[1]).toContain('You are not in');
    expect((await say('central?token=another', 'mine'))[1]).toContain('No stream is open with this token');
    const [[, name]] = curl.of('welcome') as [[string, string]];
    await expect.poll(() => curl.of('said')).toEqual([['said', 'central', name, 'mine']]);
    expect(world.riders.count).toBe(1);
  });

  it('is taken over by a newer one with the same token', async () => {
    const first = stream('central?token=mine');
    await expect.poll(() => first.of('entered')).toHaveLength(1);
    const second = stream('riverside?token=mine');
    await expect.poll(() => first.isClosed).toBe(true);
    expect(first.of('moved')).toHaveLength(1);
    await expect.poll(() => second.of('entered')).toHaveLength(1);
    expect([...(world.stations.get('central')?.riders ?? [])]).toEqual([]);
    expect(world.stations.get('riverside')?.riders.size).toBe(1);
  });
});

describe('a plain WebSocket', () => {
  it('receives and sends JSON, enters more stations, and counts as a stream', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const socket = new WebSocket(`${stage.url.replace('http', 'ws')}/events/central`);
    const got: { event?: string; args?: unknown[]; error?: { message: string } }[] = [];
    socket.on('message', (data) => void got.push(JSON.parse(String(data))));
    await expect.poll(() => got.some(({ event }) => event === 'entered')).toBe(true);
    socket.send(JSON.stringify({ event: 'say', args: ['by JSON'] }));
    await expect.poll(() => ann.messages.map(({ text, from }) => [text, from.client])).toEqual([['by JSON', 'stream']]);
    socket.send(JSON.stringify({ join: 'library' }));
    socket.send(JSON.stringify({ event: 'say', args: ['in the other'], room: 'library' }));
    await expect
      .poll(() => got.filter(({ event }) => event === 'said').map(({ args }) => args?.[2]))
      .toEqual(['by JSON', 'in the other']);
    socket.send(JSON.stringify({ join: 'nowhere' }));
    await expect.poll(() => got.at(-1)?.error?.message).toBe('There is no station "nowhere".');
    socket.close();
    await expect.poll(() => world.riders.count).toBe(1);
  });
});

describe('a post without a token', () => {
  it('speaks as the passer-by, in every format', async () => {
    const curl = stream('central');
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
    const form = 'application/x-www-form-urlencoded';
    expect((await say('central', 'plain'))[0]).toBe(202);
    expect((await say('central', 'text=a+form', form))[0]).toBe(202);
    expect((await say('central', 'bare', form))[0]).toBe(202);
    expect((await say('central', '{"event":"say","args":["json"]}', 'application/json'))[0]).toBe(202);
    await expect.poll(() => curl.of('said').map(([, , , text]) => text)).toEqual(['plain', 'a form', 'bare', 'json']);
    expect(new Set(curl.of('said').map(([, , name]) => name)).size).toBe(1);
    expect((await say('central', '{"a":1}', 'application/json'))[1]).toContain('could not be read');
    expect((await say('nowhere', 'x'))[1]).toContain('There is no station');
    expect(world.riders.count).toBe(1);
  });

  it('shares its rate limit with all others, and can be muted by reports', async () => {
    const curl = stream('central?token=listener');
    await expect.poll(() => curl.of('entered')).toHaveLength(1);
    const answers: string[] = [];
    for (let count = 0; count < 10; count += 1) answers.push((await say('central', `spam ${count}`))[1]);
    expect(answers[0]).toContain('published');
    expect(answers.at(-1)).toContain('Slow down.');
    stage.now += 120_000;
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const [{ from }] = (world.stations.get('central')?.log.messages ?? []) as [Message];
    expect((await ask(ann.page, 'report', { who: from.id, place: 'central', reason: 'spam' })).ok).toBe(true);
    expect((await say('central', 'again'))[1]).toContain('Several people reported you');
  });
});

describe('a STOMP client', () => {
  it('stays connected when it is too fast, and is disconnected at an unknown station', async () => {
    const { client, got, errors } = await broker();
    client.subscribe('/user/queue/refused', (message) => void got.push(message));
    client.subscribe('/topic/central', () => undefined);
    await expect.poll(() => world.stations.get('central')?.riders.size).toBe(1);
    for (let count = 0; count < 10; count += 1) {
      client.publish({ destination: '/topic/central', body: `fast ${count}` });
    }
    await expect.poll(() => eventsOf(got)[0]?.slice(0, 2)).toEqual(['refused', 'slow']);
    expect(client.connected).toBe(true);
    client.publish({ destination: '/topic/nowhere', body: 'x' });
    await expect.poll(() => errors).toEqual(['SEND to /topic/nowhere was refused: There is no station "nowhere".']);
    await expect.poll(() => world.riders.count).toBe(0);
  });

  it('asks with a destination for the answer, and leaves by ending its subscription', async () => {
    const { client, got } = await broker();
    client.subscribe('/user/queue/who', (message) => void got.push(message));
    const subscription = client.subscribe('/topic/riverside', () => undefined);
    client.publish({ destination: '/app/who', headers: { 'correlation-id': '1' } });
    await expect.poll(() => got.length).toBeGreaterThan(0);
    expect(JSON.parse(got[0]?.body ?? '')[0]).toMatch(/riverside|refused/);
    await expect.poll(() => world.stations.get('riverside')?.riders.size).toBe(1);
    subscription.unsubscribe();
    await expect.poll(() => world.stations.get('riverside')?.riders.size).toBe(0);
  });
});

describe('a page', () => {
  it('cannot subscribe and publish by itself, unlike plain wires', async () => {
    const ann = await page(1);
    await expect(ann.page.subscribe('central')).rejects.toThrow();
    await expect(ann.page.publish('central', 'message' as never, 'x' as never)).rejects.toThrow();
  });

  it('gets the ports for other clients', async () => {
    const { welcome } = await page(1);
    expect(welcome.endpoints).toEqual([{ scheme: 'tcp', port: stage.port }]);
    expect(welcome.you.client).toBe('web');
  });

  it('mutes a terminal by reports, and a terminal can report, too', async () => {
    const ann = await page(1);
    await ask(ann.page, 'station:enter', { id: 'central' });
    const [bad, good] = [terminal('/join central'), terminal('/join central')];
    await expect.poll(() => [bad, good].every(({ text }) => text.includes('entered "central"'))).toBe(true);
    bad.write('rude words');
    await expect.poll(() => ann.messages).toHaveLength(1);
    good.write(`/ask report ${nameIn(bad)}`);
    await expect.poll(() => good.text).toContain('= 1 "reported"');
    await expect.poll(() => bad.text).toContain(`muted ${LIMITS.muteMs / 1_000}`);
    bad.write('more');
    await expect.poll(() => bad.text).toContain('refused "muted"');
    good.write('/ask report Nobody');
    await expect.poll(() => good.text).toContain('= 2 "refused" "gone"');
  });
});
