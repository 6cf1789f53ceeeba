/** The bar at the top: the state of the connection, links, and your name. */
import { useLive } from './context.js';
import { Icon, Sign } from './icons.js';

/** The top bar. */
export function Bar() {
  const { state, words, session, name } = useLive();
  const { you, settings, link, view, air } = state;
  const other = settings.language === 'ko' ? 'en' : 'ko';
  const isOn = air !== undefined && air.status !== 'refused' && view.type !== 'air';
  return (
    <header class="bar">
      <a class="brand" href="#/" aria-label={`${words.title}: ${words.mapTitle}`}>
        <Sign />
        <span class="brand-name">{words.title}</span>
      </a>
      <p class={`signal signal-${link}`}>
        <span class="signal-light" aria-hidden="true" />
        <span class="signal-text">{words.links[link](state.onAir.length)}</span>
      </p>
      <div class="bar-end">
        {isOn && (
          <a class="on-line" href="#/air">
            <Icon name="camera" />
            <span class="on-line-text">{words.youAreOn}</span>
          </a>
        )}
        <a class="quiet wide-only" href="#/kept" aria-current={view.type === 'kept' ? 'page' : undefined}>
          {words.kept}
        </a>
        <button type="button" class="quiet language" lang={other} onClick={() => session.choose({ language: other })}>
          {other === 'ko' ? '한국어' : 'English'}
        </button>
        <button
          type="button"
          class={`ticket hue-${you?.hue ?? 0}`}
          onClick={() => session.dialog({ type: 'you' })}
          aria-label={`${you ? words.yourName(name(you)) : words.unnamed}. ${words.settings}`}
        >
          <span class="dot" aria-hidden="true" />
          <span class="ticket-name">{you ? name(you) : words.unnamed}</span>
        </button>
      </div>
    </header>
  );
}
