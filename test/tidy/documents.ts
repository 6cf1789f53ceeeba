/**
 * Checks the documents: links and names of files lead somewhere, and nothing names the machine where it was written.
 */
import { posix } from 'node:path';
import { type Finding, lineAt } from './source.js';

/** A link of a document to a file of the repository, or to a heading in one. */
interface Link {
  readonly target: string;
  readonly offset: number;
}

/** Blanks the code in a document, so that it is not read as links or headings. Offsets stay the same. */
function blankCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ');
  return text.replace(/^(```|~~~).*\n[\s\S]*?^\1[^\n]*$/gm, blank).replace(/`[^`\n]+`/g, blank);
}

function listLinks(text: string): Link[] {
  const inline = blankCode(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
  const references = blankCode(text).matchAll(/^\[[^\]]+\]:\s+<?(\S+?)>?\s*$/gm);
  return [...inline, ...references]
    .map((match) => ({ target: match[1] ?? '', offset: match.index }))
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
export function listAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  const visible = text.replace(/^(```|~~~).*\n[\s\S]*?^\1[^\n]*$/gm, '');
  for (const [, heading = ''] of visible.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '').replace(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Every relative link of the documents leads to an existing file, and its anchor to a heading there. */
export function holdLinks(documents: ReadonlyMap<string, string>, paths: ReadonlySet<string>): Finding[] {
  const isThere = (path: string) => paths.has(path) || [...paths].some((each) => each.startsWith(`${path}/`));
  return [...documents].flatMap(([path, text]) =>
    listLinks(text).flatMap(({ target, offset }) => {
      const [file = '', anchor] = target.split('#');
      const to = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file)).replace(/\/$/, '');
      const found = `${path}:${lineAt(text, offset)}: ${target}`;
      if (to !== '.' && !isThere(to)) return [`${found} leads nowhere`];
      const headings = documents.get(to);
      if (anchor === undefined || headings === undefined || listAnchors(headings).has(anchor)) return [];
      return [`${found}: ${to} has no such heading`];
    }),
  );
}

/** Every file of code that a tour of the code names is there. A name may leave out the first folders. */
export function holdFileNames(path: string, text: string, paths: ReadonlySet<string>): Finding[] {
  return [...text.matchAll(/[\w./-]*\w\.m?[jt]s\b/g)]
    .filter(([name]) => !paths.has(name) && ![...paths].some((each) => each.endsWith(`/${name}`)))
    .map(({ 0: name, index }) => `${path}:${lineAt(text, index)}: names ${name}, which does not exist`);
}

// Joined from parts, so that this file does not match itself.
const machine = new RegExp(
  ['/work' + '/', '/tmp' + '/brief', '/tmp' + '/peers', '/tmp' + '/claude', '/home/' + '[a-z]+/'].join('|'),
  'g',
);

/** No file names a path of the machine where it was written. */
export function holdNoMachine(path: string, text: string): Finding[] {
  return [...text.matchAll(machine)].map((match) => `${path}:${lineAt(text, match.index)}: names the path ${match[0]}`);
}

/** The lockfile pins content without a registry, so that users can choose one. */
export function holdNoRegistry(lockfile: string): Finding[] {
  return [...lockfile.matchAll(/"resolved": "(https?:[^"]*)"/g)].map(
    (match) => `package-lock.json:${lineAt(lockfile, match.index)}: names the registry ${match[1]}; run npm run lock`,
  );
}
