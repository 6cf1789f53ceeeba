/** One connection to NATS: messages, answers by one inbox, and the API of JetStream. */
import { Buffer } from 'node:buffer';
import {
  type Bytes,
  type Clock,
  decodeUtf8,
  encodeUtf8,
  systemClock,
  type Timer,
  UnavailableError,
  unreferenced,
} from 'naru/base';
import type { NatsMessage, NatsSocket } from './driver.js';

/** Headers of a message. */
export type Headers = Readonly<Record<string, string>>;

/** An error that JetStream answers with. */
export interface ApiError {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

/** An answer of JetStream. */
export type ApiAnswer<T> = Partial<T> & { readonly error?: ApiError };

/** A message that a stream keeps. */
export interface KeptMessage {
  readonly seq: number;
  readonly subject: string;
  readonly body: Bytes;
  /** Returns a header, or `undefined` if the message has none with that name. */
  header(name: string): string | undefined;
  /** When the server stored it, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Chooses a message of a stream: the one with a number, the newest to a subject, or the first to a subject from a
 * number on.
 */
export type Chosen =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  | { readonly next_by_subj: string; readonly seq: number };

/** The answer of a server that stored a message. */
export interface Stored {
  readonly seq: number;
  /** Whether the stream had the message before, by its id. */
  readonly isDuplicate: boolean;
}

/**
 * JetStream has no leader now, or the server that had the answer is gone (10008, 10009). A newer NATS also says that an
 * earlier copy of the message is being stored (10158), that its leader is not ready (10163), or that it has too many
 * requests (10167).
 */
const NOT_NOW: ReadonlySet<number> = new Set([10008, 10009, 10158, 10163, 10167]);
const NO_MESSAGE = 404;
const NO_RESPONDERS = 503;
/** Milliseconds until a request is sent again that nobody has answered. */
const ASK_AGAIN_MS = 250;
/**
 * Milliseconds after which a request without an answer is lost, although others have answers, and between two looks for
 * such requests.
 */
const LOST_MS = 10_000;
const LOOK_MS = 1_000;
const NOTHING = new Uint8Array(0);

/** A request that waits for its answer. */
interface Asked {
  /** When it must be answered. */
  readonly until: number;
  take(message: NatsMessage): void;
}

/**
 * A connection. It breaks when a request cannot be answered now, or when an answer is lost, because the next connection
 * carries the request again. After that, nothing settles.
 */
export class NatsConnection {
  readonly clock: Clock;
  readonly #socket: NatsSocket;
  readonly #onClose: () => void;
  readonly #inbox: string;
  /** Requests by the subjects of their answers. */
  readonly #open = new Map<string, Asked>();
  #number = 0;
  #isOver = false;

  constructor(socket: NatsSocket, onClose: () => void, clock: Clock = systemClock) {
    this.#socket = socket;
    this.clock = clock;
    this.#onClose = onClose;
    this.#inbox = socket.createInbox();
    socket.subscribe(`${this.#inbox}.*`, (message) => {
      // A message of a consumer comes under its own subject, so the connection's inbox is not used for those.
      this.#open.get(message.subject)?.take(message);
    });
    void socket.closed.then(() => this.break());
    this.#watch();
  }

  /** Whether the connection is broken or closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes of the largest message. */
  get maxPayload(): number {
    return this.#socket.maxPayload;
  }

  /** Whether streams may be on servers other than this one. Messages to them can get lost without a break. */
  get isClustered(): boolean {
    return this.#socket.isClustered;
  }

  /** Sends a message. */
  publish(subject: string, body: Bytes, headers?: Headers): void {
    this.#socket.publish(subject, body, headers);
  }

  /** Sends a message. Resolves when the server has taken it, with whether it may have a receiver. */
  async tell(subject: string, body: Bytes): Promise<boolean> {
    let isHeard = true;
    // The server answers at once if nobody is there.
    const reply = this.#await(() => {
      isHeard = false;
    }, Number.POSITIVE_INFINITY);
    this.#socket.publish(subject, body, undefined, reply);
    await this.flush();
    this.#open.delete(reply);
    return isHeard;
  }

  /** Resolves when the server has taken all that was sent before. */
  flush(): Promise<void> {
    return this.#socket.flush();
  }

