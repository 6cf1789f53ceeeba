// needs: modules
/**
 * The way of one service from Socket.IO to Naru in docs/migration.md, followed to the letter with nginx and stock
 * clients, with the way back of each day. `NARU_STORY_MS` sets the time between two steps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { describeWith, NGINX } from '../../conformance/events/programs.js';
import { configureNginx } from '../../conformance/events/proxy.js';
import { listBlocks } from '../../docs/pages.js';
import { makeFolder } from '../../kit/folders.js';
import { fixedPort } from '../../kit/ports.mjs';

const STEP_MS = Number(process.env.NARU_STORY_MS ?? 2_000);
/** Milliseconds between two words of a client. */
const EVERY_MS = 50;
/** Milliseconds around a word in which its speaker and a listener have to be connected. */
const SETTLED_MS = 1_000;
/** Milliseconds that a server may take to end. */
const ENDING_MS = 5_000;

const blocks = listBlocks('docs/migration.md');
const [program, conf] = ['// server.mjs', '# nginx.conf'].map(
  (title) => blocks.find(({ text }) => text.startsWith(title))?.text ?? '',
) as [string, string];
/** The changes of the page, each with a line that no other has. */
const diffWith = (line: string): string =>
  blocks.find(({ language, text }) => language === 'diff' && text.includes(line))?.text ?? '';

/** Makes the changes of a diff. An empty line divides them. */
function change(text: string, diff: string): string {
  let changed = text;
  for (const part of diff.trimEnd().split('\n\n')) {
    const lines = part.split('\n');
    const pick = (marks: string): string =>
      lines.flatMap((line) => (marks.includes(line[0] ?? '') ? [`${line.slice(1)}\n`] : [])).join('');
    expect(changed).toContain(pick(' -'));
    changed = changed.replace(pick(' -'), pick(' +'));
  }
  return changed;
}

const ofBridge = change(program, diffWith('+import { socketIo }'));
const PROGRAMS = { old: program, bridge: ofBridge, log: change(ofBridge, diffWith('-import { socketIo }')) };

/** The servers, nginx, and the folder with their files. */
class Service {
  readonly #folder = makeFolder({});
  readonly #ports = new Map<string, string>();
  readonly #servers = new Map<string, ChildProcess>();
  readonly #redisUrl: string;
  /** The starts and ends of servers. */
  readonly turns: { readonly at: number; readonly what: string }[] = [];
  #nginxArguments: string[] = [];
  url = '';

  private constructor(redisUrl: string) {
    this.#redisUrl = redisUrl;
  }

