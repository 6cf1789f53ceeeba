/** One visit of `naru connect`: sends typed lines over a wire, and prints received events to the terminal. */

import { type LineCommand, type LineEvent, type LineRules, readLine, TEXT_FORMAT, writeWord } from 'naru/protocol';
import { badArgument } from '../failure.js';
import { COMMANDS, HELP } from './help.js';
import { plain, showFrame } from './show.js';
import type { Answer, WireClient, WireEvents, WireOpener, WireOptions } from './wires/wire-client.js';

const RULES: LineRules = { textEvent: 'message', depthMax: 1_000 };

/** The most received events that may wait for the user's acknowledgement. Beyond that the oldest is forgotten. */
const QUESTIONS_MAX = 1_000;

/** The most names that completion remembers. */
const NAMES_MAX = 1_000;
const NAME_LENGTH_MAX = 200;

/** Milliseconds that a wire has to close when the user leaves. */
const LEAVE_MS = 3_000;

/** The output of a visit. */
export interface VisitOutput {
  /** Whether a failed first connection is retried. It is for a person; a script ends with the first failure. */
  readonly waits: boolean;
  print(line: string): void;
  /** Called when the visit is over. `isFailed` says that the user did not end it. */
  end(isFailed: boolean): void;
}

/** One visit to a server. Invariant: `end` of the output is called once. */
export class Visit implements WireEvents {
  readonly #output: VisitOutput;
  readonly #wire: WireClient;
  readonly #names = new Set<string>();
  readonly #rooms = new Set<string>();
  readonly #joined = new Set<string>();
  readonly #questions = new Map<number, Answer>();
  #nextQuestion = 1;
  #nextAsked = 1;
  #isLeaving = false;
  #isOver = false;
  #hasOpened = false;
  #failure = '';
  #onSettled: () => void = () => undefined;
  /** Resolves when the client is connected, or when the first attempt has failed. */
  readonly settled = new Promise<void>((resolve) => {
    this.#onSettled = resolve;
  });

  constructor(url: string, open: WireOpener, options: WireOptions, output: VisitOutput) {
    this.#output = output;
    this.#wire = open(url, options, this);
  }

