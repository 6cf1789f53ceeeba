/** Goes over the texts of a folder in slices: to look at many of them without holding up everybody else, and to keep them within bounds. */

import { utf8Size } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { TextBounds } from '../backplane.js';
import type { Database, StoredText } from './database.js';

/** The key of the text that was looked at last. */
export type TextPlace = string;

/** Which texts: from behind a place on (the first, without one), those of a prefix (all, without one), and how many at the most. */
export interface TextSlice {
  readonly from: TextPlace | undefined;
  readonly prefix?: string;
  readonly limit: number;
}

/** Which texts are to be kept within which bounds. */
export interface TextTrim {
  readonly prefix: string;
  readonly bounds: TextBounds;
  /** Whether the folder is closed, and nothing is to be read there any more. */
  isOver(): boolean;
}

/** Texts that are looked at before others have their turn. */
const SLICE = 1_000;

/** Calls back for each text of a slice, by key, and gives the place at which it ended; nothing when there were no more behind it. */
export function forEachText(
  texts: Database['texts'],
  { from, prefix = '', limit }: TextSlice,
  onText: (key: string, text: StoredText) => void,
): TextPlace | undefined {
  let last: TextPlace | undefined;
  let count = 0;
  const end = prefix === '' ? {} : { end: `${prefix}\uffff` };
  // The text at the place itself comes first, and one more says whether there are more.
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
 * Removes texts, those first that expire first, until the others are within the bounds. Between two slices others have their turn.
 * Rejects when it cannot be written.
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
  const excess = ages.beyond(bounds);
  if (!excess) return;
  await inSlices(clock, trim, (from) =>
    root.transactionSync(() =>
      forEachText(texts, { from, prefix, limit: SLICE }, (key, text) => {
        if (!isCounted(text) || !excess.take(text, sizeOf(key, text))) return;
        texts.removeSync(key);
      }),
    ),
  );
}

async function inSlices(
  clock: Clock,
  { isOver }: TextTrim,
  look: (from: TextPlace | undefined) => TextPlace | undefined,
): Promise<void> {
  let from: TextPlace | undefined;
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

/** How many texts expire in each second, and their bytes: so that they need not be sorted, nor be in memory all at once. */
class Ages {
  readonly #seconds = new Map<number, { count: number; bytes: number }>();
  #count = 0;
  #bytes = 0;

  add(text: StoredText, bytes: number): void {
    const second = secondOf(text);
    const sum = this.#seconds.get(second);
    if (sum) {
      sum.count += 1;
      sum.bytes += bytes;
    } else {
      this.#seconds.set(second, { count: 1, bytes });
    }
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** What is too much; nothing when all is within the bounds. */
  beyond({ countMax, bytesMax }: TextBounds): Excess | undefined {
    let count = this.#count - countMax;
    let bytes = this.#bytes - bytesMax;
    if (count <= 0 && bytes <= 0) return undefined;
    const oldestFirst = [...this.#seconds].sort(([one], [other]) => one - other);
    for (const [second, sum] of oldestFirst) {
      if (sum.count >= count && sum.bytes >= bytes) return new Excess(second, count, bytes);
      count -= sum.count;
      bytes -= sum.bytes;
    }
    return new Excess(Number.POSITIVE_INFINITY, count, bytes);
  }
}

/** What is to go: all that expires before a second, and so much of what expires in it. */
class Excess {
  readonly #second: number;
  #count: number;
  #bytes: number;

  constructor(second: number, count: number, bytes: number) {
    this.#second = second;
    this.#count = count;
    this.#bytes = bytes;
  }

  /** Whether a text is to go. */
  take(text: StoredText, bytes: number): boolean {
    const second = secondOf(text);
    if (second !== this.#second) return second < this.#second;
    if (this.#count <= 0 && this.#bytes <= 0) return false;
    this.#count -= 1;
    this.#bytes -= bytes;
    return true;
  }
}
