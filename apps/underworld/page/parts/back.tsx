/** The link back to the map, with the number of unread messages at other stations. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { unreadInStations } from '../state/places.js';
import { useChat } from './context.js';

/** The link. It can be for narrow windows only, where the map is not beside the conversation. */
export function Back({ isNarrowOnly }: { isNarrowOnly?: boolean }) {
  const { state, words } = useChat();
  const unread = unreadInStations(state);
  return (
    <a class={`round back ${isNarrowOnly ? 'narrow-only' : ''}`} href="#/">
      <Icon name="back" />
      <span class="visually-hidden">{words.back}</span>
      {unread > 0 && <Unread count={unread} />}
    </a>
  );
}

/** The number of unread messages. */
export function Unread({ count }: { count: number }) {
  const { words } = useChat();
  return (
    <span class="unread">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span class="visually-hidden">{words.unread(count)}</span>
    </span>
  );
}
