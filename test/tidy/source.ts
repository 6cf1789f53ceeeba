/** Files of the repository as the rules see them: parsed, with lines. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Comment, type Node, type Program, parseSync, visitorKeys } from 'oxc-parser';

/** A finding of a rule, as `path:line: message`. */
export type Finding = string;

/** A parsed module. */
export interface Source {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** A rule looks at one source, and may look at the others. */
export type Rule = (source: Source, all: ReadonlyMap<string, Source>) => Finding[];

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Lists every file in the repository, and every new one that git does not ignore. */
export function listFiles(): string[] {
  // The owner of the folder may be another user, as in a container.
  const words = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const output = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  return output.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

/** Returns the text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Parses a module. Throws when it does not parse, because rules cannot judge it then. */
export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  return { path, text, program, comments };
}

/** Returns the modules among `paths` that match `pattern`, parsed, by path. */
export function readSources(paths: readonly string[], pattern: RegExp): Map<string, Source> {
  const matching = paths.filter((path) => pattern.test(path) && /\.(ts|tsx|mts|cts|js|mjs|cjs)$/.test(path));
  return new Map(matching.map((path) => [path, parse(path, readText(path))]));
}

/** Returns the 1-based line of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Writes a finding about the place `offset` of a source. */
export function finding(source: Pick<Source, 'path' | 'text'>, offset: number, message: string): Finding {
  return `${source.path}:${lineAt(source.text, offset)}: ${message}`;
}

/** Visits every node below `node`, itself included, in the order of the text. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, Node | (Node | null)[] | null | undefined>)[key];
    for (const each of Array.isArray(child) ? child : [child]) {
      if (each !== null && each !== undefined) walk(each, visit, node);
    }
  }
}
