/** The user's end of a visit: the line being typed stays at the bottom, and output appears above it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { makeFolder } from '@naru/local/folder';
import type { Environment } from '../arguments.js';

/** The most lines of history that are kept between visits. */
export const HISTORY_MAX = 1_000;

/** The user's terminal, or a pipe. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Environment;
}

/** The callbacks of a prompt. */
export interface PromptEvents {
  complete(line: string): [candidates: string[], word: string];
  onLine(line: string): void;
  /** The user wants to leave, or the pipe has ended. */
  onEnd(): void;
}

/** Reads lines from a user at a terminal, or from a pipe. */
export class Prompt {
  /** Whether a user types at a terminal. Otherwise input or output is a pipe, and no prompt is shown. */
  readonly isPerson: boolean;
  readonly #terminal: Terminal;
  readonly #lines: Interface & { prevRows?: number };
  readonly #file: string | undefined;
  #history: string[];
  #isOver = false;

  constructor(terminal: Terminal, events: PromptEvents) {
    const { input, output, env } = terminal;
    // A "dumb" terminal, such as that of an editor, cannot move its cursor.
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
    // Added after Node's own listener, so that it sees the line with the key applied.
    input.on('keypress', this.#onKey);
    this.#lines.prompt();
  }

  /** Prints a line above the one that is being typed. */
  print(text: string): void {
    if (!this.isPerson || this.#isOver) {
      this.#terminal.output.write(`${text}\n`);
      return;
    }
    this.#clear();
    this.#terminal.output.write(`${text}\n`);
    this.#lines.prompt(true);
  }

  /** Restores the terminal and saves the history. */
  close(): void {
    if (this.#isOver) return;
    if (this.isPerson) this.#clear();
    this.#isOver = true;
    this.#terminal.input.off('keypress', this.#onKey);
    this.#lines.close();
    saveHistory(this.#file, this.#history);
  }

  /** Removes the line that is being typed from the screen. It may take several rows. */
  #clear(): void {
    const { rows } = this.#lines.getCursorPos();
    this.#terminal.output.write(`${rows > 0 ? `\u001b[${rows}A` : ''}\r\u001b[J`);
    this.#lines.prevRows = 0;
  }

  /**
   * Fixes the position after a row becomes full by typing. Node keeps in `prevRows` how far above the cursor the line
   * begins, but does not update it then. And a terminal stays at the end of a full row until the next character, while
   * Node assumes that it is on the next row.
   */
  readonly #onKey = (): void => {
    const { rows, cols } = this.#lines.getCursorPos();
    this.#lines.prevRows = rows;
    const isAtEnd = this.#lines.cursor === this.#lines.line.length;
    if (rows > 0 && cols === 0 && isAtEnd && !this.#isOver) this.#terminal.output.write(' \r');
  };

  /** Ctrl-C clears the line that is being typed, or ends the visit when the line is empty. */
  #interrupt(): void {
    if (this.#lines.line === '') {
      this.#lines.close();
      return;
    }
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
  }
}

/** Returns the path of the history, in the user's state folder; `undefined` without a home folder. */
export function historyFile(env: Environment): string | undefined {
  const { XDG_STATE_HOME, HOME } = env;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, 'naru', 'history');
  return HOME ? join(HOME, '.local', 'state', 'naru', 'history') : undefined;
}

/** Returns the lines of a file, newest first; empty when the file cannot be read. */
export function loadHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-HISTORY_MAX)
      .reverse();
  } catch {
    // The file is missing or unreadable. The program works without it.
    return [];
  }
}

/** Saves lines, given newest first, in a file that only the user can read. Ignores failures. */
export function saveHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined) return;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(file, `${lines.slice(0, HISTORY_MAX).reverse().join('\n')}\n`, { mode: 0o600 });
  } catch {
    // A full disk must not keep the program from ending.
  }
}
