/**
 * The pushes of Redis: what the script of an append tells the followers of a namespace. A push has the number before a
 * batch, the number of its last record, the number of the last record that was pushed on the channel of all before, and
 * the batch. A push with one number says that the log has come to this number, with nothing for anybody else. Any other
 * message says that there may be more.
 */
import type { Buffer } from 'node:buffer';
import type { UplinkHandler } from '@naru/broker';
import { tellBatch } from '@naru/broker';
import { decodeOffset, encodeOffset, type Offset } from 'naru/backplane';

/** The longest head of a push: three numbers and three spaces. */
const PUSH_HEAD_MAX = 60;
/** The pushes whose numbers are remembered. An answer is read at most a few pushes after it has come. */
const RECENT_MAX = 1_024;

/**
 * The pushes of one namespace over one connection. Redis carries out one request after another, and a connection brings
 * what they lead to in that order, or breaks. So once all channels are subscribed, a record that was not pushed is for
 * others.
 */
export class Pushes {
  readonly #handler: UplinkHandler;
  readonly #namespace: string;
  /** The channels, and the promises that settle when they are subscribed. */
  readonly channels = new Map<string, Promise<void>>();
  /** The numbers that were pushed, as they rise. */
  #recent: number[] = [];
  /** Whether everything for this process after the first of them was pushed. */
  #isWhole = false;

  constructor(handler: UplinkHandler, namespace: string) {
    this.#handler = handler;
    this.#namespace = namespace;
  }

  /** All channels are subscribed, and the newest number after that is known. */
  begin(newest: Offset): void {
    if (this.#isWhole) return;
    const number = decodeOffset(newest) ?? 0;
    // The answer may be read after the pushes that have come after it.
    this.#recent = [number, ...this.#recent.filter((each) => each > number)];
    this.#isWhole = true;
  }

  /** Returns the newest offset, of those up to a number, that this process was told. */
  toldUpTo(number: number): Offset | undefined {
    const told = this.#isWhole ? this.#recent.findLast((each) => each <= number) : undefined;
    return told === undefined ? undefined : encodeOffset(told);
  }

  /** The log has come to an offset, and everything for this process up to there was pushed. */
  reach(offset: Offset): void {
    const told = this.toldUpTo(decodeOffset(offset) ?? 0);
    if (told !== undefined) this.#handler.onBatch(this.#namespace, { previous: offset, told, records: [] });
  }

  /** Returns the listener for a channel: that of all, or that of a tag. */
  listener(isOfTag: boolean): (message: Buffer) => void {
    return (message) => this.take(message, isOfTag);
  }

  /** Takes a message of a channel. */
  take(message: Buffer, isOfTag: boolean): void {
    const head = message.toString('latin1', 0, PUSH_HEAD_MAX);
    const [whole, previous, last, toldToAll] = /^(\d{1,16}) (\d{1,16}) (\d{1,16}) /.exec(head) ?? [];
    if (whole !== undefined) {
      // A push to all that got lost shows in the next one.
      if (!isOfTag) this.#note(Number(toldToAll));
      const told = this.toldUpTo(Number(previous));
      this.#note(Number(last));
      const batch = message.subarray(whole.length);
      tellBatch(this.#handler, this.#namespace, encodeOffset(Number(previous)), Number(last), batch, told);
    } else if (/^\d{1,16}$/.test(head)) this.reach(encodeOffset(Number(head)));
    else {
      // It does not say where the records are.
      this.#recent = [];
      this.#handler.onMore(this.#namespace);
    }
  }

  #note(number: number): void {
    if (number <= (this.#recent.at(-1) ?? 0)) return;
    this.#recent.push(number);
    if (this.#recent.length > RECENT_MAX) this.#recent.splice(0, RECENT_MAX / 2);
  }
}
