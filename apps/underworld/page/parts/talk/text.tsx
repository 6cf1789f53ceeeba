/** The text of a message. Addresses become links that send no referrer. */
import type { ComponentChild } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Words } from '../../words/language.js';

/** A piece of written text. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

/** Splits text at its web addresses. Only http and https become links. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const raw = trimEnd(trimHost(found[0]));
    const href = addressOf(raw);
    if (!href) continue;
    if (found.index > at) pieces.push({ type: 'text', text: text.slice(at, found.index) });
    pieces.push({ type: 'link', text: raw, href });
    at = found.index + raw.length;
  }
  if (at < text.length) pieces.push({ type: 'text', text: text.slice(at) });
  return pieces;
}

/**
 * Returns the part of a text that is shown at first, so that a column of letters cannot push other messages off the
 * screen.
 */
export function beginningOf(text: string): { readonly shown: string; readonly lines: number } {
  const lines = text.split('\n');
  return { shown: lines.length > LINES_MAX ? lines.slice(0, LINES_SHOWN).join('\n') : text, lines: lines.length };
}

/** The text of a message. A text of very many lines is cut, with a button for the rest. */
export function Text({ text, words }: { text: string; words: Words }) {
  const [isWhole, setWhole] = useState(false);
  const said = useRef<HTMLParagraphElement>(null);
  const { shown, lines } = beginningOf(text);
  // A layout effect, because the focus would be lost until the browser draws.
  useLayoutEffect(() => {
    // The focus goes to the place where the reader was, not to the end of the new text.
    if (!isWhole) return;
    // The pressed button is gone.
    said.current?.focus({ preventScroll: true });
    said.current?.scrollIntoView({ block: 'start' });
  }, [isWhole]);
  return (
    <>
      <p class="said" ref={said} tabIndex={isWhole ? -1 : undefined}>
        {piecesOf(isWhole ? text : shown).map(piece)}
      </p>
      {shown !== text && !isWhole && (
        <button type="button" class="link said-more" onClick={() => setWhole(true)}>
          {words.allLines(lines)}
        </button>
      )}
    </>
  );
}

function piece(part: Piece, index: number): ComponentChild {
  if (part.type === 'text') return part.text;
  return (
    <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
      {part.text}
    </a>
  );
}

// A full stop or bracket after an address belongs to the sentence, unless the bracket was opened within the address.
function trimEnd(raw: string): string {
  const bare = raw.replace(STOPS, '');
  const close = bare.at(-1) ?? '';
  const open = BRACKETS.get(close);
  if (open === undefined || bare.split(open).length >= bare.split(close).length) return bare;
  return trimEnd(bare.slice(0, -1));
}

// Korean particles follow a name without a space, so the last label of a host has letters of one script only.
function trimHost(raw: string): string {
  const found = /^https?:\/\/[^/?#:]*\.[a-z]{2,}(?=[^/?#:a-z\d._-])(?=[^/?#.:@]*(?:[/?#:]|$))/iu.exec(raw);
  return found ? found[0] : raw;
}

function addressOf(raw: string): string | undefined {
  if (!URL.canParse(raw)) return undefined;
  const { protocol, href, username, hostname } = new URL(raw);
  // A user name before the host can make an address look like another one.
  return (protocol === 'https:' || protocol === 'http:') && username === '' && hostname !== '' ? href : undefined;
}

/** A text of up to `LINES_MAX` lines is shown whole. A longer one is cut after `LINES_SHOWN`. */
const LINES_MAX = 18;
const LINES_SHOWN = 14;
const STOPS = /[.,;:!?…'"»”’。、，．！？；：」』】》〉）]+$/u;
const BRACKETS: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);
const ADDRESS = /https?:\/\/[^\s<>"'`]{3,}/giu;
