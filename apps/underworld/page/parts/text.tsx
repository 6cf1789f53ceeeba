/** Shows what somebody wrote: text as text, and addresses as links that tell nobody where the reader came from. */
import type { ComponentChild } from 'preact';

/** A piece of written text. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string };

/** Splits text at its web addresses. Only http and https become links. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const raw = trimEnd(found[0]);
    const href = addressOf(raw);
    if (!href) continue;
    if (found.index > at) pieces.push({ type: 'text', text: text.slice(at, found.index) });
    pieces.push({ type: 'link', text: raw, href });
    at = found.index + raw.length;
  }
  if (at < text.length) pieces.push({ type: 'text', text: text.slice(at) });
  return pieces;
}

/** The text of a message. */
export function Text({ text }: { text: string }) {
  return <p class="said">{piecesOf(text).map(piece)}</p>;
}

function piece(part: Piece, index: number): ComponentChild {
  if (part.type === 'text') return part.text;
  return (
    <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
      {part.text}
    </a>
  );
}

// A full stop or a bracket behind an address belongs to the sentence.
function trimEnd(raw: string): string {
  const bare = raw.replace(/[.,;:!?'"»”’]+$/u, '');
  return bare.endsWith(')') && !bare.includes('(') ? bare.slice(0, -1) : bare;
}

function addressOf(raw: string): string | undefined {
  if (!URL.canParse(raw)) return undefined;
  const { protocol, href, username, hostname } = new URL(raw);
  // A name before the host is the oldest way to make an address look like another.
  return (protocol === 'https:' || protocol === 'http:') && username === '' && hostname !== '' ? href : undefined;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]{3,}/giu;
