/** The pages with programs, and the code blocks in them. */
import { lineAt, listFiles, readText } from '../tidy/source.js';

/** A code block. */
export interface Block {
  readonly page: string;
  /** The page with a line, such as `docs/udp.md:12`. */
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

/** The paths of README, docs and the READMEs of packages. */
export const pages: readonly string[] = listFiles().filter((path) =>
  /^(README\.md|(docs\/.*|packages\/\w+\/README)\.md)$/.test(path),
);

/** Returns the code blocks of a page. */
export function listBlocks(page: string, text: string = readText(page)): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    where: `${page}:${lineAt(text, match.index)}`,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
}