  /** Calls `onMessage` with the messages to a subject. Returns the function that ends this. */
  subscribe(subject: string, onMessage: (message: NatsMessage) => void): () => void {
    return this.#socket.subscribe(subject, (message) => {
      if (!this.#isOver) onMessage(message);
    });
  }

  /**
   * Resolves with the answer to a message. Its status is 503 if nobody answers. The connection breaks
   * if the answer does not come within `ms` milliseconds.
   */
  request(subject: string, body: Bytes = NOTHING, headers?: Headers, ms = LOST_MS): Promise<NatsMessage> {
    return new Promise((resolve) => {
      const reply = this.#await((message) => {
        this.#open.delete(reply);
        resolve(message);
      }, ms);
      this.#socket.publish(subject, body, headers, reply);
    });
  }

  /** Resolves with the answer of JetStream. */
  async api<T>(name: string, body?: unknown): Promise<ApiAnswer<T>> {
    const bytes = body === undefined ? NOTHING : encodeUtf8(JSON.stringify(body));
    return this.#checked(await this.#ask(`$JS.API.${name}`, bytes));
  }

  /**
   * Keeps a message in the stream of its subject. Rejects with UnavailableError (NOT_KEPT) if the stream refuses it.
   */
  async store(subject: string, body: Bytes, headers?: Headers): Promise<Stored> {
    const stored = await this.tryStore(subject, body, headers);
    if ('error' in stored)
      throw new UnavailableError('NOT_KEPT', `NATS refused to keep a message: ${reasonOf(stored.error)}`);
    return stored;
  }

  /** Keeps a message in the stream of its subject, or resolves with the error. */
  async tryStore(subject: string, body: Bytes, headers?: Headers): Promise<Stored | { readonly error: ApiError }> {
    const answer = await this.#checked<{ seq: number; duplicate?: boolean }>(
      await this.request(subject, body, headers),
    );
    if (answer.error) return { error: answer.error };
    const { seq = 0, duplicate = false } = answer;
    // The first one is on its way to the servers of the stream. Later, the answer has its number.
    if (seq === 0) return this.break();
    return { seq, isDuplicate: duplicate };
  }

  /**
   * Resolves with a message of a stream, or `undefined` for a message that is missing. In a cluster the leader of the
   * stream answers, because other servers may lag.
   */
  async get(stream: string, chosen: Chosen): Promise<KeptMessage | undefined> {
    if (this.isClustered) return this.#getOfLeader(stream, chosen);
    const message = await this.request(`$JS.API.DIRECT.GET.${stream}`, encodeUtf8(JSON.stringify(chosen)));
    if (message.status === NO_MESSAGE) return undefined;
    if (message.status !== undefined) return this.break();
    return {
      seq: Number(message.header('Nats-Sequence')),
      subject: message.header('Nats-Subject') ?? '',
      body: message.body,
      header: (name) => message.header(name),
      at: Date.parse(message.header('Nats-Time-Stamp') ?? ''),
    };
  }

  /**
   * Asks for several messages. Calls `onMessage` with each until it returns `false`. They come to a subject of their
   * own. Returns the function that ends this.
   */
  requestMany(subject: string, body: unknown, onMessage: (message: NatsMessage) => boolean): () => void {
    const inbox = this.#socket.createInbox();
    const end = this.subscribe(inbox, (message) => {
      if (!onMessage(message)) end();
    });
    this.#socket.publish(subject, encodeUtf8(JSON.stringify(body)), undefined, inbox);
    return end;
  }

  /** The connection is of no use any more. Returns a promise that never settles. */
  break(): Promise<never> {
    if (!this.#isOver) {
      this.close();
      this.#onClose();
    }
    return new Promise(() => undefined);
  }

  /** Ends the connection. `onClose` is not called. */
  close(): void {
    this.#isOver = true;
    this.#open.clear();
    this.#socket.close();
  }

  /** Makes a request that may arrive several times. While a stream of a cluster has no leader, nobody answers. */
  async #ask(subject: string, body: Bytes): Promise<NatsMessage> {
    if (!this.isClustered) return this.request(subject, body);
    let reply = '';
    let timer: Timer | undefined;
    const answer = new Promise<NatsMessage>((resolve) => {
      reply = this.#await(resolve, Number.POSITIVE_INFINITY);
    });
    const send = (): void => {
      if (this.#isOver) return;
      this.#socket.publish(subject, body, undefined, reply);
      timer = this.clock.setTimeout(send, ASK_AGAIN_MS, undefined);
    };
    send();
    const message = await answer;
    if (timer !== undefined) this.clock.clearTimeout(timer);
    this.#open.delete(reply);
    return message;
  }

  /** Returns a subject for an answer, which `take` gets. After `ms` milliseconds without it, the connection breaks. */
  #await(take: (message: NatsMessage) => void, ms: number): string {
    this.#number += 1;
    const reply = `${this.#inbox}.${this.#number}`;
    this.#open.set(reply, { until: this.clock.now() + ms, take });
    return reply;
  }

  /** Breaks the connection if an answer is lost. Servers drop some as they start, create streams or change leader. */
  #watch(): void {
    const look = (): void => {
      const now = this.clock.now();
      if ([...this.#open.values()].some(({ until }) => until <= now)) void this.break();
      else if (!this.#isOver) this.#watch();
    };
    // After a standstill of the process, the answers that have come meanwhile are read first.
    unreferenced(this.clock.setTimeout(() => this.clock.defer(look, undefined), LOOK_MS, undefined));
  }

  #checked<T>({ status = 0, body }: NatsMessage): ApiAnswer<T> | Promise<never> {
    if (status >= NO_RESPONDERS) return this.break();
    const answer = JSON.parse(decodeUtf8(body)) as ApiAnswer<T>;
    return answer.error && NOT_NOW.has(answer.error.err_code) ? this.break() : answer;
  }

  async #getOfLeader(stream: string, chosen: Chosen): Promise<KeptMessage | undefined> {
    interface Got {
      message: { subject: string; seq: number; data?: string; hdrs?: string; time: string };
    }
    const { message, error } = await this.api<Got>(`STREAM.MSG.GET.${stream}`, chosen);
    if (error?.code === NO_MESSAGE) return undefined;
    if (!message) return this.break();
    const { seq, subject, data = '', hdrs, time } = message;
    const lines = hdrs === undefined ? [] : Buffer.from(hdrs, 'base64').toString().split('\r\n');
    return {
      seq,
      subject,
      body: Buffer.from(data, 'base64'),
      header: (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2),
      at: Date.parse(time),
    };
  }
}

/** JetStream has no room: for a message, for the account, or on its disk. */
const NO_ROOM: ReadonlySet<number> = new Set([10023, 10047, 10077]);

function reasonOf({ err_code, description }: ApiError): string {
  return NO_ROOM.has(err_code) ? `${description}. Give JetStream more room, or keep less.` : `${description}.`;
}
