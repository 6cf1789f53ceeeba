/** The person's end of a visit: the line that is being typed stands at the bottom, and what happens is written above it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { makeFolder } from '../../backplane/local/folder.js';
import type { Environment } from '../arguments.js';

/** Lines that are kept between visits. */
export const HISTORY_MAX = 1_000;

/** Where the person is. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Environment;
}

/** What the prompt asks and tells. */
export interface PromptEvents {
  complete(line: string): [candidates: string[], word: string];
  onLine(line: string): void;
  /** The person wants to go, or a pipe has ended. */
  onEnd(): void;
}

/** Lines from a person at a terminal, or from a pipe. */
export class Prompt {
  /** Whether a person types; else lines come from a pipe, or go into one, and nothing but them is written. */
  readonly isPerson: boolean;
  readonly #terminal: Terminal;
  readonly #lines: Interface & { prevRows?: number };
  readonly #file: string | undefined;
  #history: string[];
  #isOver = false;

  constructor(terminal: Terminal, events: PromptEvents) {
    const { input, output, env } = terminal;
    // A terminal that calls itself dumb, an editor's say, cannot move its cursor.
    this.isPerson = input.isTTY === true && output.isTTY === true && env.TERM !== 'dumb';
    this.#terminal = terminal;
    this.#file = this.isPerson ? historyFile(env) : undefined;
    this.#history = loadHistory(this.#file);
    this.#lines = createInterface({
      input,
      output: this.isPerson ? output : undefined,
      terminal: this.isPerson,
      prompt: '> ',
      history: [...this.#history],
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string) => events.complete(line),
    });
    this.#lines.on('history', (lines: string[]) => {
      this.#history = [...lines];
    });
    this.#lines.on('line', (line) => {
      if (this.#isOver) return;
      if (this.isPerson) this.#lines.prompt();
      events.onLine(line);
    });
    this.#lines.on('SIGINT', () => this.#interrupt());
    this.#lines.on('close', () => events.onEnd());
    if (!this.isPerson) return;
    // Behind Node's own listener, so that it finds the line as the key has left it.
    input.on('keypress', this.#onKey);
    this.#lines.prompt();
  }

  /** Writes a line above the one that is being typed. */
  print(text: string): void {
    if (!this.isPerson || this.#isOver) {
      this.#terminal.output.write(`${text}\n`);
      return;
    }
    this.#clear();
    this.#terminal.output.write(`${text}\n`);
    this.#lines.prompt(true);
  }

  /** Leaves the terminal as it was found, and keeps what was typed for the next time. */
  close(): void {
    if (this.#isOver) return;
    if (this.isPerson) this.#clear();
    this.#isOver = true;
    this.#terminal.input.off('keypress', this.#onKey);
    this.#lines.close();
    saveHistory(this.#file, this.#history);
  }

  /** Takes the line that is being typed from the screen, on which it may take several rows. */
  #clear(): void {
    const { rows } = this.#lines.getCursorPos();
    this.#terminal.output.write(`${rows > 0 ? `\u001b[${rows}A` : ''}\r\u001b[J`);
    this.#lines.prevRows = 0;
  }

  /**
   * Node remembers in `prevRows` how far above the cursor the line begins, but forgets to when a row becomes full by typing. And a
   * terminal waits at the end of a full row until one more character comes, where Node takes it to be on the next row.
   */
  readonly #onKey = (): void => {
    const { rows, cols } = this.#lines.getCursorPos();
    this.#lines.prevRows = rows;
    const isAtEnd = this.#lines.cursor === this.#lines.line.length;
    if (rows > 0 && cols === 0 && isAtEnd && !this.#isOver) this.#terminal.output.write(' \r');
  };

  /** Ctrl-C takes back a line that is being typed; without one it ends. */
  #interrupt(): void {
    if (this.#lines.line === '') {
      this.#lines.close();
      return;
    }
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
  }
}

/** Where the lines are kept: in the state folder of the person, or nowhere when there is no home. */
export function historyFile(env: Environment): string | undefined {
  const { XDG_STATE_HOME, HOME } = env;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, 'naru', 'history');
  return HOME ? join(HOME, '.local', 'state', 'naru', 'history') : undefined;
}

/** The lines of a file, newest first; none when it cannot be read. */
export function loadHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-HISTORY_MAX)
      .reverse();
  } catch {
    // There is none yet, or it is not for us to read: the program is useful without it.
    return [];
  }
}

/** Keeps lines, given newest first, for nobody else to read, where it can. */
export function saveHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined) return;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(file, `${lines.slice(0, HISTORY_MAX).reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A disk that is full must not keep the program from its end.
  }
}
