/** Reads what LMDB tells about the pages of its file, and about those who read it. */

/** The pages of the file. */
export interface PageCounts {
  /** Bytes of a page. */
  readonly size: number;
  /** The number of the last page. */
  readonly last: number;
  /** The pages that are in no table. */
  readonly free: number;
  /** The number of the newest transaction. */
  readonly transaction: number;
}

/** A table, or all of them. The statistics are what LMDB's binding returns. */
interface Counted {
  getStats(): object;
}

/** The pages of one tree. */
interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** The part of LMDB's statistics that Naru uses. */
interface EnvironmentStats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly lastTxnId: number;
  /** The list of the tables, and the list of the free pages. */
  readonly root: TreeStats;
  readonly free: TreeStats;
}

/** The pages at the beginning of the file, which belong to no tree. */
const HEAD_PAGES = 2;

/** Counts the pages of a file with these tables. */
export function countPages(environment: Counted, tables: readonly Counted[]): PageCounts {
  const stats = environment.getStats() as EnvironmentStats;
  const { pageSize: size, lastPageNumber: last, lastTxnId: transaction, root, free: freeList } = stats;
  const trees = tables.map((table) => table.getStats() as TreeStats);
  let free = last + 1 - HEAD_PAGES;
  for (const { treeBranchPageCount, treeLeafPageCount, overflowPages } of [root, freeList, ...trees])
    free -= treeBranchPageCount + treeLeafPageCount + overflowPages;
  return { size, last, free, transaction };
}

/** Returns the oldest transaction in LMDB's list of readers, Infinity when nobody reads. */
export function oldestReader(readers: string): number {
  // Each line has a process, a thread and a transaction, or a dash for a reader that is idle.
  return Math.min(...[...readers.matchAll(/ (\d+)$/gm)].map(([, transaction]) => Number(transaction)));
}
