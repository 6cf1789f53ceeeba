/** The newest messages of one place, in memory: of a ride all there is; of a station what the log has, to judge by who may say what. */
import { LIMITS } from '../../shared/limits.js';
import type { Card, Message, Picture } from '../../shared/protocol.js';
import { Bucket } from '../riders/pace.js';

/** Invariant: positions rise, at most `LIMITS.messagesKept` messages are held, and none is older than `LIMITS.messageAgeMs` at a sweep. */
export class PlaceLog {
  #messages: Message[] = [];
  #lastSeq = 0;
  readonly #crowd: Bucket;

  constructor(now: number) {
    this.#crowd = new Bucket(LIMITS.placeMessagesPerSecond * 5, LIMITS.placeMessagesPerSecond, now);
  }

  /** Position of the newest message, 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** What is held, oldest first. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** False when the people here together say more than a place can carry. */
  hasRoom(now: number): boolean {
    return this.#crowd.take(now);
  }

  /** Adds a message; returns it, and the pictures that fell out with the oldest one. */
  add(
    from: Card,
    said: { key: string; text: string; picture?: Picture },
    now: number,
  ): { message: Message; dropped: string[] } {
    // About the time, so that it goes on where it was after a restart, and rises even when clocks do not.
    this.#lastSeq = Math.max(this.#lastSeq + 1, now);
    const message: Message = { seq: this.#lastSeq, from, at: now, ...said };
    this.#messages.push(message);
    return { message, dropped: this.#cut(this.#messages.length - LIMITS.messagesKept) };
  }

  /** Takes over messages that were said before this process was there, or in another one. */
  recall(messages: readonly Message[]): void {
    const known = new Set(this.#messages.map(({ key }) => key));
    const strange = messages.filter(({ key }) => !known.has(key));
    this.#messages = [...strange, ...this.#messages].sort((a, b) => a.seq - b.seq);
    this.#cut(this.#messages.length - LIMITS.messagesKept);
    this.#lastSeq = Math.max(this.#lastSeq, this.#messages.at(-1)?.seq ?? 0);
  }

  /** The message that this person has said under this key, if it is still held. */
  find(from: string, key: string): Message | undefined {
    return this.#messages.find((message) => message.key === key && message.from.id === from);
  }

  /** How often this person has said the same words here lately. */
  repeats(from: string, text: string, now: number): number {
    const isSame = (message: Message): boolean =>
      message.from.id === from && message.text === text && now - message.at < LIMITS.repeatWindowMs;
    return this.#messages.filter(isSame).length;
  }

  /** True when this person has said something that is still held. */
  hasSpoken(id: string): boolean {
    return this.#messages.some((message) => message.from.id === id);
  }

  /** Forgets messages that are too old; returns the pictures that went with them. */
  sweep(now: number): string[] {
    const young = this.#messages.findIndex((message) => now - message.at < LIMITS.messageAgeMs);
    return this.#cut(young === -1 ? this.#messages.length : young);
  }

  /** Forgets everything; returns the pictures that went with it. */
  clear(): string[] {
    return this.#cut(this.#messages.length);
  }

  #cut(count: number): string[] {
    if (count <= 0) return [];
    return this.#messages.splice(0, count).flatMap((message) => (message.picture ? [message.picture.id] : []));
  }
}
