/** The mark of a kind of client, with a word for people who do not see or know it. */
import type { ClientKind } from '../../shared/protocol.js';
import type { Words } from '../words/language.js';
import { Icon } from './icons.js';

/** The mark. With `isLabelled` the word is beside it; otherwise it is for screen readers, and a tip. */
export function ClientMark({ client, words, isLabelled }: { client: ClientKind; words: Words; isLabelled?: boolean }) {
  const [word] = words.clients[client];
  return (
    <span class={`client client-${client}`} title={isLabelled ? undefined : words.cameBy(word)}>
      <Icon name={client} />
      {isLabelled ? <span class="client-word">{word}</span> : <span class="visually-hidden">{words.cameBy(word)}</span>}
    </span>
  );
}
