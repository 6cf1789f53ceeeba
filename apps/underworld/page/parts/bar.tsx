/** The bar at the top, with a link back to the ride, and buttons of the chat. */
import { Bar } from 'naru-apps-kit/page/bar.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { unreadOf } from '../state/places.js';
import { Unread } from './back.js';
import { useChat } from './context.js';

/** The top bar. */
export function TopBar() {
  const { state, words, actions } = useChat();
  const { link, riders } = state;
  const status =
    link === 'online' ? words.riders(riders) : link === 'connecting' ? words.linkConnecting : words.linkOffline;
  const buttons = (
    <>
      <button type="button" class="quiet wide-only" onClick={() => actions.dialog({ type: 'keys' })}>
        {words.keys}
      </button>
      <button type="button" class="quiet clients-link" onClick={() => actions.dialog({ type: 'clients' })}>
        {words.clientsTitle}
      </button>
    </>
  );
  return (
    <Bar status={status} buttons={buttons}>
      <OnTheLine />
    </Bar>
  );
}

/** A link back to the platform or the ride, from other screens. */
function OnTheLine() {
  const { state, words, name } = useChat();
  const { ride, view, places } = state;
  if (view.type === 'ride' || (ride.type !== 'riding' && ride.type !== 'waiting')) return null;
  const place = ride.type === 'riding' ? places[ride.id] : undefined;
  const unread = place ? unreadOf(state, place) : 0;
  return (
    <a class={`on-line ${view.type === 'kept' ? '' : 'on-line-beside-map'}`} href="#/ride">
      <Icon name="ride" />
      <span class="on-line-text">{ride.type === 'riding' ? words.rideWith(name(ride.partner)) : words.waitTitle}</span>
      {unread > 0 && <Unread count={unread} />}
    </a>
  );
}
