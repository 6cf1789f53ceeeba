import { describe, expect, it } from 'vitest';
import { layers } from '../tidy/ranks.js';
import { listFiles, readText } from '../tidy/source.js';

/** Returns the ranks and names in the table of a folder's parts. */
function readParts(text: string, folder: string): (readonly [rank: number, part: string])[] {
  const [, table = ''] = text.split(`<!-- parts: ${folder} -->`);
  const rows = (table.split('<!-- end -->')[0] ?? '').matchAll(/^\| (\d+) \| `([^`]+)` \| \S/gm);
  return [...rows].map(([, rank, part = '']) => [Number(rank), part]);
}

describe.each([...layers])('the parts of %s', (folder, order) => {
  const listed = order.flatMap((parts, rank) => parts.map((part) => [rank, part] as const)).sort();

  it('have these ranks in ARCHITECTURE.md', () => {
    expect(readParts(readText('ARCHITECTURE.md'), folder).sort()).toEqual(listed);
  });

  it('are all there', () => {
    const paths = listFiles().filter((path) => path.startsWith(`${folder}/`));
    const parts = new Set(paths.map((path) => path.slice(folder.length + 1).split('/')[0]));
    expect([...parts].sort()).toEqual(listed.map(([, part]) => part).sort());
  });
});
