// needs: modules
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { io, type Socket } from 'socket.io-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { local } from '../../../packages/local/src/local-backplane.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { buildLater, presentVersion } from '../../kit/programs/later-build.mjs';
import { build } from '../../kit/programs/naru.js';
import type { Relay } from '../../kit/relay/relay.mjs';
import { atEnd, folder, type ServerChild, startRelay, startServer } from '../real/server-child.js';

beforeAll(build);

const SERVERS = 3;
const CLIENTS = 12;
/** The clients that say something. The others listen. */
const SPEAKERS = 4;
/** One client in this many uses long-polling. */
const POLLING = 4;
/** Milliseconds without an answer after which a client says its text again. */
const AGAIN_MS = 2_000;

/** A build: its version, and the URL of the program of its servers. */
interface Build {
  readonly version: string;
  readonly program: string;
}

const present: Build = { version: presentVersion, program: new URL('server.mjs', import.meta.url).href };

/** Makes a later build, with versions of all formats that it reads and writes. */
function later(version: string, read: number, written: number): Build {
  const at = folder();
  buildLater(at, version, { read, written });
  const program = join(at, 'server.mjs');
  copyFileSync(fileURLToPath(present.program), program);
  return { version, program: pathToFileURL(program).href };
}

/** A client of Socket.IO that says one text after the other until it is told to stop, each until it is answered. */
class Talker {
  readonly relay: Relay;
  readonly client: Socket;
  readonly got: string[] = [];
  readonly answered: string[] = [];
  readonly faults: string[] = [];
  recoveredCount = 0;
  #isStopping = false;
  #talking = Promise.resolve();

  constructor(relay: Relay, name: string, transports: string[]) {
    this.relay = relay;
    this.client = io(relay.url, {
      forceNew: true,
      transports,
      auth: { name },
      reconnectionDelay: 50,
      randomizationFactor: 0,
    });
    let isNew = true;
    this.client.on('said', (text: string) => this.got.push(text));
    this.client.on('naru:gap', (gap: unknown) => this.faults.push(`${name}: a gap ${JSON.stringify(gap)}`));
    this.client.on('connect', () => {
      if (this.client.recovered) this.recoveredCount += 1;
      else if (!isNew) this.faults.push(`${name}: was not recovered`);
      isNew = false;
    });
  }

  /** Says texts, each once by its key. */
  start(name: string): void {
    this.#talking = (async () => {
      for (let n = 0; !this.#isStopping; n += 1) await this.say(`${name} ${n}`);
    })();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#talking;
  }

  async say(text: string): Promise<void> {
    const key = crypto.randomUUID();
    for (;;) {
      try {
        const answer: unknown = await this.client.timeout(AGAIN_MS).emitWithAck('naru:once', key, 'say', text);
        if (answer === text) this.answered.push(text);
        else this.faults.push(`${text}: answered by ${JSON.stringify(answer)}`);
        return;
      } catch {
        // The connection was lost with the answer. The key says that it is the same text.
      }
    }
  }
}

/** The place of the log: a folder, or a broker. */
type Home = 'folder' | 'redis' | 'nats';

/** Servers on one home, and clients that are spread over them. */
class Cluster {
  readonly folder = folder();
  readonly servers: ServerChild[] = [];
  readonly talkers: Talker[] = [];
  readonly #options: { home: Home; url?: string };
  #next = 0;

  constructor(home: Home = 'folder') {
    this.#options = { home };
  }

