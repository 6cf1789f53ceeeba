/** The icon of a kind of client, with its name. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import type { ClientKind } from '../../shared/protocol.js';
import type { Words } from '../words/language.js';

/** The icon. With `isLabelled` the name is visible beside it. Otherwise screen readers and a tooltip have it. */
export function ClientMark({ client, words, isLabelled }: { client: ClientKind; words: Words; isLabelled?: boolean }) {
  const [word] = words.clients[client];
  return (
    <span class={`client client-${client}`} title={isLabelled ? undefined : words.cameBy(word)}>
      <Icon name={client} />
      {isLabelled ? <span class="client-word">{word}</span> : <span class="visually-hidden">{words.cameBy(word)}</span>}
    </span>
  );
}
