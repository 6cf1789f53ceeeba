/** The way back to the map, with the count of what waits at other stations. */
import { unreadInStations } from '../state/places.js';
import { useChat } from './context.js';
import { Icon } from './icons.js';

/** The link. Beside a map it is not needed, so it can be for narrow windows only. */
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

/** A count of messages that were not read. */
export function Unread({ count }: { count: number }) {
  const { words } = useChat();
  return (
    <span class="unread">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span class="visually-hidden">{words.unread(count)}</span>
    </span>
  );
}
