/** The bar at the top: the state of the connection, links, and your name. */
import { unreadOf } from '../state/places.js';
import { Unread } from './back.js';
import { useChat } from './context.js';
import { Icon, Sign } from './icons.js';

/** The top bar. */
export function Bar() {
  const { state, words, actions, name } = useChat();
  const { you, settings, link } = state;
  const other = settings.language === 'ko' ? 'en' : 'ko';
  return (
    <header class="bar">
      <a class="brand" href="#/" aria-label={`${words.title}: ${words.mapTitle}`}>
        <Sign />
        <span class="brand-name">{words.title}</span>
      </a>
      <Signal />
      <div class="bar-end">
        <OnTheLine />
        <a class="quiet wide-only" href="#/kept" aria-current={state.view.type === 'kept' ? 'page' : undefined}>
          {words.kept}
        </a>
        <button type="button" class="quiet wide-only" onClick={() => actions.dialog({ type: 'keys' })}>
          {words.keys}
        </button>
        <button type="button" class="quiet clients-link" onClick={() => actions.dialog({ type: 'clients' })}>
          {words.clientsTitle}
        </button>
        <button type="button" class="quiet language" lang={other} onClick={() => actions.choose({ language: other })}>
          {other === 'ko' ? '한국어' : 'English'}
        </button>
        <button
          type="button"
          class={`ticket hue-${you?.hue ?? 0}`}
          onClick={() => actions.dialog({ type: 'you' })}
          aria-label={`${you && link !== 'connecting' ? words.yourName(name(you)) : words.unnamed}. ${words.settings}`}
        >
          <span class="dot" aria-hidden="true" />
          <span class="ticket-name">{you ? name(you) : words.unnamed}</span>
        </button>
      </div>
    </header>
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

function Signal() {
  const { state, words } = useChat();
  const { link, riders } = state;
  const text =
    link === 'online' ? words.riders(riders) : link === 'connecting' ? words.linkConnecting : words.linkOffline;
  return (
    <p class={`signal signal-${link}`}>
      <span class="signal-light" aria-hidden="true" />
      <span class="signal-text">{text}</span>
    </p>
  );
}
