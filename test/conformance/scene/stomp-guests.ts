/** Guests that speak STOMP: stompjs over a WebSocket, and Debian's python3-stomp over TCP. */
import { fileURLToPath } from 'node:url';
import { Client, type IFrame, type IMessage } from '@stomp/stompjs';
import { WebSocket } from 'ws';
import { CLOSED, Guest, type GuestFacts, Lines, ROOM, type Words } from './guest.js';
import { PYTHON } from './program-guests.js';

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';
const TOPIC = `/topic/${ROOM}`;

/** Version 7 of @stomp/stompjs. */
export class StompJsGuest extends Guest {
  readonly #url: string;
  #client: Client | undefined;

  constructor(facts: GuestFacts, url: string) {
    super(facts);
    this.#url = url;
  }

  async enter(): Promise<void> {
    const client = new Client({
      webSocketFactory: () => new WebSocket(this.#url, ['v12.stomp']) as never,
      reconnectDelay: 0,
      connectHeaders: { host: '/', login: this.name, passcode: 'x' },
    });
    this.#client = client;
    await new Promise<void>((resolve, reject) => {
      client.onConnect = () => resolve();
      client.onStompError = ({ headers }) => reject(new Error(headers.message));
      client.activate();
    });
    await this.#receipt((receipt) => client.subscribe(TOPIC, (message) => this.#onMessage(message), { receipt }));
  }

  async say(words: Words): Promise<void> {
    const headers = { event: 'say', 'content-type': JSON_TYPE };
    this.#client?.publish({ destination: TOPIC, headers, body: JSON.stringify([words]) });
  }

  async show(binaryBody: Buffer): Promise<void> {
    const headers = { event: 'data', 'content-type': BYTES_TYPE };
    this.#client?.publish({ destination: TOPIC, headers, binaryBody });
  }

  async knock(): Promise<unknown> {
    const client = this.#client;
    if (!client) return undefined;
    const error = new Promise<IFrame>((resolve) => {
      client.onStompError = resolve;
    });
    const closed = new Promise((resolve) => {
      client.onWebSocketClose = resolve;
    });
    client.subscribe(`/topic/${CLOSED}`, () => undefined);
    const { command, headers } = await error;
    await closed;
    return [command, headers.message];
  }

  leave(): void {}

  override async end(): Promise<void> {
    await this.#client?.deactivate({ force: true });
  }

  #onMessage({ headers, body, binaryBody }: IMessage): void {
    if (headers['content-type'] === BYTES_TYPE) this.hear(headers.event, [Buffer.from(binaryBody)]);
    else this.hear(headers.event, JSON.parse(body) as unknown[]);
  }

  #receipt(send: (id: string) => void): Promise<IFrame> {
    return new Promise((resolve) => {
      this.#client?.watchForReceipt('entered', resolve);
      send('entered');
    });
  }
}

/** python3-stomp. Its commands and its messages pass through its standard streams, as lines of JSON. */
export class StompPythonGuest extends Guest {
  readonly #port: number;
  #python: Lines | undefined;

  constructor(facts: GuestFacts, port: number) {
    super(facts);
    this.#port = port;
  }

  async enter(): Promise<void> {
    const script = fileURLToPath(new URL('stomp_guest.py', import.meta.url));
    const python = new Lines(PYTHON, [script, String(this.#port), this.name]);
    this.#python = python;
    python.onLine((line) => {
      const { event, type, body } = JSON.parse(line) as Record<string, string>;
      const bytes = Buffer.from(body ?? '', 'base64');
      if (type === BYTES_TYPE) this.hear(event, [bytes]);
      else if (type) this.hear(event, JSON.parse(bytes.toString()) as unknown[]);
    });
    this.#tell('subscribe', TOPIC);
    await python.next((line) => line === '{"receipt": "entered"}');
  }

  async say(words: Words): Promise<void> {
    this.#tell('send', TOPIC, 'say', JSON_TYPE, Buffer.from(JSON.stringify([words])).toString('base64'));
  }

  async show(bytes: Buffer): Promise<void> {
    this.#tell('send', TOPIC, 'data', BYTES_TYPE, bytes.toString('base64'));
  }

  async knock(): Promise<unknown> {
    const error = this.#python?.next((line) => line.startsWith('{"error"'));
    const gone = this.#python?.next((line) => line.startsWith('{"gone"'));
    this.#tell('subscribe', `/topic/${CLOSED}`);
    const { error: message } = JSON.parse((await error) ?? '{}') as { error?: string };
    await gone;
    return ['ERROR', message];
  }

  leave(): void {}

  override async end(): Promise<void> {
    await this.#python?.end();
  }

  #tell(...words: string[]): void {
    this.#python?.write(JSON.stringify(words));
  }
}
