/** Guests with a program that knows nothing of Naru: curl, nc, and the Python of docs/udp.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLOSED, Guest, type GuestFacts, Lines, ROOM, toJson, type Words } from './guest.js';

export const CURL = '/usr/bin/curl';
export const NC = '/usr/bin/nc';
export const PYTHON = '/usr/bin/python3';

/** `curl -N` on the event stream. It sends by POST. */
export class CurlGuest extends Guest {
  readonly #url: string;
  #stream: Lines | undefined;

  constructor(facts: GuestFacts, url: string) {
    super(facts);
    this.#url = url;
  }

  async enter(): Promise<void> {
    const auth = encodeURIComponent(JSON.stringify({ name: this.name }));
    const stream = new Lines(CURL, ['-sN', `${this.#url}/events/${ROOM}?auth=${auth}`]);
    this.#stream = stream;
    let event = 'message';
    stream.onLine((line) => {
      if (line.startsWith('event: ')) event = line.slice(7);
      else if (line.startsWith('data: ')) this.hearJson(event, JSON.parse(line.slice(6)) as unknown[]);
      else if (line === '') event = 'message';
    });
    await stream.next((line) => line.startsWith('retry:'));
  }

  async say(words: Words): Promise<void> {
    await this.#publish('application/json', JSON.stringify({ event: 'say', args: [words] }), '');
  }

  async show(bytes: Buffer): Promise<void> {
    await this.#publish('application/octet-stream', bytes, '?event=data');
  }

  async knock(): Promise<unknown> {
    const url = `${this.#url}/events/${CLOSED}`;
    const lines = new Lines(CURL, ['-s', '-w', '%{http_code} %{content_type}\n', url]);
    const said: string[] = [];
    lines.onLine((line) => said.push(line));
    await lines.isOver;
    return said;
  }

  leave(): void {
    this.#stream?.child.kill('SIGINT');
  }

  override async end(): Promise<void> {
    await this.#stream?.end();
  }

  async #publish(type: string, body: string | Buffer, query: string): Promise<void> {
    const url = `${this.#url}/events/${ROOM}${query}`;
    const lines = new Lines(CURL, [
      '-sS',
      '--fail-with-body',
      '-H',
      `Content-Type: ${type}`,
      '--data-binary',
      '@-',
      url,
    ]);
    lines.child.stdin?.end(body);
    await lines.next((line) => line === '{"published":1}');
  }
}

/** A person with `nc`. */
export class NcGuest extends Guest {
  readonly #port: number;
  #nc: Lines | undefined;

  constructor(facts: GuestFacts, port: number) {
    super(facts);
    this.#port = port;
  }

  async enter(): Promise<void> {
    const nc = new Lines(NC, ['127.0.0.1', String(this.#port)]);
    this.#nc = nc;
    nc.onLine((line) => {
      const [, event, value] = new RegExp(`^#${ROOM} (\\w+) (.*)$`).exec(line) ?? [];
      if (event && value) this.hearJson(event, [JSON.parse(value)]);
      else if (!/^[*!] /.test(line)) this.hear(line, []);
    });
    await nc.next((line) => line.startsWith('* Naru'));
    nc.write(`/auth {"name":"${this.name}"}`);
    nc.write(`/join ${ROOM}`);
    await nc.next((line) => line === `* joined ${ROOM}`);
  }

  async say(words: Words): Promise<void> {
    this.#nc?.write(`/to ${ROOM} say ${JSON.stringify(words)}`);
  }

  async show(bytes: Buffer): Promise<void> {
    this.#nc?.write(`/to ${ROOM} data ${JSON.stringify(toJson(bytes))}`);
  }

  async knock(): Promise<unknown> {
    const answer = this.#nc?.next((line) => line.startsWith('! '));
    this.#nc?.write(`/join ${CLOSED}`);
    return answer;
  }

  leave(): void {
    this.#nc?.write('/quit');
  }

  override async end(): Promise<void> {
    await this.#nc?.end();
  }
}

/** The program of docs/udp.md as printed there: it sends once when it enters, and prints what it receives. */
export class UdpPythonGuest extends Guest {
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'naru-scene-'));
  #python: Lines | undefined;
  #exitCode: Promise<number | null> = Promise.resolve(null);

  constructor(facts: GuestFacts, port: number) {
    super(facts);
    this.#port = port;
  }

  /** Resolves with its exit code. */
  get exitCode(): Promise<number | null> {
    return this.#exitCode;
  }

  async enter(): Promise<void> {
    const document = readFileSync(new URL('../../../docs/udp.md', import.meta.url), 'utf8');
    const file = join(this.#folder, 'client.py');
    writeFileSync(file, /^```python\n([\s\S]*?)^```$/m.exec(document)?.[1] ?? '');
    const python = new Lines(PYTHON, [file, '127.0.0.1', String(this.#port), this.name]);
    this.#python = python;
    this.#exitCode = python.isOver;
    python.onLine((line) => {
      // Python prints other quotes, and other names for the values of JSON.
      const json = line
        .replaceAll('None', 'null')
        .replaceAll('True', 'true')
        .replaceAll(/'(\w+)'|'([^']*)'/g, (_, word, text) => JSON.stringify(word ?? text));
      const [event, ...args] = JSON.parse(json) as unknown[];
      this.hear(event, args);
    });
    await python.next(() => true);
  }

  async say(): Promise<void> {}
  async show(): Promise<void> {}
  async knock(): Promise<unknown> {
    return undefined;
  }
  leave(): void {}

  override async end(): Promise<void> {
    await this.#python?.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
