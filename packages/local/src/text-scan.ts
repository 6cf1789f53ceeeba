/** Scans the texts of a folder in slices, so that other work runs in between, and keeps them within bounds. */

import type { TextBounds } from 'naru/backplane';
import type { Clock } from 'naru/base';
import { getOrCreate, utf8Size } from 'naru/base';
import type { Database, StoredText } from './database.js';

/**
 * Selects texts: those after the key `from` (default: from the first), of one prefix (default: all), and at most
 * `limit` of them.
 */
export interface TextSlice {
  readonly from: string | undefined;
  readonly prefix?: string;
  readonly limit: number;
}

/** The texts to trim, and their bounds. */
export interface TextTrim {
  readonly prefix: string;
  readonly bounds: TextBounds;
  /** Whether the folder is closed and must not be read any more. */
  isOver(): boolean;
}

/** Texts that are read before other work runs. */
const SLICE = 1_000;

/**
 * Calls `onText` for each text of a slice, sorted by key. Returns the key of the last one, or `undefined` when no more
 * follow.
 */
export function forEachText(
  texts: Database['texts'],
  { from, prefix = '', limit }: TextSlice,
  onText: (key: string, text: StoredText) => void,
): string | undefined {
  let last: string | undefined;
  let count = 0;
  const end = prefix === '' ? {} : { end: `${prefix}\uffff` };
  // Two more than the limit: the text of `from` itself comes first, and one after the slice shows that more follow.
  for (const { key, value } of texts.getRange({ start: from ?? prefix, ...end, limit: limit + 2 })) {
    if (key === from) continue;
    if (count === limit) return last;
    onText(key, value);
    last = key;
    count += 1;
  }
  return undefined;
}

/**
 * Removes texts until the rest is within the bounds. The texts that expire first go first. Other work runs between two
 * slices. Rejects when the folder cannot be written.
 */
export async function trimTexts({ root, texts }: Database, clock: Clock, trim: TextTrim): Promise<void> {
  const { prefix, bounds } = trim;
  const sparedTo = clock.now() + bounds.sparedMs;
  const isCounted = ({ expiresAt }: StoredText): boolean => expiresAt === 0 || expiresAt > sparedTo;
  const ages = new Ages();
  await inSlices(clock, trim, (from) =>
    forEachText(texts, { from, prefix, limit: SLICE }, (key, text) => {
      if (isCounted(text)) ages.add(text, sizeOf(key, text));
    }),
  );
  const isExcess = ages.excessOf(bounds);
  if (!isExcess) return;
  await inSlices(clock, trim, (from) =>
    root.transactionSync(() =>
      forEachText(texts, { from, prefix, limit: SLICE }, (key, text) => {
        if (isCounted(text) && isExcess(text, sizeOf(key, text))) texts.removeSync(key);
      }),
    ),
  );
}

async function inSlices(
  clock: Clock,
  { isOver }: TextTrim,
  look: (from: string | undefined) => string | undefined,
): Promise<void> {
  let from: string | undefined;
  do {
    await new Promise<void>((resolve) => clock.defer(resolve, undefined));
    if (isOver()) return;
    from = look(from);
  } while (from !== undefined);
}

function sizeOf(key: string, { value }: StoredText): number {
  return utf8Size(key) + utf8Size(value);
}

/** The second in which a text expires. */
function secondOf({ expiresAt }: StoredText): number {
  return expiresAt === 0 ? Number.POSITIVE_INFINITY : Math.floor(expiresAt / 1_000);
}

/**
 * Counts and bytes of texts by the second of their expiry. So the texts need neither be sorted nor be in memory all at
 * once.
 */
class Ages {
  readonly #seconds = new Map<number, { count: number; bytes: number }>();
  #count = 0;
  #bytes = 0;

  add(text: StoredText, bytes: number): void {
    const sum = getOrCreate(this.#seconds, secondOf(text), () => ({ count: 0, bytes: 0 }));
    sum.count += 1;
    sum.bytes += bytes;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /**
   * Returns a function that decides for one text after the other whether it must go. All texts that expire before a
   * certain second go, and as many as needed of those that expire in that second. Returns `undefined` when the texts
   * are within the bounds.
   */
  excessOf({ countMax, bytesMax }: TextBounds): ((text: StoredText, bytes: number) => boolean) | undefined {
    let count = this.#count - countMax;
    let bytes = this.#bytes - bytesMax;
    if (count <= 0 && bytes <= 0) return undefined;
    let last = Number.POSITIVE_INFINITY;
    for (const [second, sum] of [...this.#seconds].sort(([one], [other]) => one - other)) {
      last = second;
      if (sum.count >= count && sum.bytes >= bytes) break;
      count -= sum.count;
      bytes -= sum.bytes;
    }
    return (text, size) => {
      const second = secondOf(text);
      if (second !== last || (count <= 0 && bytes <= 0)) return second < last;
      count -= 1;
      bytes -= size;
      return true;
    };
  }
}