  static async open(): Promise<Service> {
    const service = new Service((await startRedis(['--maxmemory-policy', 'noeviction'])).url);
    for (const name of ['3001', '3002', '3003', '80']) service.#ports.set(name, String(await fixedPort()));
    symlinkSync(resolve('node_modules'), join(service.#folder, 'node_modules'));
    for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(service.#folder, `${name}.mjs`), text);
    service.url = `http://127.0.0.1:${service.#ports.get('80')}`;
    return service;
  }

  /** Starts one of the programs at a port of the page. */
  async start(kind: keyof typeof PROGRAMS, port: string): Promise<void> {
    const env = { ...process.env, PORT: this.#ports.get(port), REDIS_URL: this.#redisUrl };
    const server = spawn(process.execPath, [`${kind}.mjs`], { cwd: this.#folder, env });
    onTestFinished(() => void server.kill('SIGKILL'));
    // The lines about nodes that come and go are not of interest here.
    server.stderr.on('data', (text) => /^naru /.test(text) || process.stderr.write(text));
    await once(server.stdout, 'data');
    this.turns.push({ at: Date.now(), what: `${kind} at ${port} is up` });
    this.#servers.set(port, server);
  }

  async end(port: string): Promise<void> {
    const server = this.#servers.get(port) as ChildProcess;
    const ended = once(server, 'exit');
    this.turns.push({ at: Date.now(), what: `${port} ends` });
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    this.turns.push({ at: Date.now(), what: `${port} has ended` });
  }

  async restart(kind: keyof typeof PROGRAMS, port: string): Promise<void> {
    await this.end(port);
    await this.start(kind, port);
  }

  /** Writes nginx.conf as the page shows it, with the ports of this service. */
  configure(text: string): void {
    const placed = text
      .replaceAll(/127\.0\.0\.1:(\d+)/g, (_all, port) => `127.0.0.1:${this.#ports.get(port)}`)
      .replace('listen 80;', `listen 127.0.0.1:${this.#ports.get('80')};`);
    this.#nginxArguments = configureNginx(this.#folder, placed, true);
  }

  nginx(...words: string[]): ChildProcess {
    return spawn(NGINX, [...this.#nginxArguments, ...words], { stdio: 'ignore' });
  }

  /** Runs `nginx -s reload`. */
  async reload(text: string): Promise<void> {
    this.configure(text);
    expect(await once(this.nginx('-s', 'reload'), 'exit')).toEqual([0, null]);
  }
}

/** A stock client that speaks, and counts what it hears. */
class Guest {
  readonly name: string;
  readonly client: Socket;
  /** The times at which it was connected, from and to. */
  readonly stays: { from: number; to: number }[] = [];
  readonly recovered: boolean[] = [];
  readonly heard = new Map<string, number>();
  /** The words whose sending was confirmed, from and to. */
  readonly said: { text: string; from: number; to: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(url: string, name: string, transports: string[]) {
    this.name = name;
    const delays = { reconnectionDelay: 50, reconnectionDelayMax: 300 };
    this.client = io(url, { transports, withCredentials: true, forceNew: true, ...delays });
    this.client.on('connect', () => {
      this.stays.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
      this.recovered.push(this.client.recovered);
    });
    this.client.on('disconnect', (reason) => {
      Object.assign(this.stays.at(-1) as object, { to: Date.now() });
      if (reason === 'io server disconnect') this.client.connect();
    });
    this.client.on('said', (text: string) => this.heard.set(text, (this.heard.get(text) ?? 0) + 1));
    this.#timer = setInterval(() => this.#say(), EVERY_MS);
    onTestFinished(() => {
      clearInterval(this.#timer);
      this.client.disconnect();
    });
  }

  quiet(): void {
    clearInterval(this.#timer);
  }

  /**
   * Whether it was connected all the time. A server of Socket.IO that ends lets go of its clients first, and closes
   * their connections later. A poll for a server of Naru that has ended within ten seconds after its start is refused
   * after three. So the stay of a client that was disconnected counts until the first end of a server shortly before.
   */
  isThere(from: number, to: number, ends: readonly number[]): boolean {
    return this.stays.some((stay) => {
      const until = ends.find((at) => at <= stay.to && at > stay.to - ENDING_MS) ?? stay.to;
      return stay.from <= from - SETTLED_MS && until >= to + SETTLED_MS;
    });
  }

  #say(): void {
    if (!this.client.connected) return;
    this.#count += 1;
    const said = { text: `${this.name} ${this.#count}`, from: Date.now(), to: 0 };
    this.client.timeout(5_000).emit('say', said.text, (error: unknown) => {
      if (!error) this.said.push({ ...said, to: Date.now() });
    });
  }
}

/** Finds words that a client did not hear, although it and the speaker were there, or that it heard twice. */
function faultsOf(guests: readonly Guest[], { turns }: Service): string[] {
  const faults: string[] = [];
  const ends = turns.flatMap(({ at, what }) => (what.endsWith(' ends') ? [at] : []));
  for (const speaker of guests)
    for (const { text, from, to } of speaker.said)
      for (const guest of guests) {
        const count = guest.heard.get(text) ?? 0;
        const mustHear = speaker.isThere(from, to, ends) && guest.isThere(from, to, ends);
        if (count <= 1 && !(mustHear && count === 0)) continue;
        const near = turns.filter(({ at }) => Math.abs(at - from) < 5_000);
        const around = near.map(({ at, what }) => `${at - from} ms ${what}`).join(', ');
        const since = [speaker, guest].map(({ stays }) =>
          stays.map(({ from: at }) => at - from).filter((ms) => ms < 0),
        );
        const [said, hears] = since.map((times) => times.at(-1));
        faults.push(
          `${guest.name} heard ${text} ${count} times; the speaker came ${said} ms, the listener ${hears} ms; ${around}`,
        );
      }
  return faults;
}

describeWith(NGINX, 'a service that moves day by day', () => {
  it.skipIf(whyNoRedis)(
    'loses and doubles nothing on the way, and on each way back',
    // Some twenty servers start and end. On a busy machine, each takes up to ten seconds.
    { timeout: 280_000 + 20 * STEP_MS },
    async () => {
      const service = await Service.open();
      const step = (): Promise<void> => new Promise((done) => setTimeout(done, STEP_MS));
      const withC = change(conf, diffWith('+upstream c'));
      service.configure(conf);
      await service.start('old', '3001');
      await service.start('old', '3002');
      const nginx = service.nginx();
      onTestFinished(() => void nginx.kill('SIGTERM'));
      const ways = [['websocket'], ['polling'], ['polling', 'websocket']];
      const guests = Array.from({ length: 9 }, (_, at) => new Guest(service.url, `g${at}`, ways[at % 3] as string[]));
      await expect.poll(() => guests.every(({ client }) => client.connected), { timeout: 10_000 }).toBe(true);
      await step();
      // Day 1, back, and again.
      await service.start('bridge', '3003');
      await service.reload(withC);
      await step();
      await service.reload(conf);
      await service.end('3003');
      await step();
      await service.start('bridge', '3003');
      await service.reload(withC);
      await step();
      // Day 2, one server back, and again.
      for (const [kind, port] of [
        ['bridge', '3001'],
        ['bridge', '3002'],
        ['old', '3001'],
        ['bridge', '3001'],
      ] as const) {
        await service.restart(kind, port);
        await step();
      }
      // Day 3, back, and again.
      for (const kind of ['log', 'bridge', 'log'] as const)
        for (const port of ['3001', '3002', '3003']) {
          await service.restart(kind, port);
          await step();
        }
      // All of them have a session of a server with a log by then.
      await expect.poll(() => guests.every(({ client }) => client.connected), { timeout: 15_000 }).toBe(true);
      const begins = guests.map(({ recovered }) => recovered.length);
      for (const port of ['3001', '3002', '3003']) await service.restart('log', port);
      await step();
      for (const guest of guests) guest.quiet();
      await step();
      expect(faultsOf(guests, service).join('; ')).toBe('');
      for (const { said, stays } of guests) {
        expect(said.length).toBeGreaterThan((10 * STEP_MS) / EVERY_MS / 2);
        expect(stays.length).toBeGreaterThan(1);
      }
      // With the log, each client that came back has everything.
      const back = guests.flatMap(({ name, recovered, stays }, at) =>
        recovered.map((isBack, index) => ({ name, isBack, stay: stays[index] })).slice(begins[at]),
      );
      expect(back.length).toBeGreaterThan(0);
      const { turns } = service;
      expect(back.filter(({ isBack }) => !isBack).map((each) => ({ ...each, turns }))).toEqual([]);
    },
  );
});
