/** The bar at the top: the state of the connection, links, and your name. */
import type { ComponentChildren } from 'preact';
import { usePage } from './context.js';
import { Sign } from './icons.js';

interface BarParts {
  /** The state of the connection in words. */
  readonly status: string;
  /** Whether the sign has a light in it. */
  readonly isLit?: boolean;
  /** More buttons. */
  readonly buttons?: ComponentChildren;
  /** A link back to what goes on elsewhere on the page. */
  readonly children?: ComponentChildren;
}

/** The top bar. */
export function Bar({ status, isLit = false, buttons, children }: BarParts) {
  const { state, words, actions, name } = usePage();
  const { you, settings, link, view } = state;
  const other = settings.language === 'ko' ? 'en' : 'ko';
  return (
    <header class="bar">
      <a class="brand" href="#/" aria-label={`${words.title}: ${words.mapTitle}`}>
        <Sign isLit={isLit} />
        <span class="brand-name">{words.title}</span>
      </a>
      <p class={`signal signal-${link}`}>
        <span class="signal-light" aria-hidden="true" />
        <span class="signal-text">{status}</span>
      </p>
      <div class="bar-end">
        {children}
        <a class="quiet wide-only" href="#/kept" aria-current={view.type === 'kept' ? 'page' : undefined}>
          {words.kept}
        </a>
        {buttons}
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