  /** Runs a typed line. Resolves when it was sent or, for a question, answered. */
  async take(line: string): Promise<void> {
    try {
      const command = readLine(line, RULES);
      if (command.type !== 'help' && command.type !== 'quit') await this.settled;
      if (!this.#isOver && !this.#isLeaving) await this.#carryOut(command);
    } catch (error) {
      this.#output.print(`! ${plain((error as Error).message)}`);
    }
  }

  /** Returns the completions of the last word of a line, and that word. */
  complete(line: string): [candidates: string[], word: string] {
    const word = /\S*$/.exec(line)?.[0] ?? '';
    const before = line.slice(0, line.length - word.length).trim();
    const candidates =
      before === ''
        ? [...Object.keys(COMMANDS), ...this.#names]
        : /^\/(join|leave|to)$/.test(before)
          ? [...this.#rooms]
          : /^\/(ask|emit|to\s+\S+)$/.test(before)
            ? [...this.#names]
            : [];
    const found = candidates.filter((each) => each.startsWith(word)).sort();
    return [found.length === 1 ? [`${found[0]} `] : found, word];
  }

  /** Ends the visit at the user's request. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#wire.close();
    // A server that does not answer must not keep the user waiting.
    setTimeout(() => this.onClose('closed', true), LEAVE_MS).unref();
  }

  onOpen(detail: string, isRecovered = false): void {
    this.#output.print(`* ${this.#hasOpened ? 'connected again' : 'connected'}: ${plain(detail)}`);
    const isNew = this.#hasOpened && !isRecovered;
    this.#hasOpened = true;
    this.#failure = '';
    this.#onSettled();
    // The server has a new socket for this client, which has not joined any rooms.
    if (isNew) for (const room of this.#joined) void this.#enterAgain(room);
  }

  onMove(detail: string): void {
    this.#output.print(`* ${plain(detail)}`);
  }

  onEvent(event: string, args: readonly unknown[], room: string | undefined, answer: Answer | undefined): void {
    remember(this.#names, event);
    if (room !== undefined) remember(this.#rooms, room);
    const id = answer && this.#keep(answer);
    this.#say(TEXT_FORMAT.event({ name: event, args, rooms: room === undefined ? [] : [room], id }));
  }

  onFailure(reason: string): void {
    const line = `! cannot connect: ${plain(reason)}`;
    if (!this.#output.waits && !this.#hasOpened) {
      this.#output.print(line);
      this.leave();
    } else if (reason !== this.#failure) {
      this.#output.print(`${line}; trying again until you leave`);
      this.#failure = reason;
    }
    this.#onSettled();
  }

  onNote(text: string): void {
    this.#output.print(`! ${plain(text)}`);
  }

  onWire(direction: 'out' | 'in', text: string): void {
    this.#output.print(`${direction === 'out' ? '  > ' : '  < '}${showFrame(text.trimEnd())}`);
  }

  onClose(reason: string, isFinal: boolean): void {
    if (this.#isOver) return;
    if (!isFinal) {
      this.#output.print(`* disconnected: ${plain(reason)}; connecting again`);
      return;
    }
    this.#isOver = true;
    this.#onSettled();
    const what = this.#hasOpened ? '* disconnected' : '! cannot connect';
    if (!this.#isLeaving) this.#output.print(`${what}: ${plain(reason)}`);
    this.#output.end(!this.#isLeaving || (!this.#hasOpened && !this.#output.waits));
  }

  async #carryOut(command: LineCommand): Promise<void> {
    switch (command.type) {
      case 'event':
        return this.#send(command);
      case 'join':
      case 'leave':
        await this.#wire[command.type](command.room);
        remember(this.#rooms, command.room);
        if (command.type === 'join') this.#joined.add(command.room);
        else this.#joined.delete(command.room);
        return this.#say(TEXT_FORMAT.done(command.type === 'join' ? 'joined' : 'left', command.room));
      case 'ack': {
        const answer = this.#questions.get(command.id);
        this.#questions.delete(command.id);
        if (!answer) throw badArgument(`no event ?${command.id} waits for an acknowledgement`);
        return answer(...command.args);
      }
      case 'rooms':
        return this.#say(TEXT_FORMAT.rooms([...this.#joined]));
      case 'help':
        for (const line of HELP) this.#output.print(line);
        return;
      case 'quit':
        return this.leave();
      case 'enter':
        throw badArgument('give the namespace in the address, and your credentials with --auth');
      case 'json':
        throw badArgument('use --wire to see frames and packets');
      case 'history':
      case 'presence':
        throw badArgument('/history and /who work only in line mode over TCP, for example with nc');
      case 'nothing':
        return;
    }
  }

  async #enterAgain(room: string): Promise<void> {
    try {
      await this.#wire.join(room);
      this.#say(TEXT_FORMAT.done('joined', room));
    } catch (error) {
      this.#joined.delete(room);
      this.#output.print(`! no longer in ${plain(room)}: ${plain((error as Error).message)}`);
    }
  }

  async #send({ event: name, args, room, isQuestion }: LineEvent): Promise<void> {
    remember(this.#names, name);
    if (room !== undefined) {
      remember(this.#rooms, room);
      await this.#wire.publish(room, name, args);
      return;
    }
    const asked = isQuestion ? this.#nextAsked++ : undefined;
    const answer = await this.#wire.emit(name, args, isQuestion);
    if (answer && asked !== undefined) this.#say(TEXT_FORMAT.ack(asked, answer));
  }

  #keep(answer: Answer): number {
    const id = this.#nextQuestion++;
    this.#questions.set(id, answer);
    if (this.#questions.size > QUESTIONS_MAX) this.#questions.delete(id - QUESTIONS_MAX);
    return id;
  }

  #say(line: string): void {
    this.#output.print(line.trimEnd());
  }
}

/** Remembers a name for completion. Names come from outside, so beyond NAMES_MAX the oldest is forgotten. */
function remember(names: Set<string>, name: string): void {
  // Only names that can be typed without quotes.
  if (name === '' || name.length > NAME_LENGTH_MAX || writeWord(name) !== name) return;
  names.delete(name);
  names.add(name);
  const [oldest] = names;
  if (oldest !== undefined && names.size > NAMES_MAX) names.delete(oldest);
}
