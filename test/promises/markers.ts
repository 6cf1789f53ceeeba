/** Finds the promises that the documents mark, and the sentence before each mark. */
import { type Finding, lineAt } from '../tidy/source.js';

/** A mark in a document. */
export interface Marker {
  readonly id: string;
  readonly document: string;
  readonly line: number;
  /** The text of the paragraph, the item or the row before the mark, with single spaces and without other marks. */
  readonly before: string;
  /** Whether the mark begins a line. Markdown takes such a line for HTML, and shows its text as it is written. */
  readonly isFirst: boolean;
}

const mark = /<!-- promise: ([a-z0-9-]+) -->/g;

/** Returns the marks of a document in their order. A mark stands right after its sentence. */
export function findMarkers(document: string, text: string): Marker[] {
  return [...text.matchAll(mark)].map((match) => {
    const lineStart = text.lastIndexOf('\n', match.index) + 1;
    return {
      id: match[1] ?? '',
      document,
      line: lineAt(text, match.index),
      before: textBefore(text.slice(0, match.index)),
      isFirst: text.slice(lineStart, match.index).trim() === '',
    };
  });
}

/** Whether `before` ends with this sentence, or is a row of a table with these cells. */
export function isSaid(before: string, sentence: string): boolean {
  if (before === sentence) return true;
  return before.endsWith(` ${sentence}`) && /[.!?:]\*{0,2}$/.test(before.slice(0, -sentence.length - 1));
}

/** Returns a finding for each text that only looks like a mark. */
export function findBroken(document: string, text: string): Finding[] {
  return [...text.matchAll(/<!--\s*promises?\b[^>]*>/gi)]
    .filter(([whole]) => !new RegExp(`^${mark.source}$`).test(whole))
    .map((match) => `${document}:${lineAt(text, match.index)}: write <!-- promise: id -->, not ${match[0]}`);
}

/** Returns the text of the last block in `text`: a paragraph, an item of a list, or a row of a table. */
function textBefore(text: string): string {
  const lines = text.slice(text.lastIndexOf('\n\n') + 1).split('\n');
  const first = lines.findLastIndex((line) => /^\s*(?:[-*]|\d+\.|\||#+)\s/.test(line));
  const block = lines.slice(Math.max(0, first)).join(' ').replace(mark, ' ');
  if (/^\s*\|/.test(block)) return cellsOf(block).join(' | ');
  return block
    .replace(/^\s*(?:[-*]|\d+\.)\s/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\s*\|/, '')
    .split('|')
    .map((cell) => cell.replace(/\s+/g, ' ').trim());
}
