/** Checks the size limits. Code that does not fit on a few screens has more than one noun. */

import { dirname } from 'node:path/posix';
import type { Node } from 'oxc-parser';
import { type Finding, finding, lineAt, type Rule, walk } from './source.js';

/** The most lines of a file. */
export const fileLinesMax = 400;

/** The most lines of a function, including its first and its last line. */
export const functionLinesMax = 60;

/** The most files of a folder, without its subfolders. */
export const folderFilesMax = 15;

/** No folder has more files than the limit. A larger one has a concept inside that deserves its own folder. */
export function holdFolderSize(paths: readonly string[]): Finding[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > folderFilesMax)
    .map(([folder, count]) => `${folder}: ${count} files; a folder has at most ${folderFilesMax}`);
}

/** No file is longer than the limit. */
export const holdFileSize: Rule = (source) => {
  const lines = source.text.replace(/\n$/, '').split('\n').length;
  return lines > fileLinesMax ? [finding(source, 0, `${lines} lines; a file has at most ${fileLinesMax}`)] : [];
};

/** No function is longer than the limit, including methods and arrow functions. */
export const holdFunctionSize: Rule = (source) => {
  const findings: Finding[] = [];
  walk(source.program, (node, parent) => {
    if (!isFunction(node)) return;
    const lines = lineAt(source.text, node.end) - lineAt(source.text, node.start) + 1;
    if (lines <= functionLinesMax) return;
    findings.push(
      finding(source, node.start, `${nameOf(node, parent)} has ${lines} lines; at most ${functionLinesMax}`),
    );
  });
  return findings;
};

function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function nameOf(node: Node, parent: Node | undefined): string {
  for (const each of [node, parent]) {
    for (const field of ['id', 'key'] as const) {
      const name = each !== undefined && field in each ? (each as unknown as Record<string, Node | null>)[field] : null;
      if (name?.type === 'Identifier' || name?.type === 'PrivateIdentifier') return name.name;
    }
  }
  return 'a function';
}
