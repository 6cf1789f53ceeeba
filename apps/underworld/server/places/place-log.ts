/**
 * The newest messages of one place, in memory, to judge spam and reports. Naru's log also has the messages of a
 * station. A ride has only these.
 */
import { Bucket } from 'naru-apps-kit/server/pace.js';
import { LIMITS } from '../../shared/limits.js';
import type { Card, Message } from '../../shared/protocol.js';

/** A message as its sender wrote it. */
export type Said = Pick<Message, 'key' | 'text' | 'picture' | 'to'>;

/**
 * Invariant: positions rise, at most `LIMITS.messagesKept` messages are held, and none is older than
 * `LIMITS.messageAgeMs` at a sweep.
 */
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

  /** The messages, oldest first. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Takes one message from the limit that all people here share. Returns false when it is exceeded. */
  hasRoom(now: number): boolean {
    return this.#crowd.take(now);
  }

  /** Adds a message. Returns it with the ids of the pictures of dropped messages. */
  add(from: Card, said: Said, now: number): { message: Message; dropped: string[] } {
    // Positions are close to the time, so they continue to rise after a restart. They also rise when the clock stands
    // still.
    this.#lastSeq = Math.max(this.#lastSeq + 1, now);
    const message: Message = { seq: this.#lastSeq, from, at: now, ...said };
    this.#messages.push(message);
    return { message, dropped: this.#cut(this.#messages.length - LIMITS.messagesKept) };
  }

  /** Takes over messages from the log, said before this process started or in another one. */
  recall(messages: readonly Message[]): void {
    const known = new Set(this.#messages.map(({ key }) => key));
    const strange = messages.filter(({ key }) => !known.has(key));
    this.#messages = [...strange, ...this.#messages].sort((a, b) => a.seq - b.seq);
    this.#cut(this.#messages.length - LIMITS.messagesKept);
    this.#lastSeq = Math.max(this.#lastSeq, this.#messages.at(-1)?.seq ?? 0);
  }

  /** The message of this person with this key, if it is still here. */
  find(from: string, key: string): Message | undefined {
    return this.#messages.find((message) => message.key === key && message.from.id === from);
  }

  /** The number of times that this person has said the same words here lately. */
  repeats(from: string, text: string, now: number): number {
    const isSame = (message: Message): boolean =>
      message.from.id === from && message.text === text && now - message.at < LIMITS.repeatWindowMs;
    return this.#messages.filter(isSame).length;
  }

  /** Whether a message of this person is still here. */
  hasSpoken(id: string): boolean {
    return this.#messages.some((message) => message.from.id === id);
  }

  /** Forgets messages that are too old. Returns the ids of their pictures. */
  sweep(now: number): string[] {
    const young = this.#messages.findIndex((message) => now - message.at < LIMITS.messageAgeMs);
    return this.#cut(young === -1 ? this.#messages.length : young);
  }

  /** Forgets everything. Returns the ids of the pictures. */
  clear(): string[] {
    return this.#cut(this.#messages.length);
  }

  #cut(count: number): string[] {
    if (count <= 0) return [];
    return this.#messages.splice(0, count).flatMap((message) => (message.picture ? [message.picture.id] : []));
  }
}
