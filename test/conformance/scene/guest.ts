/** Somebody who comes to the scene, by a program and a wire of their own. */
import { type ChildProcess, spawn } from 'node:child_process';

/** The room where all meet, and the one that nobody may enter. */
export const ROOM = 'lobby';
export const CLOSED = 'cellar';

/** What is true of a guest, and the test looks at. */
export interface GuestFacts {
  /** How it signs what it says. */
  readonly name: string;
  /** The name of its transport and what runs inside, as the server shows them. */
  readonly road: string;
  /** Why the server says that it went. */
  readonly farewell: string;
  /** Whether its wire keeps an order. @default true */
  readonly isOrdered?: boolean;
  /** Whether it does no more than say something once, as it comes, and listen to JSON. @default false */
  readonly isShy?: boolean;
}

/** One guest. `say` and `show` resolve when it has been written, `knock` with what it is told about the closed room. */
export abstract class Guest {
  readonly facts: GuestFacts;
  /** What it heard, as one line each. */
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
  /** Asks for the closed room, and resolves with what it is told. */
  abstract knock(): Promise<unknown>;
  /** Leaves in its own way. */
  abstract leave(): unknown;
  /** Ends whatever is left of it. */
  async end(): Promise<void> {}

  protected hear(event: unknown, args: readonly unknown[]): void {
    const [value] = args;
    if (event === 'say' && args.length === 1) this.heard.push(lineOf(value as Words));
    else if (event === 'data' && args.length === 1 && isBytes(value)) this.heard.push(noteOf(value));
    else this.heard.push(`something else: ${JSON.stringify([event, ...args]).slice(0, 300)}`);
  }

  /** Hears an event whose bytes are written as `{"$bytes":"<base64>"}`. */
  protected hearJson(event: unknown, args: readonly unknown[]): void {
    this.hear(event, args.map(fromJson));
  }
}

/** What is said: with a text in more than one script, and the values that JSON has. */
export interface Words {
  readonly from: string;
  readonly text: string;
  readonly list: readonly unknown[];
}

export function wordsOf(from: string): Words {
  return { from, text: 'hello, 안녕 "👋"', list: [1, null, true] };
}

/** How what was said is noted. */
export function lineOf(words: Words): string {
  return JSON.stringify(words);
}

/** 1 KiB that is nobody else's: a name, and every byte there is, several times. */
export function bytesOf(name: string): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 255));
  bytes.write(name);
  return bytes;
}

/** How bytes are noted. */
export function noteOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A value in plain JSON, with bytes as `{"$bytes"}`. */
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

/** A program that was started: what it says line by line, and a way to wait for one. */
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
    // It may be gone before what is written reaches it.
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

  /** Resolves with the next line that holds; rejects when the program ends without one. */
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
