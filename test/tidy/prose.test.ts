import { describe, expect, it } from 'vitest';
import { findHabits, holdBudget, readComments, readDocument, readTestNames } from './prose.js';
import { type Finding, parse } from './source.js';

const inComment = (text: string): Finding[] => findHabits('x.ts', readComments(parse('x.ts', text)));
const inDocument = (text: string): Finding[] => findHabits('x.md', readDocument(text));
const inNames = (text: string): Finding[] => findHabits('x.test.ts', readTestNames(parse('x.test.ts', text)));
const long = (words: number): string => Array.from({ length: words }, () => 'word').join(' ');

describe('the habits', () => {
  it.each([
    ['a clause for a subject', 'Who enters later gets nothing.'],
    ['a clause after a conjunction', 'It is full. And what waits is dropped.'],
    ['a place for a subject', 'Where nothing waits it is written at once.'],
    ['a relative pronoun without a noun', 'Told to whoever waits, and for who comes.'],
    ['a negated noun', 'A name that is no text is refused.'],
    ['a place for a time', 'It arrives behind the answer.'],
    ['an earlier time without a noun', 'Closes the session of before.'],
    ['an old-fashioned turn', 'It is delivered all the same.'],
    ['a long sentence', `A ${long(33)}.`],
  ])('include %s', (_habit, sentence) => {
    expect(inComment(`// ${sentence}`)).toHaveLength(1);
    expect(inDocument(sentence)).toHaveLength(1);
  });

  it.each([
    'The client that enters later gets nothing.',
    'Where does it wait?',
    'There is no timer, and it is no longer needed.',
    'The server behind a proxy.',
    `A ${long(30)}. The next ${long(30)}.`,
    'No.',
  ])('do not include: %s', (sentence) => {
    expect(inComment(`// ${sentence}`)).toEqual([]);
    expect(inDocument(sentence)).toEqual([]);
  });

  it('are reported with file, line and sentence', () => {
    expect(inComment('\n// Fine so far.\n// What follows is not.')).toEqual([
      'x.ts:2: begins with a clause; begin with a noun: the client, the record, the process: What follows is not.',
    ]);
  });
});

describe('comments', () => {
  it('are read over several lines', () => {
    expect(inComment(`// A ${long(20)}\n// ${long(20)}`)).toHaveLength(1);
    expect(inComment(`/**\n * A ${long(20)}\n * ${long(20)}\n */`)).toHaveLength(1);
  });

  it.each([
    `// A ${long(20)}\n\n// B ${long(20)}`,
    `// A ${long(20)}\n//\n// B ${long(20)}`,
    `// A ${long(20)}\nlet x; // B ${long(20)}`,
    `/**\n * A ${long(20)}\n *\n * B ${long(20)}\n */`,
    `/**\n * A ${long(20)}\n * @param x B ${long(20)}\n */`,
    `// A ${long(20)}\n//   x     B ${long(20)}`,
    `/**\n * A ${long(20)}\n * - B ${long(10)}\n *   ${long(10)}\n */`,
  ])('are divided into paragraphs: %j', (text) => {
    expect(inComment(text)).toEqual([]);
  });

  it.each(['// biome-ignore lint: what it says', '// needs: apps', '/** `Who comes` is code. */', "'// What it is.';"])(
    'leave out code and directives: %s',
    (text) => {
      expect(inComment(text)).toEqual([]);
    },
  );

  it('leave out names and types of tags', () => {
    expect(inComment('/** @returns What it was. */')).toHaveLength(1);
    expect(inComment(`/** @type {Record<${long(40)}>} */`)).toEqual([]);
  });
});

describe('documents', () => {
  it.each([
    '- What comes is kept.',
    '1. What comes is kept.',
    '| a | What comes later is not kept. |',
    'A.\nWhat is it.',
  ])('have items, cells and paragraphs that are read: %j', (text) => {
    expect(inDocument(text)).toHaveLength(1);
  });

  it.each(['# What it is not', '```ts\nWhat it is.\n```', '| What it does |', '<p>What it is.', `[a](${long(40)})`])(
    'have code, headings and titles that are not: %j',
    (text) => {
      expect(inDocument(text)).toEqual([]);
    },
  );
});

describe('names of tests', () => {
  it.each([
    "it('what waits is dropped', () => {});",
    "describe('where no more can wait', () => {});",
    "test.each([1])('of who comes: %s', () => {});",
    "it.skipIf(x).each([1])('is no error', () => {});",
    'it(`what it is`, () => {});',
  ])('are read: %s', (text) => {
    expect(inNames(text)).toHaveLength(1);
  });

  it.each(["it('closes the session when a pong is late', () => {});", "/x/.test('what it is');", "say('what it is');"])(
    'pass: %s',
    (text) => {
      expect(inNames(text)).toEqual([]);
    },
  );
});

describe('a budget', () => {
  it('passes with exactly as many findings', () => {
    expect(holdBudget('src', ['a', 'b'], 2)).toEqual([]);
  });

  it('lists the findings when there are more', () => {
    expect(holdBudget('src', ['a', 'b'], 1)).toEqual(['src: 2 sentences to rewrite; the budget is 1', 'a', 'b']);
  });

  it('asks for a lower number when there are fewer', () => {
    expect(holdBudget('src', ['a'], 2)).toEqual(['src: lower its budget in test/tidy/prose-budget.ts from 2 to 1']);
  });
});
