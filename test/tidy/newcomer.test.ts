import { describe, expect, it } from 'vitest';
import { type Finding, listFiles, readText } from './source.js';

/** The most files that a newcomer opens after ARCHITECTURE.md. */
const FILES_MAX = 3;

/** A question, the files that lead to its answer, and the answer. */
interface Question {
  readonly text: string;
  readonly files: readonly string[];
  readonly answer: string;
}

/** Reads the questions of newcomer.md: a heading, a numbered list of files, and the answer. */
function readQuestions(document: string): Question[] {
  const parts = document.split(/^#{2,3} /m).filter((part) => /^[^\n]*\?\n/.test(part));
  return parts.map((part) => {
    const [text = '', ...lines] = part.split('\n');
    const files = lines.flatMap((line) => /^\d+\. \[([^\]]+)\]/.exec(line)?.[1] ?? []);
    return { text, files, answer: lines.filter((line) => !/^\d+\. \[/.test(line)).join('\n') };
  });
}

/**
 * The files of a question exist, lead from ARCHITECTURE.md to each other, are few, and have the names in the answer.
 */
function findDetours({ text, files, answer }: Question, read: (path: string) => string | undefined): Finding[] {
  const findings: Finding[] = [];
  if (files.length === 0 || files.length > FILES_MAX) findings.push(`leads over ${files.length} files`);
  const opened = [read('ARCHITECTURE.md') ?? ''];
  for (const [index, file] of files.entries()) {
    const content = read(file);
    const name = file.replace(/^.*\//, '').replace(/\.\w+$/, '');
    const isNamed = index === 0 ? opened[0]?.includes(`(${file})`) : opened.some((each) => isIn(each, file, name));
    if (content === undefined) findings.push(`${file} does not exist`);
    else if (!isNamed) findings.push(`nothing that was opened before names ${file}`);
    opened.push(content ?? '');
  }
  for (const [, name = ''] of answer.matchAll(/`(\w+)`/g))
    if (!opened.slice(1).some((each) => each.includes(name))) findings.push(`no file of the path has \`${name}\``);
  return findings.map((finding) => `${text}: ${finding}`);
}

/** Whether a file that was opened names another one: by its path, or by the entry of a package that it is. */
function isIn(opened: string, file: string, name: string): boolean {
  const [, folder, entry] = /^packages\/([\w-]+)\/src\/entry\/(.+)\.ts$/.exec(file) ?? [];
  const scope = folder === 'naru' ? folder : `@naru/${folder}`;
  return opened.includes(`/${name}.`) || (entry !== undefined && opened.includes(`'${scope}/${entry}'`));
}

const paths = new Set(listFiles());
const questions = readQuestions(readText('test/tidy/newcomer.md'));

describe('the questions of a newcomer', () => {
  it.each(questions.map((question) => [question.text, question] as const))('%s', (_, question) => {
    expect(findDetours(question, (path) => (paths.has(path) ? readText(path) : undefined))).toEqual([]);
  });

  it('are at least six', () => expect(questions.length).toBeGreaterThanOrEqual(6));

  it('fail if a file is missing, unnamed, one too many, or lacks what the answer says', () => {
    const files: Record<string, string> = {
      'ARCHITECTURE.md': '[a](src/a.ts)',
      'src/a.ts': "import './b.js'",
      'src/b.ts': 'const size = 1;',
      'src/c.ts': '',
    };
    const find = (path: readonly string[], answer: string) =>
      findDetours({ text: 'Why?', files: path, answer }, (file) => files[file]);
    expect(find(['src/a.ts', 'src/b.ts'], 'It is the `size`.')).toEqual([]);
    expect(find(['src/a.ts', 'src/b.ts'], 'It is the `time`.')).toEqual(['Why?: no file of the path has `time`']);
    expect(find(['src/b.ts'], '')).toEqual(['Why?: nothing that was opened before names src/b.ts']);
    expect(find(['src/a.ts', 'src/c.ts'], '')).toEqual(['Why?: nothing that was opened before names src/c.ts']);
    expect(find(['src/a.ts', 'src/d.ts'], '')).toEqual(['Why?: src/d.ts does not exist']);
    expect(find(['src/a.ts', 'src/b.ts', 'src/b.ts', 'src/b.ts'], '')).toEqual(['Why?: leads over 4 files']);
    expect(find([], '')).toEqual(['Why?: leads over 0 files']);
  });
});
