/**
 * The newest messages of one place and the reactions to them, in memory, to judge spam and reports. Naru's log also
 * has those of a station. A ride has only these.
 */
import { Bucket } from '@naru/guard';
import { LIMITS } from '../../shared/limits.js';
import type { Card, Entered, Message, React, Reaction } from '../../shared/protocol.js';
import { nameOfRef, refOf } from '../../shared/refs.js';

/** A message as its sender wrote it. */
export type Said = Pick<Message, 'key' | 'text' | 'picture' | 'to'>;

/** A reaction as its sender asks for it. */
export type Wanted = Omit<React, 'place'>;

/** Messages, and reactions to them. */
export type Kept = Pick<Entered, 'messages' | 'reactions'>;

/**
 * Invariant: positions rise, at most `messagesMax` messages are held, none is older than `LIMITS.messageAgeMs` at a
 * sweep, and all reactions are to these messages.
 */
export class PlaceLog {
  #messages: Message[] = [];
  #lastSeq = 0;
  /** By the name of the message. None of them was taken back. */
  readonly #reactions = new Map<string, readonly Reaction[]>();
  readonly #messagesMax: number;
  readonly #crowd: Bucket;

  constructor(now: number, messagesMax: number = LIMITS.messagesKept) {
    this.#messagesMax = messagesMax;
    const perSecond = LIMITS.placeMessagesPerSecond;
    this.#crowd = new Bucket({ perSecond, burst: 5 * perSecond }, now);
  }

  /** Position of the newest message, 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The messages, oldest first. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** The reactions to the messages. */
  get reactions(): readonly Reaction[] {
    return [...this.#reactions.values()].flat();
  }

  /** Takes one message or reaction from the limit that all people here share. Returns false when it is exceeded. */
  hasRoom(now: number): boolean {
    return this.#crowd.take(1, now);
  }

  /** Adds a message. Returns it with the ids of the pictures of dropped messages. */
  add(from: Card, said: Said, now: number): { message: Message; dropped: string[] } {
    const message: Message = { seq: this.#nextSeq(now), from, at: now, ...said };
    this.#messages.push(message);
    return { message, dropped: this.#cut(this.#messages.length - this.#messagesMax) };
  }

  /** Adds a reaction to a message, or takes it back. Returns it, or the reason why it is refused. */
  react(by: string, wanted: Wanted, now: number): Reaction | 'gone' | 'full' {
    const { to, on } = wanted;
    if (!this.find(to.from, to.key)) return 'gone';
    const count = this.#reactions.get(nameOfRef(to))?.length ?? 0;
    if (on && count >= LIMITS.reactionsPerMessage) return 'full';
    const reaction: Reaction = { seq: this.#nextSeq(now), by, ...wanted };
    this.#note(reaction);
    return reaction;
  }

  /** Takes over messages and reactions from the log, said before this process started or in another one. */
  recall({ messages, reactions }: Kept): void {
    const known = new Set(this.#messages.map(({ key }) => key));
    const strange = messages.filter(({ key }) => !known.has(key));
    this.#messages = [...strange, ...this.#messages].sort((a, b) => a.seq - b.seq);
    this.#cut(this.#messages.length - this.#messagesMax);
    for (const reaction of reactions) if (this.find(reaction.to.from, reaction.to.key)) this.#note(reaction);
    this.#lastSeq = Math.max(this.#lastSeq, this.#messages.at(-1)?.seq ?? 0, reactions.at(-1)?.seq ?? 0);
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
    const dropped = this.#messages.splice(0, count);
    for (const message of dropped) this.#reactions.delete(nameOfRef(refOf(message)));
    return dropped.flatMap(({ picture }) => (picture ? [picture.id] : []));
  }

  /** The next position. It is close to the time, so it continues to rise after a restart and when the clock stands. */
  #nextSeq(now: number): number {
    this.#lastSeq = Math.max(this.#lastSeq + 1, now);
    return this.#lastSeq;
  }

  #note(reaction: Reaction): void {
    const name = nameOfRef(reaction.to);
    const others = (this.#reactions.get(name) ?? []).filter(
      (each) => each.by !== reaction.by || each.kind !== reaction.kind,
    );
    this.#reactions.set(name, reaction.on ? [...others, reaction] : others);
  }
}
