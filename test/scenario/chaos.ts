/** Clients that break every rule at random; a seed decides what they send. */
import type { LinkEnd } from '../../packages/testing/src/network/link.js';
import type { SeededRandom } from '../../packages/testing/src/seeded-random.js';
import type { TestServer } from '../../packages/testing/src/test-server.js';
import { RawClient, type RawClientOptions } from '../kit/clients/raw-client.js';

/** A client that is or was connected. */
interface Guest {
  act(): void;
  leave(): void;
}

/** Messages of well-behaved clients. */
const GOOD = [
  '40',
  '40/chat,',
  '40/room-1,',
  '40/room-2,{}',
  '40/nowhere,',
  '42["join","a"]',
  '42["join","b"]',
  '42/chat,["join","a"]',
  '42["leave","a"]',
  '42["echo",1,[2,{"three":3}]]',
  '420["ask",1]',
  '4299["ask"]',
  '42["ask-me"]',
  '430["answer"]',
  '431[]',
  '421["naru:once","a key of 20 letters-","ask",1]',
  '422["naru:once","AAAAAAAAAAAAAAAAAAAA==1","join","a"]',
  '42["naru:once","AAAAAAAAAAAAAAAAAAAA==2","ask-me"]',
  '423["naru:once","AAAAAAAAAAAAAAAAAAAA==3","naru:publish","a","x"]',
  '42["big"]',
  '42["all"]',
  '42/chat,["all"]',
  '42["join","a"]',
  '42["echo"]',
  '42["ask-me"]',
  '42["all"]',
  '3',
  '3',
  '6',
]; // prettier-ignore

/** Messages that end something, in order or not. */
const LAST = ['41', '41/chat,', '42["quit"]', '42["leave-all"]', '1'];

/** Messages that no client should send. */
const BAD = [
  '40/chat,{"token":"x"}',
  '40{"pid":"x","offset":"y"}',
  '40/',
  '40,',
  '4399999999999999999999["x"]',
  '42["disconnect"]',
  '42["__proto__",{"__proto__":{"x":1}}]',
  '42["constructor"]',
  '42[]',
  '42{}',
  '42',
  '4',
  '43',
  '44',
  '45',
  '46',
  '49',
  '4x',
  '451-["bytes",{"_placeholder":true,"num":0}]',
  '452-["bytes",{"_placeholder":true,"num":1}]',
  '45-["x"]',
  '4599999999999-["x"]',
  '451-["x",{"_placeholder":true,"num":-1}]',
  '0',
  '2',
  '2probe',
  '3probe',
  '5',
  '7',
  'x',
  '',
  ' ',
  'b',
  'bAAAA',
  '42["a',
  '42["a"]]',
  '42[1]',
  '42[null]',
  '\u0000',
  '4\ud800',
  '42/chat',
  '42/,["x"]',
  '42/nowhere,["x"]',
  '40',
]; // prettier-ignore

const GARBAGE = [
  'GET / HTTP/1.1\r\n\r\n',
  'GET /socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab',
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=smoke HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /socket.io/?EIO=9&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\n\r\n',
  'DELETE /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHo',
  'NONSENSE\r\n\r\n',
  '\u0016\u0003\u0001',
]; // prettier-ignore

/** Creates guests, makes them act, and lets them leave in every possible way. */
export class Chaos {
  readonly #server: TestServer;
  readonly #random: SeededRandom;
  readonly #guests: Guest[] = [];
  readonly #clients = new Set<RawClient>();
  /** Secrets of sessions that may be recovered. */
  readonly #pids: string[] = [];

  constructor(server: TestServer, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
  }

