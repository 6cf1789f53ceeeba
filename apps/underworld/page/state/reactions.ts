/** Reactions to the messages of a place, as the page holds them. */
import { type Card, type Message, REACTION_KINDS, type Reaction } from '../../shared/protocol.js';
import { nameOfRef, refOf } from '../../shared/refs.js';
import type { Place, Reactions } from './state.js';

/** Adds reactions in whatever order they arrived. */
export function withReactions(before: Reactions, fresh: readonly Reaction[]): Reactions {
  const next: Record<string, readonly Reaction[]> = { ...before };
  for (const reaction of fresh) {
    const name = nameOfRef(reaction.to);
    const all = next[name] ?? [];
    const same = all.find(({ by, kind }) => by === reaction.by && kind === reaction.kind);
    if (same && same.seq > reaction.seq) continue;
    next[name] = [...all.filter((each) => each !== same), reaction];
  }
  return fresh.length > 0 ? next : before;
}

/** The reactions to these messages. */
export function reactionsTo(messages: readonly Message[], all: Reactions): Reactions {
  const names = messages.map((message) => nameOfRef(refOf(message)));
  return Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
}

/** The reactions of a place as they are shown: your own count before the server has them. */
export function shownReactions({ reactions, pending }: Place, you: string): Reactions {
  const own = pending.flatMap(({ reaction, status }) =>
    reaction && status !== 'failed' ? [{ seq: Number.POSITIVE_INFINITY, by: you, ...reaction }] : [],
  );
  return withReactions(reactions, own);
}

/** Counts reactions by kind, without those of muted people. */
export function tallyOf(all: readonly Reaction[], you: string | undefined, muted: Readonly<Record<string, Card>>) {
  return REACTION_KINDS.map((kind) => {
    const heard = all.filter((each) => each.kind === kind && each.on && !muted[each.by]);
    return { kind, count: heard.length, isOwn: heard.some(({ by }) => by === you) };
  });
}