  async open(builds: readonly Build[], clients: number): Promise<void> {
    const { home } = this.#options;
    if (home !== 'folder') {
      const broker = new Broker(home, this.folder);
      atEnd(() => broker.kill());
      await broker.start();
      this.#options.url = broker.url;
    }
    for (const each of builds) this.servers.push(await this.#start(each));
    for (let index = 0; index < clients; index += 1) {
      const relay = await startRelay(this.#nextPort());
      const talker = new Talker(relay, `client ${index}`, [index % POLLING === POLLING - 1 ? 'polling' : 'websocket']);
      atEnd(() => talker.client.disconnect());
      this.talkers.push(talker);
    }
    await expect.poll(() => this.talkers.every(({ client }) => client.connected)).toBe(true);
  }

  /** Replaces each server by one of another build. Its clients go to all of the servers, the former ones included. */
  async update(to: Build): Promise<void> {
    for (const [place, former] of this.servers.entries()) {
      this.servers[place] = await this.#start(to);
      for (const { relay } of this.talkers) if (relay.target === former.port) relay.target = this.#nextPort();
      expect(await former.call('warnings')).toEqual([]);
      expect(await former.terminate()).toBe(0);
    }
  }

  #nextPort(): number {
    this.#next += 1;
    return (this.servers[this.#next % this.servers.length] as ServerChild).port;
  }

  #start({ program }: Build): Promise<ServerChild> {
    return startServer({ folder: this.folder, options: this.#options, program });
  }
}

/**
 * Updates servers one by one to a version that reads new formats, and then to one that writes them, while clients talk.
 */
async function updateTwice(home: Home): Promise<Cluster> {
  const builds = [later('0.2.0', 2, 1), later('0.3.0', 2, 2)];
  const cluster = new Cluster(home);
  await cluster.open(
    Array.from({ length: SERVERS }, () => present),
    CLIENTS,
  );
  const { talkers, servers } = cluster;
  expect(await servers[0]?.call('versions')).toEqual(servers.map(() => present.version));
  const speakers = talkers.slice(0, SPEAKERS);
  for (const [index, talker] of speakers.entries()) talker.start(`text of ${index}`);
  for (const next of builds) {
    await cluster.update(next);
    expect(await servers[0]?.call('versions')).toEqual(servers.map(() => next.version));
    await expect.poll(() => servers[0]?.call('sockets')).toBe(CLIENTS);
  }
  await Promise.all(speakers.map((talker) => talker.stop()));
  expect(talkers.flatMap(({ faults }) => faults)).toEqual([]);
  const said = talkers.flatMap(({ answered }) => answered).sort();
  for (const { got } of talkers) await expect.poll(() => got.length).toBeGreaterThanOrEqual(said.length);
  const [first] = talkers as [Talker, ...Talker[]];
  expect([...first.got].sort()).toEqual(said);
  for (const { got, faults } of talkers) expect([got, faults]).toEqual([first.got, []]);
  // Each server was replaced twice, so each client moved at least twice.
  for (const { recoveredCount } of talkers) expect(recoveredCount).toBeGreaterThanOrEqual(2);
  for (const server of servers) expect(await server.call('warnings')).toEqual([]);
  return cluster;
}

describe('servers that are updated one by one to a version with new formats and to the next lose nothing', {
  timeout: 120_000,
}, () => {
  it('on one folder', async () => {
    const log = local((await updateTwice('folder')).folder);
    atEnd(() => log.close());
    // The last version has written the new formats.
    expect(log.log.verify('/').faults.join()).toContain('of a later version');
  });

  it.skipIf(whyNoBroker('redis'))('on Redis', () => updateTwice('redis').then(() => undefined));
  it.skipIf(whyNoBroker('nats'))('on NATS', () => updateTwice('nats').then(() => undefined));
});

it('tells clients of a gap, and names both formats, if a server skips a version', { timeout: 120_000 }, async () => {
  const cluster = new Cluster();
  await cluster.open([present, later('0.3.0', 2, 2)], 2);
  const [far, near] = cluster.talkers as [Talker, Talker];
  const [before, skipping] = cluster.servers as [ServerChild, ServerChild];
  expect([far.relay.target, near.relay.target]).toEqual([skipping.port, before.port]);
  await far.say('one');
  await expect.poll(() => near.faults.length).toBe(1);
  await near.say('two');
  for (const { got } of [far, near]) await expect.poll(() => got.at(-1)).toBe('two');
  expect([far.got, near.got, far.faults]).toEqual([['one', 'two'], ['two'], []]);
  expect(near.faults[0]).toContain('a gap');
  const text =
    'A later version of Naru wrote a record of the log in format 2. This version reads formats up to 1. Update this process.';
  expect(await before.call('warnings')).toContain(text);
});
