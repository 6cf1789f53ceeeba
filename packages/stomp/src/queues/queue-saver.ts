/**
 * Stores the state of the work queues, so that their entries can make room for new ones. One process at a time does so.
 */
import type { Clock } from 'naru/base';
import type { StoredMessage } from './message-queue.js';
import type { QueueCommand } from './queue-entry.js';
import type { QueueAnswer, QueueFold } from './queue-fold.js';
import type { QueueJournal } from './queue-journal.js';

/** The parts of the queues that it uses. */
export interface QueueSaverContext {
  readonly clock: Clock;
  /** Entries after which the state is stored, and bytes of them. */
  readonly savedAfter: number;
  readonly bytesMax: number;
  /** Entries after which it is stored in any case. Before that, a large state waits for as many as it has messages. */
  readonly placesMax: number;
  /** The present state. */
  fold(): QueueFold | undefined;
  textOf(message: StoredMessage): Promise<string | undefined>;
  /** Writes a command. `onAnswer` is called in the state right after it. */
  ask(command: () => QueueCommand, onAnswer?: (answer: QueueAnswer) => void): Promise<unknown>;
}

/** Milliseconds after which another process takes over from one that does not get on. */
const PATIENCE_MS = 10_000;
/** Requests that are made at once. */
const AT_ONCE = 32;
/** If it fails, it is tried again after so many milliseconds. */
const RETRY_MS = 1_000;

/** The state as it is to be stored. */
interface Snapshot {
  /** The entry after which somebody else has begun to store the state, and has not come to an end. */
  readonly instead: number;
  readonly sequence: number;
  readonly state: string;
  /** Messages whose texts stand in entries only. */
  readonly messages: readonly StoredMessage[];
  readonly dead: readonly string[];
}

/** Stores the state from time to time. */
export class QueueSaver {
  readonly #journal: QueueJournal;
  readonly #context: QueueSaverContext;
  #isSaving = false;
  #notBefore = 0;
  /** A state that this process could not store. It is tried again, so that no attempt takes another place. */
  #failed: Snapshot | undefined;
  /** The entry whose state a process stores, and since when this process knows that. */
  #saving: { readonly sequence: number; readonly since: number } | undefined;

  constructor(journal: QueueJournal, context: QueueSaverContext) {
    this.#journal = journal;
    this.#context = context;
  }

  /** There is a newer state. */
  onApplied({ saving }: QueueFold): void {
    if (saving === this.#saving?.sequence) return;
    this.#saving = saving === undefined ? undefined : { sequence: saving, since: this.#context.clock.now() };
  }

  /** This process has written an entry. `bytes` is the size of the entries since the newest stored state. */
  onWritten(fold: QueueFold, bytes: number): void {
    const { savedAfter, bytesMax, placesMax, clock } = this.#context;
    const count = fold.sequence - Math.max(fold.saved, this.#journal.head?.sequence ?? 0);
    const isDue = count >= Math.min(placesMax, Math.max(savedAfter, fold.count)) || bytes >= bytesMax;
    if (!isDue || this.#isSaving || clock.now() < this.#notBefore) return;
    this.onApplied(fold);
    const isOther = this.#saving && this.#saving.sequence !== this.#failed?.sequence;
    if (isOther && clock.now() - (this.#saving?.since ?? 0) < PATIENCE_MS) return;
    this.#isSaving = true;
    void this.#save().then((isStored) => {
      this.#isSaving = false;
      this.#notBefore = isStored ? 0 : clock.now() + RETRY_MS;
    });
  }

  async #save(): Promise<boolean> {
    const { ask, fold } = this.#context;
    let snapshot = this.#failed?.sequence === fold()?.saving ? this.#failed : undefined;
    this.#failed = undefined;
    let instead: number | undefined;
    const begin = (): QueueCommand => {
      instead = fold()?.saving;
      return { op: 'save', instead };
    };
    const onAnswer = (answer: QueueAnswer): void => {
      const state = fold();
      if (answer === true && state) snapshot = snapshotOf(state, instead ?? 0);
    };
    try {
      if (!snapshot) await ask(begin, onAnswer);
      return snapshot !== undefined && (await this.#store(snapshot));
    } catch {
      // The store has no room, or cannot be reached. The queues work as before, and somebody tries again.
      this.#failed = snapshot;
      return false;
    }
  }

  async #store({ sequence, instead, state, messages, dead }: Snapshot): Promise<boolean> {
    const journal = this.#journal;
    await inParts(messages, (message) => this.#move(message));
    const before = await journal.save(sequence, state);
    if (before === 'late') return false;
    for (const old of [before?.previous, before?.sequence, instead]) await journal.removeState(old ?? 0);
    const first = Math.max(1, before?.sequence ?? 1);
    const entries = Array.from({ length: sequence - first }, (_, at) => first + at);
    await inParts(entries, (each) => journal.free(each));
    await inParts(dead, (key) => journal.deleteText(key));
    await this.#context.ask(() => ({ op: 'saved', sequence }));
    return true;
  }

  /** Stores the text of a message under its own key, unless the message has left its queue. */
  async #move(message: StoredMessage): Promise<void> {
    const text = message.isFinished ? undefined : await this.#context.textOf(message);
    if (text !== undefined && !message.isFinished) await this.#journal.setText(message.key, text);
  }
}

function snapshotOf(fold: QueueFold, instead: number): Snapshot {
  const messages = [...fold.messages()].filter(({ sequence }) => sequence > fold.saved);
  return { instead, sequence: fold.sequence, state: fold.encode(), messages, dead: fold.dead };
}

async function inParts<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE)
    await Promise.all(items.slice(from, from + AT_ONCE).map(task));
}
