/** The rights of a token: how its client may use rooms by itself. */
import type { RoomAct } from 'naru/guard';
import { isPattern, PATTERN_MAX, Pattern } from './pattern.js';
import { refusal } from './refusal.js';

/** One right. `presence` covers to see who is in a room, and to change one's own presence there. */
export type RoomRight = 'subscribe' | 'publish' | 'history' | 'presence';

/** Rights by patterns of room names, in which `*` stands for any characters. `'*'` in place of a list means all. */
export type RoomRights = Readonly<Record<string, readonly RoomRight[] | '*'>>;

const ALL: readonly RoomRight[] = ['subscribe', 'publish', 'history', 'presence'];
/** The most patterns of one token. */
const PATTERNS_MAX = 64;

/** The rights of one token. */
export class Rights {
  readonly #patterns: ReadonlyMap<RoomRight, readonly Pattern[]>;

  private constructor(patterns: ReadonlyMap<RoomRight, readonly Pattern[]>) {
    this.#patterns = patterns;
  }

  /** Reads rights. Throws a refusal for anything else, because a token with half of its rights would be a riddle. */
  static of(given: unknown): Rights {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw refusal('TOKEN_INVALID', `The rights of a token must be an object of patterns, got ${kindOf(given)}`);
    const entries = Object.entries(given);
    if (entries.length > PATTERNS_MAX)
      throw refusal('TOKEN_INVALID', `A token may have rights for ${PATTERNS_MAX} patterns`);
    const patterns = new Map<RoomRight, Pattern[]>(ALL.map((right) => [right, []]));
    for (const [text, rights] of entries) {
      if (!isPattern(text))
        throw refusal('TOKEN_INVALID', `A pattern of rooms has 1 to ${PATTERN_MAX} characters, at most 8 of them "*"`);
      const pattern = new Pattern(text);
      for (const right of listOf(rights)) patterns.get(right)?.push(pattern);
    }
    return new Rights(patterns);
  }

  /** Rights to subscribe, from the patterns that `subscriptions` of other rights has given. */
  static ofSubscriptions(subscriptions: readonly string[]): Rights {
    return new Rights(new Map([['subscribe', subscriptions.filter(isPattern).map((text) => new Pattern(text))]]));
  }

  /** The patterns of the rooms that the holder may subscribe to. */
  get subscriptions(): readonly string[] {
    return (this.#patterns.get('subscribe') ?? []).map(({ text }) => text);
  }

  /** Whether these rights cover a pattern that later ones do not. Equal sets of rooms in other words count as less. */
  hasMoreThan(later: Rights): boolean {
    return ALL.some((right) => {
      const kept = new Set(later.#patterns.get(right)?.map(({ text }) => text));
      return this.#patterns.get(right)?.some(({ text }) => !kept.has(text)) === true;
    });
  }

  allows(act: RoomAct, room: string): boolean {
    return (this.#patterns.get(rightOf(act)) ?? []).some((pattern) => pattern.matches(room));
  }
}

/** Returns the right that a use of a room needs. */
export function rightOf(act: RoomAct): RoomRight {
  if (act === 'enter' || act === 'leave') return 'subscribe';
  return act === 'ownPresence' ? 'presence' : act;
}

function listOf(rights: unknown): readonly RoomRight[] {
  if (rights === '*') return ALL;
  if (Array.isArray(rights) && rights.every((right) => ALL.includes(right))) return rights;
  throw refusal('TOKEN_INVALID', `Rights are "*" or a list of ${ALL.join(', ')}, got ${kindOf(rights)}`);
}

/** Says of which kind a claim is. Its value goes into no text. */
function kindOf(claim: unknown): string {
  return claim === null ? 'null' : Array.isArray(claim) ? 'a list' : `a value of type ${typeof claim}`;
}
