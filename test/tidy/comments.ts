/** Checks the form of comments: they fit on a screen beside the code, and each says by itself what it describes. */
import { directive } from './prose.js';
import { type Finding, finding, type Rule } from './source.js';

/** The most columns of a line of a comment, as of code. */
export const commentColumnsMax = 120;

/** The beginning of a doc comment that sends the reader of a hover to another one. */
const elsewhere = /^\*\s*(?:\*\s*)?(?:Does the same|The same (?:as|for)|Same as|See `|Like `|Likewise)/;

/**
 * No line of a comment is longer than the limit, and no doc comment begins by naming another one. Comments for programs
 * are free.
 */
export const holdComments: Rule = (source) =>
  source.comments.flatMap(({ type, value, start, end }): Finding[] => {
    if (directive.test(value)) return [];
    const findings: Finding[] = [];
    if (type === 'Block' && elsewhere.test(value))
      findings.push(finding(source, start, 'begins by naming another comment; say what this member does'));
    for (let at = source.text.lastIndexOf('\n', start) + 1; at < end; ) {
      const next = source.text.indexOf('\n', at);
      const line = source.text.slice(at, next === -1 ? undefined : next);
      const { length } = [...line];
      if (length > commentColumnsMax)
        findings.push(finding(source, at, `${length} columns; a comment has at most ${commentColumnsMax}`));
      at += line.length + 1;
    }
    return findings;
  });
