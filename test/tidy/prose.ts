/**
 * Checks the English of comments, documents and test names. It counts sentences with habits that make people read
 * twice, and lets their number only fall.
 */
import type { Comment, Expression, Node } from 'oxc-parser';
import { type Finding, lineAt, type Source, walk } from './source.js';

/** Running text of a comment, a document or a test's name, and its first line. */
export interface Passage {
  readonly text: string;
  readonly line: number;
}

/** The most words of a sentence; about 20 are better. */
export const wordsMax = 32;

/** A habit, and what is wrong with it. */
interface Habit {
  readonly pattern: RegExp;
  readonly says: string;
}

const clause = 'Who|Whom|Whose|Whoever|What|Whatever|Where|Wherever|Which|Whichever';
const places = 'it|them|that|this|each other|the (?:answer|first|last|event|next|offset|one)|X';

const habits: readonly Habit[] = [
  {
    pattern: new RegExp(`^(?:${clause}|(?:And|But|So) (?:${clause.toLowerCase()}))\\b(?!.*\\?$)`),
    says: 'begins with a clause; begin with a noun: the client, the record, the process',
  },
  {
    pattern: /\b(?:for|to|by|of|from|than|with|among) (?:who|whom|whoever)\b/i,
    says: '"for who ..." names nobody; use a noun',
  },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) (?:no|none)\b(?! (?:longer|more))/i,
    says: '"is no ..."; write what it is, or "is not a ..."',
  },
  { pattern: new RegExp(`\\bbehind (?:${places})\\b`, 'i'), says: '"behind" is for places; use "after" for time' },
  {
    pattern: /\b(?:of|from) (?:before|today|yesterday)\b(?!['’]s| \w)/i,
    says: '"of before"; use "earlier" or "previous"',
  },
  {
    pattern:
      /\b(?:so (?:does|do|is|are) who|be it|all the same|in its stead|of one's own|by itself alone|what there is)\b/i,
    says: 'an old-fashioned turn; say it plainly',
  },
];

/** Divides running text into sentences. Code and the targets of links do not count. */
function sentencesOf(text: string): string[] {
  const plain = text.replace(/`[^`]*`/g, 'X').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return plain.split(/(?<=[.!?:;])\s+(?=[A-Z(])/);
}

/** Returns a finding for each sentence of `passages` that has a habit or is too long. */
export function findHabits(path: string, passages: readonly Passage[]): Finding[] {
  return passages.flatMap(({ text, line }) =>
    sentencesOf(text).flatMap((sentence) => {
      const count = sentence.split(/\s+/).length;
      if (count < 3) return [];
      const habit = habits.find(({ pattern }) => pattern.test(sentence));
      const says = habit?.says ?? (count > wordsMax ? `${count} words; split the sentence` : undefined);
      return says === undefined ? [] : [`${path}:${line}: ${says}: ${sentence.slice(0, 120)}`];
    }),
  );
}

/** The start of a comment for a program. */
export const directive = /^\s*(?:biome|@ts-|eslint|#|needs:|<reference)/;

/** Returns the running text of a module's comments. Line comments below each other belong together. */
export function readComments(source: Source): Passage[] {
  const passages: Passage[] = [];
  let run: Comment[] = [];
  const flush = (): void => {
    const [first] = run;
    if (first !== undefined) passages.push(...readRun(run, lineAt(source.text, first.start)));
    run = [];
  };
  for (const comment of source.comments) {
    const last = run.at(-1);
    const isNext =
      last?.type === 'Line' && comment.type === 'Line' && /^\n[ \t]*$/.test(source.text.slice(last.end, comment.start));
    if (!isNext) flush();
    if (!directive.test(comment.value)) run.push(comment);
  }
  flush();
  return passages;
}

/** Returns the paragraphs of comments that belong together. Tags, items of lists and rows of tables begin a new one. */
function readRun(run: readonly Comment[], firstLine: number): Passage[] {
  const lines = run.flatMap(({ value }) => value.split('\n')).map((line) => line.replace(/^\s*\*+ ?|^ /, '').trimEnd());
  return joinParagraphs(lines, firstLine, /^(?:@\w+\s*|[-*]\s+| {2,}(?=\S+ {2}))/).map(({ text, line }) => ({
    text: text.replace(/^\{.*\}/, '').trim(),
    line,
  }));
}

/** Joins lines to paragraphs. They end before an empty line, and before one that matches `opening`. */
function joinParagraphs(lines: readonly string[], firstLine: number, opening: RegExp): Passage[] {
  const paragraphs: { text: string; line: number }[] = [];
  let isOpen = false;
  for (const [index, line] of lines.entries()) {
    const text = line.replace(opening, '').trim();
    const last = paragraphs.at(-1);
    if (isOpen && text !== '' && last !== undefined && !opening.test(line)) last.text += ` ${text}`;
    else if (text !== '') paragraphs.push({ text, line: firstLine + index });
    isOpen = text !== '';
  }
  return paragraphs;
}

/**
 * Returns the running text of a document: paragraphs, items of lists, and cells of tables, without code and headings.
 */
export function readDocument(text: string): Passage[] {
  const blank = (code: string) => code.replace(/[^\n]/g, '');
  const prose = text.replace(/ ?<!-- promise: .*? -->/g, '');
  const lines = prose.replace(/^([ \t]*)(```|~~~).*\n[\s\S]*?^\1\2[^\n]*$/gm, blank).split('\n');
  const running = lines.map((line) => (/^\s*[#<|]/.test(line) ? '' : line));
  const cells = lines.flatMap((line, index) =>
    /^\s*\|/.test(line) ? line.split('|').map((cell) => ({ text: cell.trim(), line: index + 1 })) : [],
  );
  return [
    ...joinParagraphs(running, 1, /^\s*(?:[-*]|\d+\.)\s+/),
    ...cells.filter(({ text }) => text.split(/\s+/).length > 4),
  ];
}

/**
 * Returns the names of a module's tests and groups, with a capital letter, because people read a name as a sentence.
 */
export function readTestNames(source: Source): Passage[] {
  const passages: Passage[] = [];
  const add = (name: string, line: number) =>
    passages.push({ text: name.charAt(0).toUpperCase() + name.slice(1), line });
  walk(source.program, (node: Node) => {
    if (node.type !== 'CallExpression' || !/^(?:describe|it|test)$/.test(rootOf(node.callee))) return;
    const [first] = node.arguments;
    const line = first === undefined ? 0 : lineAt(source.text, first.start);
    if (first?.type === 'Literal' && typeof first.value === 'string') add(first.value, line);
    if (first?.type === 'TemplateLiteral') add(first.quasis.map(({ value }) => value.raw).join('X'), line);
  });
  return passages;
}

/** Returns the first name of a chain such as `it.each(rows)`. */
function rootOf(callee: Expression): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return rootOf(callee.object);
  return callee.type === 'CallExpression' ? rootOf(callee.callee) : '';
}

/** Compares the findings of an area with its budget. Fewer fail as well as more, so that the budget is lowered. */
export function holdBudget(area: string, findings: readonly Finding[], budget: number): Finding[] {
  const count = findings.length;
  if (count > budget) return [`${area}: ${count} sentences to rewrite; the budget is ${budget}`, ...findings];
  if (count < budget) return [`${area}: lower its budget in test/tidy/prose-budget.ts from ${budget} to ${count}`];
  return [];
}