  /** Does one random thing. */
  async step(): Promise<void> {
    const { clock } = this.#server;
    const random = this.#random;
    if (this.#guests.length < 5 || (this.#guests.length < 60 && random.chance(0.3))) await this.#invite();
    else if (random.chance(0.75)) random.pick(this.#guests).act();
    else this.#guests.splice(random.integer(0, this.#guests.length - 1), 1)[0]?.leave();
    if (random.chance(0.2)) await clock.advance(random.integer(0, 200));
  }

  /** Everybody leaves. The guests that stay connected fall silent. */
  leave(): void {
    for (const guest of this.#guests.splice(0)) guest.leave();
    for (const client of this.#clients) client.link?.hold();
  }

  async #connect(options: RawClientOptions): Promise<RawClient> {
    const client = await RawClient.open(this.#server, options);
    for (const each of this.#clients) if (each.ended) this.#forget(each);
    this.#clients.add(client);
    return client;
  }

  #forget(client: RawClient): void {
    this.#clients.delete(client);
    const pid = /"pid":"([^"]+)"/.exec(client.texts.join())?.[1];
    if (pid !== undefined) this.#pids.push(pid);
  }

  async #invite(): Promise<void> {
    const kind = this.#random.integer(0, 9);
    if (kind < 5) this.#guests.push(await this.#inviteWebSocket());
    else if (kind < 9) this.#guests.push(this.#invitePolling());
    else this.#guests.push(this.#inviteGarbage());
  }

  async #inviteWebSocket(): Promise<Guest> {
    const random = this.#random;
    const query = random.pick(['', '', '', '&EIO=3', '&x=%FF', '&__proto__=1']);
    const client = await this.#connect({ answersPings: random.chance(0.8), query });
    const pid = random.chance(0.5) ? this.#pids.pop() : undefined;
    if (pid !== undefined) client.send(`40${JSON.stringify({ pid })}`);
    else if (random.chance(0.9)) client.send(random.pick(['40', '40', '40/chat,', '40/room-1,']));
    const leave = (): void => {
      const how = random.integer(0, 4);
      if (how === 0) client.close();
      else if (how === 1) client.terminate();
      else if (how === 2) client.link?.cut();
      else if (how === 3) client.link?.hold();
      else client.send('41');
    };
    const manners = this.#manners();
    return { act: () => this.#talk((unit) => client.send(unit), manners), leave };
  }

  #talk(send: (unit: string | Buffer) => void, manners: number): void {
    for (let count = this.#random.integer(1, 4); count > 0; count -= 1) {
      if (this.#random.chance(manners)) send(this.#random.pick(GOOD));
      else if (this.#random.chance(0.3)) send(this.#random.pick(LAST));
      else send(this.#bad());
    }
  }

  #bad(): string | Buffer {
    const kind = this.#random.integer(0, 9);
    if (kind === 0) return Buffer.from(this.#random.bytes(this.#random.integer(0, 50)));
    if (kind === 1) return `4${'x'.repeat(this.#random.integer(1, 30_000))}`;
    return this.#random.pick(BAD);
  }

  /** The chance that a guest sends a sensible message. Most guests nearly always do. */
  #manners(): number {
    return this.#random.pick([1, 0.99, 0.95, 0.9, 0.3]);
  }

  /** A long-polling client with one connection per request, which does not wait for answers. */
  #invitePolling(): Guest {
    const random = this.#random;
    const streams = new Set<LinkEnd>();
    const manners = this.#manners();
    const version = random.pick(['4', '4', '4', '3']);
    let sid = '';
    const request = (method: string, body?: string): void => {
      if (streams.size > 8) return;
      const stream = this.#open(streams);
      let text = '';
      stream.on('data', (chunk) => {
        text += chunk;
        sid ||= /"sid":"([^"]+)"/.exec(text)?.[1] ?? '';
      });
      const oddity = random.chance(manners) ? '' : random.pick(['&b64=1', '&j=0', '&sid=x']);
      const query = `EIO=${version}&transport=polling${sid && `&sid=${sid}`}${oddity}`;
      const surplus = random.chance(manners) ? 0 : 5;
      const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body) + surplus}\r\n`;
      stream.write(
        `${method} /socket.io/?${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${length}\r\n${body ?? ''}`,
      );
    };
    request('GET');
    const act = (): void => {
      if (sid === '' && random.chance(manners)) return;
      const units: string[] = [];
      this.#talk((unit) => units.push(typeof unit === 'string' ? unit : `b${unit.toString('base64')}`), manners);
      if (version === '4') request('POST', units.join('\u001e'));
      else request('POST', units.map((unit) => `${unit.length}:${unit}`).join(''));
      if (streams.size < 2 || !random.chance(manners)) request('GET');
      if (random.chance(0.2)) this.#probe(sid, version);
    };
    const leave = (): void => {
      if (random.chance(0.3)) request('POST', '1');
      else for (const stream of streams) stream.destroy();
    };
    return { act, leave };
  }

  /** Tries to upgrade a polling session to a WebSocket, and may stop at any step. */
  #probe(sid: string, version: string): void {
    const random = this.#random;
    this.#connect({ query: `&sid=${sid}&EIO=${version}`, answersPings: true }).then((client) => {
      if (random.chance(0.9)) client.send('2probe');
      if (random.chance(0.8)) client.send(random.pick(['5', '5', '5', '4x', '2probe', '']));
      if (random.chance(0.3)) client.terminate();
    });
  }

  #inviteGarbage(): Guest {
    const streams = new Set<LinkEnd>();
    const stream = this.#open(streams);
    const garbage = (): void => {
      if (stream.writable)
        stream.write(this.#random.chance(0.5) ? this.#random.pick(GARBAGE) : Buffer.from(this.#random.bytes(40)));
    };
    garbage();
    return { act: garbage, leave: () => stream.destroy() };
  }

  #open(streams: Set<LinkEnd>): LinkEnd {
    const stream = this.#server.dial();
    streams.add(stream);
    stream.on('error', () => undefined).on('close', () => streams.delete(stream));
    stream.resume();
    return stream;
  }
}
