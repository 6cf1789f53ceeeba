/** A guest of the scene, with its own program and wire. */
import { type ChildProcess, spawn } from 'node:child_process';

/** The room in which all guests meet, and the room that nobody may enter. */
export const ROOM = 'lobby';
export const CLOSED = 'cellar';

/** Facts about a guest, which the test checks. */
export interface GuestFacts {
  /** The name under which the guest sends. */
  readonly name: string;
  /** The name of its transport and of the subprotocol inside, as the server shows them. */
  readonly road: string;
  /** The server's reason for the end of the guest. */
  readonly farewell: string;
  /** Whether its wire keeps an order. @default true */
  readonly isOrdered?: boolean;
  /** Whether the guest can only send once, when it enters, and listen to JSON. @default false */
  readonly isShy?: boolean;
}

/**
 * One guest. `say` and `show` resolve when the data has been written, `knock` with the answer about the closed room.
 */
export abstract class Guest {
  readonly facts: GuestFacts;
  /** The received events, one line each. */
  readonly heard: string[] = [];

  constructor(facts: GuestFacts) {
    this.facts = facts;
  }

  get name(): string {
    return this.facts.name;
  }

  /** Connects, and resolves when it is in the room. */
  abstract enter(): Promise<void>;
  /** Sends the event `say` with some JSON to the room. */
  abstract say(words: Words): Promise<void>;
  /** Sends the event `data` with bytes to the room. */
  abstract show(bytes: Buffer): Promise<void>;
  /** Asks for the closed room, and resolves with the answer. */
  abstract knock(): Promise<unknown>;
  /** Leaves in its own way. */
  abstract leave(): unknown;
  /** Ends the remains of the guest. */
  async end(): Promise<void> {}

  protected hear(event: unknown, args: readonly unknown[]): void {
    const [value] = args;
    if (event === 'say' && args.length === 1) this.heard.push(lineOf(value as Words));
    else if (event === 'data' && args.length === 1 && isBytes(value)) this.heard.push(noteOf(value));
    else this.heard.push(`something else: ${JSON.stringify([event, ...args]).slice(0, 300)}`);
  }

  /** Records an event whose bytes are written as `{"$bytes":"<base64>"}`. */
  protected hearJson(event: unknown, args: readonly unknown[]): void {
    this.hear(event, args.map(fromJson));
  }
}

/** The content of a message: a text in several scripts, and all values of JSON. */
export interface Words {
  readonly from: string;
  readonly text: string;
  readonly list: readonly unknown[];
}

export function wordsOf(from: string): Words {
  return { from, text: 'hello, 안녕 "👋"', list: [1, null, true] };
}

/** Formats a message for the record. */
export function lineOf(words: Words): string {
  return JSON.stringify(words);
}

/** Returns 1 KiB that is unique to a guest: its name, and every byte value several times. */
export function bytesOf(name: string): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 255));
  bytes.write(name);
  return bytes;
}

/** Formats bytes for the record. */
export function noteOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Returns bytes as plain JSON, `{"$bytes"}`. */
export function toJson(bytes: Buffer): { $bytes: string } {
  return { $bytes: bytes.toString('base64') };
}

function fromJson(value: unknown): unknown {
  const { $bytes } = (value ?? {}) as { $bytes?: unknown };
  return typeof $bytes === 'string' ? Buffer.from($bytes, 'base64') : value;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** A started program: its output line by line, and a way to wait for a line. */
export class Lines {
  readonly child: ChildProcess;
  readonly #isOver: Promise<number | null>;
  #text = '';
  #onLine: (line: string) => void = () => undefined;
  #waiting: { holds: (line: string) => boolean; resolve: (line: string) => void; reject: (why: Error) => void }[] = [];

  constructor(file: string, args: readonly string[]) {
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    // The program may be gone before the input reaches it.
    this.child.stdin?.on('error', () => undefined);
    this.#isOver = new Promise((resolve) => {
      const over = (code: number | null): void => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${file} ended (${code}): ${complaint}`));
        resolve(code);
      };
      this.child.on('error', () => over(null));
      this.child.on('close', over);
    });
  }

  /** Resolves with the exit code. */
  get isOver(): Promise<number | null> {
    return this.#isOver;
  }

  onLine(listener: (line: string) => void): void {
    this.#onLine = listener;
  }

  write(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves with the next line that passes; rejects when the program ends without one. */
  next(holds: (line: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => this.#waiting.push({ holds, resolve, reject }));
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#isOver;
  }

  #read(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      this.#onLine(line);
      this.#waiting = this.#waiting.filter(({ holds, resolve }) => {
        if (holds(line)) resolve(line);
        else return true;
        return false;
      });
    }
  }
}
