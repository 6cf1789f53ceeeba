/** Erases events of one namespace for the application, and sets how long its log keeps events. */
import { decodeOffset, type Erasure, type Offset, type Retention } from '../../backplane/backplane.js';
import { ConfigError, shown, UnavailableError } from '../../base/errors.js';
import { bytes, milliseconds } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options, readOptions } from '../../base/options/table.js';
import { checkAuthor } from '../event/author.js';
import type { Room } from '../event/target.js';
import { NEEDS_LOG } from '../log/log-home.js';
import type { NamespaceLog } from '../log/namespace-log.js';

/** Chooses events to erase. Exactly one of these. */
export type EraseWish =
  /** The events that were sent to a room, alone or with other rooms. */
  | { readonly room: Room }
  /** The events that one person said, as `by` named the person. */
  | { readonly by: string }
  /** The event with an offset. */
  | { readonly offset: Offset }
  /** All events of the namespace. */
  | { readonly all: true };

/** The table of `retain`. */
export const retainTable = options('retain', {
  /** Age up to which events are kept. @default the age of the backplane */
  ageMs: milliseconds(undefined, { max: Number.POSITIVE_INFINITY }),
  /** Bytes of events that are kept. @default the bytes of the backplane */
  bytes: bytes(undefined),
});

/** How long the log keeps the events of a namespace. */
export interface RetainOptions extends OptionsOf<typeof retainTable> {}

/** Whether a value is good for a criterion, and what the value has to be. */
const CRITERIA: Readonly<Record<string, readonly [expects: string, isGood: (value: unknown) => boolean]>> = {
  room: ['the name of a room', (value) => typeof value === 'string' && value !== ''],
  by: ['the name of a person', (value) => checkAuthor(value) === undefined],
  offset: ['the offset of an event', (value) => decodeOffset(value) !== undefined],
  all: ['true', (value) => value === true],
};

const HINT = 'name exactly one of { room }, { by }, { offset } and { all: true }';

/** The erasures and the retention of one namespace. */
export class Erasures {
  readonly #name: string;
  readonly #log: NamespaceLog | undefined;
  readonly #settle: () => void;
  /** The erasures that are being carried out. */
  open = 0;

  /** `settle` appends the events that wait for the end of the turn. */
  constructor(name: string, log: NamespaceLog | undefined, settle: () => void) {
    this.#name = name;
    this.#log = log;
    this.#settle = settle;
  }

  /**
   * Erases the events that were emitted before the call. Returns their number. Rejects with ConfigError for an invalid
   * wish and without a log, and with UnavailableError when the log fails. Some events may then be erased, and a second
   * call erases the rest.
   */
  async erase(wish: EraseWish): Promise<number> {
    const what = checkWish(wish);
    const log = this.#requireLog();
    this.#settle();
    this.open += 1;
    try {
      return await log.erase(what);
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnavailableError('IO_FAILED', `the events of ${this.#name} could not be erased: ${reason}`, error);
    } finally {
      this.open -= 1;
    }
  }

  /** Sets the retention. Throws ConfigError for invalid options and without a log. */
  retain(given: RetainOptions): void {
    const { ageMs, bytes: bytesMax } = readOptions(retainTable, given ?? null);
    const retention: Partial<Retention> = {
      ...(ageMs !== undefined && { ageMs }),
      ...(bytesMax !== undefined && { bytes: bytesMax }),
    };
    this.#requireLog().retain(retention);
  }

  #requireLog(): NamespaceLog {
    if (this.#log) return this.#log;
    throw new ConfigError('WRONG_STATE', `"${this.#name}" keeps no events: ${NEEDS_LOG}`);
  }
}

/** Returns the erasure. A missing value must never erase more than was meant, so everything unclear is refused. */
function checkWish(wish: unknown): Erasure {
  const [first, ...more] = isObject(wish) ? Object.entries(wish) : [];
  if (!first || more.length > 0) throw new ConfigError('BAD_ARGUMENT', `erase: ${HINT}, got ${shown(wish)}`);
  const [name, value] = first;
  const criterion = Object.hasOwn(CRITERIA, name) ? CRITERIA[name] : undefined;
  if (!criterion) throw new ConfigError('BAD_ARGUMENT', `erase: "${name}" is not a criterion: ${HINT}`);
  const [expects, isGood] = criterion;
  if (!isGood(value)) throw new ConfigError('BAD_ARGUMENT', `erase: "${name}" must be ${expects}, got ${shown(value)}`);
  return { [name]: value } as Erasure;
}
